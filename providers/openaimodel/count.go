package openaimodel

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/providers/wire"
)

// CountTokens implements [providers.TokenCounter] with the endpoint of the
// Responses API. The chat format has none: there the error is, and wraps,
// [errors.ErrUnsupported].
func (m *Model) CountTokens(ctx context.Context, p *quire.Prompt) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if m.opts.API != quire.APIOpenAIResponses {
		return 0, invalid(fmt.Errorf("the chat format has no endpoint that counts: %w", errors.ErrUnsupported))
	}
	return m.adapter.CountTokens(ctx, p, exchange.Counter{
		Encode: func(p *quire.Prompt) ([]byte, error) {
			w := m.opts.Request
			w.Stream, w.Count, w.Dialect = false, true, m.adapter.Dialect(p)
			return wire.Encode(m.opts.API, p, &w)
		},
		Send: func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
			return m.send(ctx, "responses/input_tokens", "application/json", r.Body)
		},
		Member: "input_tokens",
	})
}
