package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// Counter is an endpoint that counts a prompt's tokens.
type Counter struct {
	// Encode makes the body of a request. Its errors say that the prompt is not one
	// that the model takes.
	Encode func(p *quire.Prompt) ([]byte, error)
	// Send is like [Adapter.Send].
	Send func(ctx context.Context, r *Request) (*http.Response, error)
	// Member names the number in the answer ("input_tokens").
	Member string
}

// CountTokens asks c for the tokens of p; it is what an adapter needs to be a
// [providers.TokenCounter]. It fails as a call does.
func (a *Adapter) CountTokens(ctx context.Context, p *quire.Prompt, c Counter) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	q := a.named(p)
	body, err := c.Encode(q)
	if err != nil {
		return 0, &providers.Error{Provider: a.Provider, Code: providers.CodeInvalid, Err: err}
	}
	res, err := c.Send(ctx, &Request{Prompt: q, Body: body, Headers: wire.Headers(a.API, q, &wire.Options{Dialect: a.Dialect(q)})})
	return a.Count(ctx, res, err, c.Member)
}

// Count reads the answer of an endpoint that counts tokens, and closes it. res and
// err are what [Adapter.Send] would return; member names the number in the answer
// ("input_tokens"). It fails as a call does.
func (a *Adapter) Count(ctx context.Context, res *http.Response, err error, member string) (int, error) {
	if res == nil || res.Body == nil {
		if err == nil {
			err = errNoAnswer
		}
		return 0, a.outcome(ctx, err)
	}
	defer res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return 0, a.outcome(ctx, Failure(a.Provider, a.API, res))
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxFailure))
	if err != nil {
		return 0, a.outcome(ctx, err)
	}
	n, err := counted(body, member)
	if err != nil {
		return 0, a.outcome(ctx, &providers.Error{Provider: a.Provider, Code: providers.CodeBadReply, Err: fmt.Errorf("%w: %.200q", err, body)})
	}
	return n, nil
}

func counted(body []byte, member string) (int, error) {
	var in map[string]json.RawMessage
	if err := json.Unmarshal(body, &in); err != nil {
		return 0, err
	}
	n := -1
	if raw, ok := in[member]; ok {
		if err := json.Unmarshal(raw, &n); err != nil {
			return 0, err
		}
	}
	if n < 0 {
		return 0, errors.New("the answer holds no count")
	}
	return n, nil
}
