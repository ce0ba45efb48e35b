package openaimodel

import (
	"context"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
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
	q, w := *p, m.opts.Request
	if q.Model == "" {
		q.Model = m.opts.Model
	}
	w.Stream, w.Count = false, true
	body, err := wire.Encode(m.opts.API, &q, &w)
	if err != nil {
		return 0, invalid(err)
	}
	res, err := m.send(ctx, "responses/input_tokens", "application/json", body)
	return m.adapter.Count(ctx, res, err, "input_tokens")
}
