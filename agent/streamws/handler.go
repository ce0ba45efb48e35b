package streamws

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/coder/websocket"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/agent/streamhttp"
	"github.com/quire-dev/quire/mailbox"
)

// Options say how streams are served. The zero value is ready to use.
type Options struct {
	// Origins are the hosts of other origins whose pages may connect, as patterns of
	// path.Match; none: only pages of the host itself.
	Origins []string
	// Heartbeat is how often the client is pinged; one that does not answer within
	// Write is left. 0: 15 s.
	Heartbeat time.Duration
	// Write is how long one write to a client may take; 0: 30 s.
	Write time.Duration
	// Failed hears of stores that can't be read; nil: nobody does but the client.
	Failed func(r *http.Request, err error)
	// Tick makes the ticker of heartbeats, and what stops it; nil: [time.NewTicker].
	Tick func(every time.Duration) (ticks <-chan time.Time, stop func())
}

// Handler serves streams. It is safe for concurrent use.
type Handler struct {
	store     *mailbox.Store
	authorize func(r *http.Request, addr quire.Address) error
	o         Options
	mux       *http.ServeMux
}

// New returns a handler. authorize says whether a request may read what the agent of an
// address says; an error is 403 Forbidden, and is not shown. It is called by several
// goroutines at once. There is no default, so that nobody opens an agent to all by
// leaving it out. nil options are the zero ones.
func New(store *mailbox.Store, authorize func(r *http.Request, addr quire.Address) error, options *Options) (*Handler, error) {
	var o Options
	if options != nil {
		o = *options
	}
	switch {
	case store == nil:
		return nil, errors.New("streamws: the store is missing")
	case authorize == nil:
		return nil, errors.New("streamws: authorize is missing: say who may read what an agent says")
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = 15 * time.Second
	}
	if o.Write <= 0 {
		o.Write = 30 * time.Second
	}
	if o.Tick == nil {
		o.Tick = func(every time.Duration) (<-chan time.Time, func()) {
			t := time.NewTicker(every)
			return t.C, t.Stop
		}
	}
	o.Origins = slices.Clone(o.Origins)
	h := &Handler{store: store, authorize: authorize, o: o, mux: http.NewServeMux()}
	h.mux.HandleFunc("GET /{address}/streams/{stream}", h.stream)
	h.mux.HandleFunc("GET /{address}/requests/{id}/stream", h.request)
	return h, nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// allowed finds the address, and answers when it may not be read.
func (h *Handler) allowed(w http.ResponseWriter, r *http.Request) (quire.Address, bool) {
	addr := quire.Address(r.PathValue("address")).Base() // whose mailbox it is that is read
	if addr.Valid() != nil {
		http.Error(w, "no such address", http.StatusNotFound)
		return "", false
	}
	if err := h.authorize(r, addr); err != nil {
		http.Error(w, "not allowed", http.StatusForbidden)
		return "", false
	}
	return addr, true
}

func (h *Handler) stream(w http.ResponseWriter, r *http.Request) {
	addr, ok := h.allowed(w, r)
	if !ok {
		return
	}
	from, err := streamhttp.From(r, r.PathValue("stream"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.serve(w, r, func(ctx context.Context) events { return streamhttp.Events(ctx, h.store, addr, from) })
}

// request serves how a mail stands that was sent to an agent, and what is said in its turn.
func (h *Handler) request(w http.ResponseWriter, r *http.Request) {
	addr, ok := h.allowed(w, r)
	if !ok {
		return
	}
	id, from := quire.MessageID(r.PathValue("id")), r.URL.Query().Get("from")
	if _, err := streamhttp.ParsePosition(from); err != nil && from != "" && from != "over" {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, err := agent.RequestStatus(r.Context(), h.store, addr, id, time.Now())
	switch {
	case errors.Is(err, mailbox.ErrNotFound), errors.Is(err, mailbox.ErrInvalid):
		http.Error(w, "no such request: nothing that somebody sent under this id was delivered to this agent", http.StatusNotFound)
	case errors.Is(err, mailbox.ErrForbidden):
		http.Error(w, "not allowed", http.StatusForbidden)
	case err != nil:
		if h.o.Failed != nil {
			h.o.Failed(r, err)
		}
		http.Error(w, "the mailbox can't be read now", http.StatusServiceUnavailable)
	default:
		o := streamhttp.Options{Heartbeat: h.o.Heartbeat, Tick: h.o.Tick}
		h.serve(w, r, func(ctx context.Context) events { return streamhttp.RequestEvents(ctx, h.store, addr, id, from, &o) })
	}
}

// events are what is served, a page at a time.
type events = iter.Seq2[[]streamhttp.Event, error]

// serve sends events over a websocket.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, of func(context.Context) events) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: h.o.Origins})
	if err != nil {
		return // Accept has answered
	}
	heard, ended := make(chan bool, 1), make(chan struct{})
	go func() { // answers pings and closings, until the connection is closed
		defer close(ended)
		_, _, err := c.Reader(r.Context())
		heard <- err == nil
	}()
	if code, why := h.follow(r, of, c, heard); code != 0 {
		_ = c.Close(code, why) // waits for the client's answer for some seconds
	}
	_ = c.CloseNow() // it may be closed
	<-ended
}

// follow sends events until the stream is over, or the client or the store is gone. It
// says what to close with; 0 when the client would not hear it.
func (h *Handler) follow(r *http.Request, of func(context.Context) events, c *websocket.Conn, heard <-chan bool) (websocket.StatusCode, string) {
	ctx, cancel := context.WithCancel(r.Context())
	lists, ended := pages(ctx, of(ctx))
	defer func() {
		cancel()
		<-ended
	}()
	ticks, stop := h.o.Tick(h.o.Heartbeat)
	defer stop()
	for {
		select {
		case list, ok := <-lists:
			if !ok {
				return h.over(ctx, r, c, <-ended)
			}
			if err := h.send(ctx, c, list); err != nil {
				return 0, ""
			}
		case <-ticks:
			if err := h.within(ctx, c.Ping); err != nil {
				return 0, ""
			}
		case spoke := <-heard:
			if spoke {
				return websocket.StatusPolicyViolation, "a stream is read only"
			}
			return 0, ""
		case <-ctx.Done():
			return websocket.StatusGoingAway, "the server ends"
		}
	}
}

// pages reads events in a goroutine until ctx ends or nothing more comes. ended
// then has what went wrong, and is closed.
func pages(ctx context.Context, of events) (<-chan []streamhttp.Event, <-chan error) {
	pages, ended := make(chan []streamhttp.Event), make(chan error, 1)
	go func() {
		defer close(ended)
		defer close(pages)
		for list, err := range of {
			if err != nil {
				ended <- err
				return
			}
			select {
			case pages <- list:
			case <-ctx.Done():
				return
			}
		}
	}()
	return pages, ended
}

// over says what to close with when nothing more comes.
func (h *Handler) over(ctx context.Context, r *http.Request, c *websocket.Conn, cause error) (websocket.StatusCode, string) {
	if cause == nil {
		return websocket.StatusNormalClosure, "the stream is over"
	}
	if h.o.Failed != nil {
		h.o.Failed(r, cause)
	}
	_ = h.send(ctx, c, []streamhttp.Event{streamhttp.Problem()}) // as far as the client can be reached
	return websocket.StatusTryAgainLater, "the stream can't be read now"
}

func (h *Handler) send(ctx context.Context, c *websocket.Conn, list []streamhttp.Event) error {
	for i := range list {
		b, err := json.Marshal(&list[i])
		if err != nil {
			return err
		}
		err = h.within(ctx, func(ctx context.Context) error { return c.Write(ctx, websocket.MessageText, b) })
		if err != nil {
			return err
		}
	}
	return nil
}

// within runs one write with its limit.
func (h *Handler) within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, h.o.Write)
	defer cancel()
	return f(ctx)
}
