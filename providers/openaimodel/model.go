package openaimodel

import (
	"context"
	"io"
	"iter"
	"net/http"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// Model answers prompts through OpenAI's client. It is safe for concurrent use.
type Model struct {
	opts    Options
	http    *http.Client
	client  openai.Client
	adapter exchange.Adapter
	chat    *templates // nil but for the chat format
	ws      *session   // nil without Options.Websocket
}

var (
	_ providers.Streamer     = (*Model)(nil)
	_ providers.Profiled     = (*Model)(nil)
	_ providers.TokenCounter = (*Model)(nil)
)

// Profile implements [providers.Profiled]. Once the template of the model has refused
// [quire.APIOpenAIChat] and taken [quire.APIStrict], it is the profile for that.
func (m *Model) Profile() models.Profile {
	if m.chat != nil && m.chat.knows(m.adapter.Profile.Name) {
		return m.chat.strict.Profile
	}
	return m.adapter.Profile
}

// Generate implements [providers.Model].
func (m *Model) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if m.ws != nil {
		return m.ws.generate(ctx, p)
	}
	if m.chat != nil {
		return m.chat.generate(ctx, &m.adapter, p)
	}
	return m.adapter.Generate(ctx, p)
}

// Stream implements [providers.Streamer].
func (m *Model) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	if m.ws != nil {
		return m.ws.stream(ctx, p)
	}
	if m.chat != nil {
		return m.chat.stream(ctx, &m.adapter, p)
	}
	return m.adapter.Stream(ctx, p)
}

// Close closes the websocket, if there is one, and ends the call that uses it;
// later calls fail. Without one it does nothing.
func (m *Model) Close() error {
	if m.ws != nil {
		m.ws.close()
	}
	return nil
}

// post sends a request's bytes, as they are, through the SDK's client.
func (m *Model) post(ctx context.Context, r *exchange.Request) (*http.Response, error) {
	path, accept := "chat/completions", "application/json"
	if m.opts.API == quire.APIOpenAIResponses {
		path = "responses"
	}
	if r.Stream {
		accept = "text/event-stream"
	}
	return m.send(ctx, path, accept, r.Body, r.Headers...)
}

func (m *Model) send(ctx context.Context, path, accept string, body []byte, headers ...quire.Header) (*http.Response, error) {
	return post(ctx, &m.client, path, accept, body, headers...)
}

func post(ctx context.Context, c *openai.Client, path, accept string, body []byte, headers ...quire.Header) (*http.Response, error) {
	var res *http.Response
	opts := []option.RequestOption{option.WithHeader("Accept", accept)}
	for _, h := range headers {
		opts = append(opts, option.WithHeader(h.Name, h.Value))
	}
	err := c.Post(ctx, path, body, &res, opts...)
	return res, err
}

// shortFailures keeps the SDK from reading a failure of any length into memory, and
// lets net/http repeat what a dead connection took.
func shortFailures(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	res, err := next(exchange.Repeatable(req))
	if err == nil && res.StatusCode >= http.StatusBadRequest {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, 1<<20), res.Body}
	}
	return res, err
}
