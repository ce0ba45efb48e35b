package openaimodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/exchange"
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
	if res == nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, &providers.Error{Provider: provider, Code: providers.CodeUnavailable, Err: err}
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, exchange.Failure(provider, m.opts.API, res)
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, &providers.Error{Provider: provider, Code: providers.CodeUnavailable, Err: err}
	}
	return readCount(answer)
}

func readCount(body []byte) (int, error) {
	var in struct {
		Tokens *int `json:"input_tokens"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Tokens == nil {
		return 0, &providers.Error{Provider: provider, Code: providers.CodeBadReply, Err: fmt.Errorf("no count in %.100q", body)}
	}
	return *in.Tokens, nil
}
