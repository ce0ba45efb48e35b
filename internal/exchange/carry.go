package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Client returns a client like base (nil: [http.DefaultTransport] and no time
// limit) that can [Carry]. It does not follow redirects unless base says how,
// since they would carry prompt and key to another host. Requests that are not
// carried pass unchanged, but for [Repeatable]. base is not modified.
func Client(base *http.Client) *http.Client {
	c := http.Client{}
	if base != nil {
		c = *base
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if c.CheckRedirect == nil {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	c.Transport = &transport{base: c.Transport, limit: c.Timeout}
	return &c
}

// Carry makes a vendor's client, whose HTTP client is one of [Client], send the
// body and headers of r in place of its own, and returns the raw answer as
// [Adapter.Send] should. do is one call of that client with any content and the
// context that it is given; what it returns is seldom used, since the client does
// not see the real answer but stub, a body that it takes for a good one; that
// keeps it from failing on what it doesn't know. It does see answers with another
// status than 2xx, so that it can try again when it is told to.
func Carry(ctx context.Context, r *Request, stub string, do func(ctx context.Context) error) (*http.Response, error) {
	c := &carriage{ctx: ctx, req: r, stub: stub}
	err := do(context.WithValue(ctx, carriageKey{}, c))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = true
	switch {
	case c.res != nil:
		return c.res, nil
	case c.err != nil:
		return nil, c.err
	case c.sent || err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return nil, fmt.Errorf("%w: the client's HTTP client is not one of exchange.Client", ErrNotSent)
}

// carriage travels in the call's context from Carry, through the vendor's
// client, to the transport.
type carriage struct {
	ctx  context.Context
	req  *Request
	stub string

	mu   sync.Mutex
	sent bool
	left bool // Carry has returned: what comes now is nobody's
	res  *http.Response
	err  error
}

type carriageKey struct{}

// transport puts a carriage's body in place of the client's.
type transport struct {
	base  http.RoundTripper
	limit time.Duration
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	c, ok := req.Context().Value(carriageKey{}).(*carriage)
	if !ok {
		return t.base.RoundTrip(Repeatable(req))
	}
	if req.Body != nil {
		req.Body.Close()
	}
	// Not the request's own context: the client may end that when it has its
	// stub, and the real answer is read after that.
	ctx, cancel := c.ctx, context.CancelFunc(func() {})
	if t.limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, t.limit)
	}
	res, err := t.base.RoundTrip(c.request(ctx, req))
	if err == nil {
		res.Body = &closing{res.Body, cancel}
	} else {
		cancel()
	}
	return c.answered(req, res, err)
}

// request is the client's request with the carriage's content.
func (c *carriage) request(ctx context.Context, req *http.Request) *http.Request {
	out, body := req.Clone(ctx), c.req.Body
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.ContentLength = int64(len(body))
	for _, h := range c.req.Headers {
		if old := out.Header.Get(h.Name); old != "" && h.Name == "anthropic-beta" {
			h.Value = old + "," + h.Value
		}
		out.Header.Set(h.Name, h.Value)
	}
	return Repeatable(out)
}

// Repeatable returns req so that net/http may send it again at once when a connection
// that was used before turns out to be dead before the first byte of an answer, as
// those of servers are that promise to keep them and don't. Nothing more goes out.
func Repeatable(req *http.Request) *http.Request {
	const header = "Idempotency-Key" // one without a value is not sent
	if _, set := req.Header[header]; set || req.GetBody == nil {
		return req
	}
	r := *req
	r.Header = req.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header[header] = nil
	return &r
}

// answered keeps what came back, and returns what the client is to see of it.
func (c *carriage) answered(req *http.Request, res *http.Response, err error) (*http.Response, error) {
	shown := c.stub
	if err == nil && (res.StatusCode < 200 || res.StatusCode > 299) {
		body, _ := io.ReadAll(io.LimitReader(res.Body, maxFailure))
		res.Body.Close()
		res.Body, shown = io.NopCloser(bytes.NewReader(body)), string(body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = true
	if c.left {
		if err == nil {
			res.Body.Close()
		}
		return nil, errLate
	}
	if c.res != nil { // the client tries again
		c.res.Body.Close()
	}
	if c.res, c.err = res, err; err != nil {
		return nil, err
	}
	r := *res
	r.Request, r.Body, r.ContentLength = req, io.NopCloser(bytes.NewReader([]byte(shown))), int64(len(shown))
	r.Header = res.Header.Clone()
	r.Header.Del("Content-Length")
	return &r, nil
}

var errLate = errors.New("exchange: the answer came after the call had ended")

// closing ends a request's context when its answer is closed.
type closing struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements [io.Closer].
func (b *closing) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
