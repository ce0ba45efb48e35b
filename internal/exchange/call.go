package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// call is a request whose answer has begun.
type call struct {
	a      *Adapter
	req    *Request
	res    *http.Response
	cancel context.CancelFunc
}

func (c *call) end() {
	c.res.Body.Close()
	c.cancel()
}

// patience is how long the end of an answer is waited for that has said all.
const patience = 100 * time.Millisecond

// drain reads what is left behind a reply, so that the connection can be used
// again; not for long, and not much: the reply is with its caller already.
func (c *call) drain() {
	stop := time.AfterFunc(patience, c.cancel)
	defer stop.Stop()
	_, _ = io.CopyN(io.Discard, c.res.Body, 64<<10)
}

// errStopped says that the caller wants no more deltas.
var errStopped = errors.New("the caller stopped reading")

// read reads the reply. With deliver, all that it holds has been delivered when
// read returns; deliver returns false to stop.
func (c *call) read(deliver func(quire.Delta) bool) (*quire.Reply, error) {
	if s := c.res.StatusCode; s < 200 || s > 299 {
		return nil, Failure(c.a.Provider, c.a.API, c.res)
	}
	in := &limited{r: c.res.Body, limit: c.a.Limit}
	if in.limit <= 0 {
		in.limit = DefaultLimit
	}
	var r *quire.Reply
	var err error
	switch {
	case deliver != nil && streams(c.res.Header):
		r, err = c.readStream(in, deliver)
	default:
		r, err = c.readWhole(in)
		if err == nil && deliver != nil && !deliverAll(r, deliver) {
			err = errStopped
		}
	}
	if err != nil {
		return nil, err
	}
	nameModel(r, c.req.Prompt.Model)
	r.Marks = c.req.Marks
	return r, nil
}

// streams says whether an answer may be a stream. Some servers answer whole
// though a stream was asked for, and some proxies with a page for people.
func streams(h http.Header) bool {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err != nil || t != "application/json" && t != "text/html"
}

func (c *call) readWhole(in *limited) (*quire.Reply, error) {
	body, err := io.ReadAll(in)
	switch {
	case in.full():
		return nil, c.badReply(err)
	case err != nil:
		return nil, err
	case wire.ReportsFailure(body):
		return nil, c.failed(body)
	}
	decode := c.a.Format.Decode
	if decode == nil {
		decode = func(body []byte, r *Request) (*quire.Reply, error) {
			return wire.DecodeFor(c.a.API, r.Body, body)
		}
	}
	r, err := decode(body, c.req)
	var reported *wire.ReportedError
	switch {
	case errors.As(err, &reported):
		return nil, c.failed(reported.Event)
	case err != nil:
		return nil, c.badReply(err)
	}
	return r, nil
}

func (c *call) readStream(in *limited, deliver func(quire.Delta) bool) (*quire.Reply, error) {
	decode := c.a.Format.DecodeStream
	if decode == nil {
		decode = func(body io.Reader, r *Request) iter.Seq2[quire.Delta, error] {
			return wire.DecodeStreamFor(c.a.API, r.Body, body)
		}
	}
	for d, err := range decode(in, c.req) {
		switch {
		case err != nil:
			return nil, c.streamError(in, err)
		case d.Reply != nil:
			return d.Reply, nil
		case !deliver(d):
			return nil, errStopped
		}
	}
	return nil, c.cut()
}

func (c *call) streamError(in *limited, err error) error {
	var reported *wire.ReportedError
	switch {
	case in.full():
		return c.badReply(in.err)
	case in.err != nil:
		return in.err // the connection's fault
	case errors.As(err, &reported):
		return c.failed(reported.Event)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return c.cut()
	case errors.Is(err, wire.ErrGarbled): // the request was not at fault
		return &providers.Error{Provider: c.a.Provider, Code: providers.CodeUnavailable, Err: err}
	}
	return c.badReply(err)
}

var errEndedEarly = errors.New("the stream ended before the reply did")

// cut is the error of a stream that broke off: as if the server had failed.
func (c *call) cut() error {
	return &providers.Error{Provider: c.a.Provider, Code: providers.CodeUnavailable, Err: errEndedEarly}
}

func (c *call) badReply(err error) error {
	return &providers.Error{Provider: c.a.Provider, Code: providers.CodeBadReply, Err: err}
}

// failed is the error of an answer with status 200 that says that it is one.
func (c *call) failed(body []byte) error {
	e := wire.DecodeFailure(c.a.API, 0, "", body)
	e.Provider = c.a.Provider
	return e
}

// deliverAll hands over a reply that came whole as if it had been streamed.
func deliverAll(r *quire.Reply, deliver func(quire.Delta) bool) bool {
	for _, part := range r.Parts {
		var d quire.Delta
		switch part := part.(type) {
		case quire.Text:
			d.Text = part.Text
		case quire.Reasoning:
			d.Reasoning = part.Text
		case quire.ToolCall:
			d.ToolCall = &part
		}
		if d != (quire.Delta{}) && !deliver(d) {
			return false
		}
	}
	return true
}

// nameModel says who answered where the server did not, and by which name it was asked
// where that is another one, so that the reasoning can be sent back to it.
func nameModel(r *quire.Reply, model string) {
	if r.Model == "" {
		r.Model = model
	}
	for i, part := range r.Parts {
		part, ok := part.(quire.Reasoning)
		if !ok {
			continue
		}
		if part.Model == "" {
			part.Model = r.Model
		}
		if part.Asked == "" && !models.Same(part.Model, model) {
			part.Asked = model
		}
		r.Parts[i] = part
	}
}

// limited keeps the error that reading failed with, and fails when there is too
// much to read.
type limited struct {
	r     io.Reader
	limit int64
	n     int64
	err   error // not io.EOF
}

func (l *limited) full() bool { return l.n > l.limit }

func (l *limited) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if l.n += int64(n); l.full() {
		err = fmt.Errorf("the reply is larger than %d bytes", l.limit)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		l.err = err
	}
	return n, err
}
