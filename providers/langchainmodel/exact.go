package langchainmodel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// maxReply is the largest reply that is read, in bytes, whole or streamed: far
// above what models write, so that a broken server can't fill memory.
const maxReply = 64 << 20

// carrier is what differs between the providers' exact calls.
type carrier struct {
	// request makes the body from wire's, or leaves it as it is when nil.
	request func(body []byte, p *quire.Prompt, o *Options) ([]byte, error)
	// reply makes a body that wire decodes from the provider's, given the
	// request's body; nil leaves it as it is.
	reply  func(body, request []byte) ([]byte, error)
	ndjson bool // streams are JSON lines
	// stub is a reply that langchaingo's client takes as a good one. The real
	// one is kept from it, since it fails on what it doesn't know.
	stub string
}

var carriers = map[string]carrier{
	OpenAI:    {stub: `{"choices":[{"message":{"role":"assistant","content":"."},"finish_reason":"stop"}]}`},
	Anthropic: {stub: `{"type":"message","content":[{"type":"text","text":"."}],"stop_reason":"end_turn"}`},
	Ollama: {
		request: ollamaRequest, reply: ollamaReply, ndjson: true,
		stub: `{"message":{"role":"assistant","content":"."},"done":true}`,
	},
}

// exchange is one call: what is to go out and what came back. It travels in the
// call's context from exchange, through langchaingo's client, to the transport.
type exchange struct {
	body    []byte
	headers []quire.Header
	stub    string
	read    func(res *http.Response) error // of a reply with status 200

	seen   bool // a request passed the transport
	status int
	header http.Header
	failed []byte // body of a reply with another status
	err    error
}

type exchangeKey struct{}

// errStopped says that the caller wants no more deltas.
var errStopped = errors.New("the caller stopped reading")

// exchange sends p and reads the reply. With a deliver function the reply is
// streamed to it; it returns false to stop.
func (m *Model) exchange(ctx context.Context, p *quire.Prompt, deliver func(quire.Delta) bool) (*quire.Reply, error) {
	c := carriers[m.opts.Provider]
	x := &exchange{stub: c.stub, headers: wire.Headers(m.opts.API, p)}
	var err error
	if x.body, err = m.encode(c, p, deliver != nil); err != nil {
		return nil, err
	}
	var r *quire.Reply
	x.read = func(res *http.Response) (err error) {
		r, err = m.read(c, x.body, res, deliver)
		return err
	}
	// langchaingo sees one short message: its client is here for the address,
	// the key and the connection.
	stand := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, ".")}
	_, err = m.llm.GenerateContent(context.WithValue(ctx, exchangeKey{}, x), stand, llms.WithModel(p.Model))
	if err := m.outcome(ctx, x, err); err != nil {
		return nil, err
	}
	if r.Model == "" {
		nameModel(r, p.Model)
	}
	if r.Marks, err = wire.SentMarks(m.opts.API, p); err != nil {
		return nil, invalid(m.opts.Provider, err)
	}
	return r, nil
}

// nameModel says who answered where the server did not, so that the reasoning
// can be sent back to it.
func nameModel(r *quire.Reply, model string) {
	r.Model = model
	for i, part := range r.Parts {
		if part, ok := part.(quire.Reasoning); ok && part.Model == "" {
			part.Model = model
			r.Parts[i] = part
		}
	}
}

func (m *Model) encode(c carrier, p *quire.Prompt, stream bool) ([]byte, error) {
	body, err := wire.Encode(m.opts.API, p, &wire.Options{Stream: stream})
	if err == nil && c.request != nil {
		body, err = c.request(body, p, &m.opts)
	}
	if err != nil {
		return nil, invalid(m.opts.Provider, err)
	}
	return body, nil
}

// outcome turns what happened to x into an error. The transport knows more than
// langchaingo's err, which counts only when nothing went out.
func (m *Model) outcome(ctx context.Context, x *exchange, err error) error {
	var typed *providers.Error
	switch {
	case errors.Is(x.err, errStopped):
		return errStopped
	case errors.As(x.err, &typed):
		return x.err
	case x.err != nil && ctx.Err() != nil:
		return ctx.Err()
	case x.err != nil:
		return &providers.Error{Provider: m.opts.Provider, Code: providers.CodeUnavailable, Status: x.status, Err: x.err}
	case x.status != 0 && x.status != http.StatusOK:
		return m.httpError(x.status, x.header, x.failed)
	case x.seen:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return invalid(m.opts.Provider, err)
	}
	return invalid(m.opts.Provider, errors.New("Options.Exact is set, but the client was not made with langchainmodel.HTTPClient"))
}

// read reads a reply with status 200. With deliver, all that it holds has been
// delivered when it returns.
func (m *Model) read(c carrier, request []byte, res *http.Response, deliver func(quire.Delta) bool) (*quire.Reply, error) {
	switch {
	case deliver != nil && streamed(res) && c.ndjson:
		return m.lines(res.Body, request, deliver)
	case deliver != nil && streamed(res):
		return m.events(res.Body, deliver)
	}
	body, err := io.ReadAll(&reader{r: res.Body, left: maxReply})
	if err != nil {
		return nil, err
	}
	if err := m.failed(body); err != nil {
		return nil, err
	}
	r, err := m.decode(c, body, request)
	if err != nil || deliver == nil {
		return r, err
	}
	if d := unshown(r, false); d != (quire.Delta{}) && !deliver(d) || !deliverCalls(r, deliver) {
		return nil, errStopped
	}
	return r, nil
}

func (m *Model) decode(c carrier, body, request []byte) (*quire.Reply, error) {
	var err error
	if c.reply != nil {
		if body, err = c.reply(body, request); err != nil {
			return nil, m.badReply(err)
		}
	}
	r, err := wire.Decode(m.opts.API, body)
	if err != nil {
		return nil, m.badReply(err)
	}
	return r, nil
}

// streamed says whether a reply is what a stream looks like: some servers
// answer whole though a stream was asked for.
func streamed(res *http.Response) bool {
	t, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return err != nil || t != "application/json"
}

// streamExact yields the deltas of an exact call. All of it runs in the
// caller's goroutine: langchaingo's clients call their transport in it. When
// the caller stops, the transport closes the reply's body, which ends the call.
func (m *Model) streamExact(ctx context.Context, p *quire.Prompt, yield func(quire.Delta, error) bool) {
	r, err := m.exchange(ctx, p, func(d quire.Delta) bool { return yield(d, nil) })
	switch {
	case errors.Is(err, errStopped):
	case err != nil:
		yield(quire.Delta{}, err)
	default:
		yield(quire.Delta{Reply: r}, nil)
	}
}

// HTTPClient returns a client like base (nil: [http.DefaultTransport] and no
// time limit) for a langchaingo model that is to be exact. It does not follow
// redirects unless base says how, since they would carry prompt and key to
// another host. Requests that are not of this package pass unchanged.
func HTTPClient(base *http.Client) *http.Client {
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
	c.Transport = transport{c.Transport}
	return &c
}

// transport puts the exchange's body in place of langchaingo's.
type transport struct{ base http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	x, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return t.base.RoundTrip(req)
	}
	if req.Body != nil {
		req.Body.Close()
	}
	out := req.Clone(req.Context())
	out.Body = io.NopCloser(bytes.NewReader(x.body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.body)), nil }
	out.ContentLength = int64(len(x.body))
	for _, h := range x.headers {
		if old := out.Header.Get(h.Name); old != "" && h.Name == "anthropic-beta" {
			h.Value = old + "," + h.Value
		}
		out.Header.Set(h.Name, h.Value)
	}
	x.seen = true
	res, err := t.base.RoundTrip(out)
	if err != nil {
		x.err = err
		return nil, err
	}
	defer res.Body.Close()
	x.status, x.header = res.StatusCode, res.Header
	if res.StatusCode == http.StatusOK {
		if x.err = x.read(res); x.err != nil {
			return nil, x.err
		}
		return answer(req, res, x.stub), nil
	}
	x.failed, _ = io.ReadAll(io.LimitReader(res.Body, 1<<20)) // what could be read is what is known
	return answer(req, res, string(x.failed)), nil
}

// answer is res with another body.
func answer(req *http.Request, res *http.Response, body string) *http.Response {
	r := *res
	r.Request, r.Body, r.ContentLength = req, io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
	r.Header = res.Header.Clone()
	r.Header.Del("Content-Length")
	return &r
}
