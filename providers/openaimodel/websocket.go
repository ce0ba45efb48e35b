package openaimodel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/websocket"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// connection carries raw messages; the SDK's own type for the Responses API would
// rewrite them.
type connection = websocket.Connection[[]byte]

// attempts is how often a call is sent over a websocket before HTTP is used.
const attempts = 2

// send sends the request as an event and makes an answer of what comes back. What
// is lost before the caller has seen anything of the reply is sent again, in full,
// over a new connection, then over HTTP.
func (c *wsCall) send(ctx context.Context, r *exchange.Request) (*http.Response, error) {
	s := c.s
	for tries := 0; tries < attempts && !s.off; tries++ {
		conn, err := s.connect(ctx)
		switch {
		case errors.Is(err, errClosed):
			return nil, fmt.Errorf("%w: %w", exchange.ErrNotSent, err)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			tries = attempts // a server that can't be reached now
			continue
		}
		create, err := s.chain.Create(r.Prompt, &s.m.opts.Request)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", exchange.ErrNotSent, err)
		}
		// Nothing can be built on a call that fails, and on this one not before it is
		// answered.
		c.create, c.left, s.chain = create, false, nil
		res, again, err := c.ask(ctx, conn, r.Stream)
		var typed *providers.Error
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &typed):
			return nil, err
		case err != nil:
			s.drop()
		case !again:
			return res, nil
		}
	}
	s.chain, c.create, c.left = nil, nil, true
	return s.m.post(ctx, r)
}

// ask sends the event and waits until there is something to show. again says
// that the call should be tried in full.
func (c *wsCall) ask(ctx context.Context, conn *connection, stream bool) (res *http.Response, again bool, err error) {
	if err := conn.Send(ctx, c.create.Event); err != nil {
		return nil, false, err
	}
	a := &answer{ctx: ctx, conn: conn, call: c}
	for {
		held := len(a.ahead)
		e, err := a.next()
		if err != nil {
			return nil, false, err
		}
		switch {
		case e.Type == "error":
			switch e.code() {
			case "previous_response_not_found", "websocket_connection_limit_reached":
				c.s.drop()
				return nil, true, nil
			}
			return e.response(), false, nil
		case !stream && a.done:
			return whole(a.joined(e)), false, nil
		case stream && (e.shows() || a.done || len(a.ahead) > maxAhead):
			return streamed(a), false, nil
		case !stream && strings.HasSuffix(e.Type, ".delta"):
			a.ahead = a.ahead[:held] // the end of its item holds all
		}
	}
}

// joined returns the whole reply that ends with e: what that holds, or, where a gateway
// left it empty, what came before it.
func (a *answer) joined(e *event) []byte {
	body, err := wire.Join(quire.APIOpenAIResponses, bytes.NewReader(a.ahead))
	if err != nil {
		return e.body() // a failure, which says why
	}
	return body
}

// maxAhead is how much of a stream is kept before it is handed on, in bytes.
const maxAhead = 1 << 20

// event is what matters of a server's event.
type event struct {
	raw    []byte
	Type   string `json:"type"`
	Status int    `json:"status"` // of an error
	Code   string `json:"code"`
	Error  struct {
		Code string `json:"code"`
	} `json:"error"`
	Headers  map[string]string `json:"headers"`
	Response json.RawMessage   `json:"response"`
}

// ends says whether nothing of the reply follows.
func (e *event) ends() bool {
	return slices.Contains([]string{"response.completed", "response.incomplete", "response.failed", "error"}, e.Type)
}

// fails says whether it tells of a failure.
func (e *event) fails() bool { return e.Type == "error" || e.Type == "response.failed" }

// shows says whether a reader of the stream gets anything from the event.
func (e *event) shows() bool {
	return slices.Contains([]string{"response.output_text.delta", "response.refusal.delta", "response.output_item.done"}, e.Type)
}

// code returns the word for an error, in either of the two shapes.
func (e *event) code() string {
	if e.Error.Code != "" {
		return e.Error.Code
	}
	return e.Code
}

// body returns the whole reply that the last event holds.
func (e *event) body() []byte {
	if len(e.Response) > 0 {
		return e.Response
	}
	return e.raw
}

// response is an error as HTTP would have brought it.
func (e *event) response() *http.Response {
	res := whole(e.raw)
	if e.Status >= 300 {
		res.StatusCode = e.Status
	}
	for k, v := range e.Headers {
		res.Header.Set(k, v)
	}
	return res
}

// patience is how long a server may take to open a websocket. Some proxies never
// answer; the call then goes over HTTP.
const patience = 15 * time.Second

// dial opens a connection with the SDK's client: its address, key and headers.
func (m *Model) dial(ctx context.Context) (*connection, error) {
	var req *http.Request
	// The SDK makes the request; the socket is opened with it below.
	_ = m.client.Get(ctx, "responses", nil, nil, option.WithMaxRetries(0),
		option.WithMiddleware(func(r *http.Request, _ option.MiddlewareNext) (*http.Response, error) {
			req = r.Clone(ctx)
			return nil, errTaken
		}))
	if req == nil {
		return nil, errors.New("the client made no request")
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	status := 0
	client := *m.http
	client.Transport = statusOf{client.Transport, &status}
	limits := websocket.Options{MaxMessageBytes: exchange.DefaultLimit, MaxBufferedBytes: exchange.DefaultLimit}
	conn, err := websocket.Dial(within, req, &client, limits,
		func(data []byte) ([]byte, error) { return bytes.Clone(data), nil }, func([]byte) string { return "" })
	if err != nil && speaksNone(status) {
		m.ws.off = true
	}
	return conn, err
}

var errTaken = errors.New("the request was taken")

// speaksNone says whether a status that answers a request to upgrade means that
// the server knows of no websockets, now or later.
func speaksNone(status int) bool {
	switch status {
	case http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusUpgradeRequired, http.StatusNotImplemented:
		return true
	}
	return false
}

// statusOf notes the status of an answer.
type statusOf struct {
	base   http.RoundTripper
	status *int
}

// RoundTrip implements [http.RoundTripper].
func (t statusOf) RoundTrip(req *http.Request) (*http.Response, error) {
	base := t.base
	if base == nil {
		base = http.DefaultTransport
	}
	res, err := base.RoundTrip(req)
	if res != nil {
		*t.status = res.StatusCode
	}
	return res, err
}
