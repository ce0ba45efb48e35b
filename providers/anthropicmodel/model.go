package anthropicmodel

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"slices"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// Model answers prompts through Anthropic's client. It is safe for concurrent use.
type Model struct {
	opts    Options
	client  anthropic.Client
	adapter exchange.Adapter
}

var (
	_ providers.Streamer     = (*Model)(nil)
	_ providers.Profiled     = (*Model)(nil)
	_ providers.TokenCounter = (*Model)(nil)
)

// Profile implements [providers.Profiled].
func (m *Model) Profile() models.Profile { return m.adapter.Profile }

// Generate implements [providers.Model].
func (m *Model) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	return m.adapter.Generate(ctx, p)
}

// Stream implements [providers.Streamer]. All of it runs in the caller's goroutine.
func (m *Model) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return m.adapter.Stream(ctx, p)
}

// CountTokens implements [providers.TokenCounter] with Anthropic's counting
// endpoint. It is free of charge, has a rate limit of its own, and its number is an
// estimate of what a call would report.
func (m *Model) CountTokens(ctx context.Context, p *quire.Prompt) (int, error) {
	return m.adapter.CountTokens(ctx, p, exchange.Counter{
		Encode: func(p *quire.Prompt) ([]byte, error) {
			body, _, err := m.encode(p, false, true)
			return body, err
		},
		Send: func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
			return m.post(ctx, "v1/messages/count_tokens", r)
		},
		Member: "input_tokens",
	})
}

func (m *Model) encode(p *quire.Prompt, stream, count bool) ([]byte, []quire.CacheMark, error) {
	if p.Model == "" {
		return nil, nil, errors.New("no model: set Prompt.Model, or give New one")
	}
	return m.adapter.EncodeWire(p, stream, count)
}

func (m *Model) send(ctx context.Context, r *exchange.Request) (*http.Response, error) {
	return m.post(ctx, "v1/messages", r)
}

// post sends a body through the client, which adds address, key, version and
// retries, and gives the raw answer back.
func (m *Model) post(ctx context.Context, path string, r *exchange.Request) (*http.Response, error) {
	with := []option.RequestOption{option.WithRequestBody("application/json", r.Body)}
	if r.Stream {
		with = append(with, option.WithHeader("Accept", "text/event-stream"))
	}
	for _, h := range r.Headers {
		if h.Name == "anthropic-beta" { // the version is the client's
			with = append(with, option.WithHeaderAdd(h.Name, h.Value))
		}
	}
	for _, beta := range m.opts.Betas {
		with = append(with, option.WithHeaderAdd("anthropic-beta", beta))
	}
	for _, name := range slices.Sorted(maps.Keys(m.opts.Headers)) {
		with = append(with, option.WithHeader(name, m.opts.Headers[name]))
	}
	var res *http.Response
	err := m.client.Post(ctx, path, nil, &res, with...)
	return res, err
}
