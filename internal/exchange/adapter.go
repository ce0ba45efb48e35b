package exchange

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// Adapter makes a [providers.Streamer] of a function that sends bytes. It is safe
// for concurrent use if Send is; its fields must not change once it is in use.
type Adapter struct {
	// Provider names the adapter in errors.
	Provider string
	// API is the wire format.
	API quire.API
	// Profile is the model's: its name is used for prompts that name none.
	Profile models.Profile
	// Wire holds settings of every request in package wire's format; its Stream, Count
	// and Dialect are not used.
	Wire wire.Options
	// Send sends a request, once, and returns the answer whatever its status,
	// with the body unread; the adapter closes it. An answer that comes with an
	// error is used, and the error ignored: clients make one of every status of
	// 400 and more. An error alone says that no answer came; it should be
	// [ErrNotSent] where nothing went out. ctx ends with the call.
	Send func(ctx context.Context, r *Request) (*http.Response, error)
	// Format is for formats that package wire does not speak; its zero fields
	// are that package's.
	Format Format
	// Limit is the largest reply that is read, in bytes, whole or streamed; 0 is
	// [DefaultLimit].
	Limit int64

	encoder wire.Encoder
	base    *Adapter // whose encoder it uses; nil: its own
}

var _ providers.Streamer = (*Adapter)(nil)

// DefaultLimit is far above what models write: a broken server can't fill memory.
const DefaultLimit = 64 << 20

// Request is what goes out.
type Request struct {
	Prompt  *quire.Prompt // names its model; not to be modified
	Body    []byte        // to be sent as it is
	Headers []quire.Header
	Stream  bool              // the body asks for a stream
	Marks   []quire.CacheMark // that the body carries
}

// Format makes and reads bytes.
type Format struct {
	// Encode makes the body of a request, and says which marks it carries. Its
	// errors say that the prompt is not one that the model takes.
	Encode func(p *quire.Prompt, stream bool) ([]byte, []quire.CacheMark, error)
	// Decode reads a whole reply.
	Decode func(body []byte, r *Request) (*quire.Reply, error)
	// DecodeStream is like [wire.DecodeStream]: [io.ErrUnexpectedEOF] says that the
	// stream broke off, a [*wire.ReportedError] that the server failed in it, and
	// [wire.ErrGarbled] that it contradicts itself: such calls may be tried again.
	DecodeStream func(body io.Reader, r *Request) iter.Seq2[quire.Delta, error]
}

// Generate implements [providers.Model].
func (a *Adapter) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	c, err := a.begin(ctx, p, false)
	if err != nil {
		return nil, err
	}
	defer c.end()
	r, err := c.read(nil)
	if err != nil {
		return nil, a.outcome(ctx, err)
	}
	return r, nil
}

// Stream implements [providers.Streamer]. All of it runs in the caller's
// goroutine.
func (a *Adapter) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		c, err := a.begin(ctx, p, true)
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		defer c.end()
		r, err := c.read(func(d quire.Delta) bool { return yield(d, nil) })
		switch {
		case errors.Is(err, errStopped):
		case err != nil:
			yield(quire.Delta{}, a.outcome(ctx, err))
		default:
			yield(quire.Delta{Reply: r}, nil)
			c.drain()
		}
	}
}

// Encode makes the request for p, as Generate and Stream do.
func (a *Adapter) Encode(p *quire.Prompt, stream bool) (*Request, error) {
	q := a.named(p)
	encode := a.Format.Encode
	if encode == nil {
		encode = func(p *quire.Prompt, stream bool) ([]byte, []quire.CacheMark, error) {
			return a.EncodeWire(p, stream, false)
		}
	}
	body, marks, err := encode(q, stream)
	if err != nil {
		return nil, &providers.Error{Provider: a.Provider, Code: providers.CodeInvalid, Err: err}
	}
	return &Request{Prompt: q, Body: body, Headers: wire.Headers(a.API, q, &wire.Options{Dialect: a.Dialect(q)}), Stream: stream, Marks: marks}, nil
}

// Through is the adapter with another way to send.
func (a *Adapter) Through(send func(ctx context.Context, r *Request) (*http.Response, error)) *Adapter {
	return &Adapter{Provider: a.Provider, API: a.API, Profile: a.Profile, Wire: a.Wire, Send: send, Format: a.Format, Limit: a.Limit, base: a}
}

// EncodeWire makes a body in package wire's format, for a call or for counting.
func (a *Adapter) EncodeWire(p *quire.Prompt, stream, count bool) ([]byte, []quire.CacheMark, error) {
	o := a.Wire
	o.Stream, o.Count, o.Dialect = stream, count, a.Dialect(p)
	e := &a.encoder
	if a.base != nil {
		e = &a.base.encoder
	}
	return e.Encode(a.API, p, &o)
}

// Dialect is what a request for p goes by: the profile's, or, when p names another model,
// the zero Dialect, which package wire takes from the shipped catalogue.
func (a *Adapter) Dialect(p *quire.Prompt) models.Dialect {
	if p.Model != a.Profile.Name {
		return models.Dialect{}
	}
	return a.Profile.Dialect
}

// ProfileOf is the profile that an adapter of an API goes by: the one of its options or,
// where that has no dialect, the shipped catalogue's of the model, with what the options
// say of Window, MaxOutput and Thinking. model is the name that the options have besides.
func ProfileOf(api quire.API, own models.Profile, model string) models.Profile {
	var p models.Profile
	if own.Dialect.API != "" {
		p = own.Over(api)
	} else {
		p = models.FindOver(api, cmp.Or(model, own.Name))
		p.Window, p.MaxOutput, p.Thinking = cmp.Or(own.Window, p.Window), own.MaxOutput, own.Thinking
	}
	p.Name = cmp.Or(model, own.Name)
	return p
}

// named is a copy of p that names its model.
func (a *Adapter) named(p *quire.Prompt) *quire.Prompt {
	q := *p
	if q.Model == "" {
		q.Model = a.Profile.Name
	}
	return &q
}

// begin sends the request and waits for the head of its answer.
func (a *Adapter) begin(ctx context.Context, p *quire.Prompt, stream bool) (*call, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, err := a.Encode(p, stream)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithCancel(ctx)
	res, err := a.Send(within, r)
	if res != nil && res.Body != nil {
		return &call{a: a, req: r, res: res, cancel: cancel}, nil
	}
	cancel()
	if err == nil {
		err = errNoAnswer
	}
	return nil, a.outcome(ctx, err)
}

var errNoAnswer = errors.New("the client returned neither an answer nor an error")

// ErrNotSent is in the chain of an error of [Adapter.Send] when nothing left the
// program: to try again is no use.
var ErrNotSent = errors.New("nothing was sent")

// outcome makes err the error of a call whose context is ctx.
func (a *Adapter) outcome(ctx context.Context, err error) error {
	var typed *providers.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // whatever else it led to
	case errors.As(err, &typed):
		return err
	case errors.Is(err, ErrNotSent):
		return &providers.Error{Provider: a.Provider, Code: providers.CodeInvalid, Err: err}
	}
	return &providers.Error{Provider: a.Provider, Code: providers.CodeUnavailable, Err: err}
}
