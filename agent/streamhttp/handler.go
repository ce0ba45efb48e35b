package streamhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// Options say how streams are served. The zero value is ready to use.
type Options struct {
	// Sender says in whose name a client posts mail to an agent; an error is 403
	// Forbidden, and is not shown. It is called by several goroutines at once. nil:
	// nobody posts.
	Sender func(r *http.Request, to quire.Address) (quire.Address, error)
	// Heartbeat is how often a comment is sent while nothing is said; 0: 15 s.
	Heartbeat time.Duration
	// Write is how long one write to a client may take; 0: 30 s.
	Write time.Duration
	// Failed hears of stores that can't be read; nil: nobody does but the client.
	Failed func(r *http.Request, err error)
	Now    func() time.Time // for the status of requests; nil: time.Now
	// Tick makes the ticker of heartbeats, and what stops it; nil: [time.NewTicker].
	Tick func(every time.Duration) (ticks <-chan time.Time, stop func())
}

// Handler serves streams and the status of requests. It is safe for concurrent use.
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
	o := options.whole()
	switch {
	case store == nil:
		return nil, errors.New("streamhttp: the store is missing")
	case authorize == nil:
		return nil, errors.New("streamhttp: authorize is missing: say who may read what an agent says")
	}
	h := &Handler{store: store, authorize: authorize, o: o, mux: http.NewServeMux()}
	h.mux.HandleFunc("GET /{address}/streams/{stream}", h.stream)
	h.mux.HandleFunc("GET /{address}/requests/{id}", h.request)
	h.mux.HandleFunc("GET /{address}/requests/{id}/stream", h.requestStream)
	if o.Sender != nil {
		h.mux.HandleFunc("POST /{address}/requests", h.post)
	}
	return h, nil
}

// whole are the options with what is left out of them.
func (options *Options) whole() Options {
	var o Options
	if options != nil {
		o = *options
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = 15 * time.Second
	}
	if o.Write <= 0 {
		o.Write = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Tick == nil {
		o.Tick = func(every time.Duration) (<-chan time.Time, func()) {
			t := time.NewTicker(every)
			return t.C, t.Stop
		}
	}
	return o
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

// failed says that the store could not be read, unless the client just left.
func (h *Handler) failed(r *http.Request, err error) {
	if h.o.Failed != nil && !errors.Is(err, context.Canceled) {
		h.o.Failed(r, err)
	}
}

// From is where a reader of a stream, named as in a path, wants to begin: at the
// Last-Event-ID of the request, else at the query's from, else at the beginning.
func From(r *http.Request, stream string) (Position, error) {
	var p Position
	if stream != "newest" {
		n, err := strconv.ParseUint(stream, 10, 63)
		if err != nil || n == 0 {
			return p, fmt.Errorf("%.100q is no number of a stream", stream)
		}
		p.Stream = n
	}
	id := lastID(r)
	if id == "" {
		return p, nil
	}
	at, err := ParsePosition(id)
	if err == nil && p.Stream != 0 && p.Stream != at.Stream {
		err = fmt.Errorf("position %s is of another stream than %d", id, p.Stream)
	}
	return at, err
}

// lastID is the id of the event that a client goes on behind; "" from the beginning.
func lastID(r *http.Request) string {
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		return id
	}
	return r.URL.Query().Get("from")
}
