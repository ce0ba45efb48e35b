package exchange_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

func TestCount(t *testing.T) {
	a := &exchange.Adapter{Provider: "mine", API: quire.APIAnthropic}
	count := func(status int, body string) (int, error) {
		return a.Count(t.Context(), &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, errors.New("ignored"), "input_tokens")
	}
	n, err := count(200, `{"input_tokens":2095,"other":1}`)
	require.NoError(t, err)
	assert.Equal(t, 2095, n)
	n, err = count(200, `{"input_tokens":0}`)
	require.NoError(t, err)
	assert.Zero(t, n)
	for body, code := range map[string]providers.Code{
		`{"tokens":1}`: providers.CodeBadReply, `nonsense`: providers.CodeBadReply, `{"input_tokens":"x"}`: providers.CodeBadReply,
		`{"input_tokens":-1}`: providers.CodeBadReply, ``: providers.CodeBadReply, `{"input_tokens":null}`: providers.CodeBadReply,
	} {
		_, err := count(200, body)
		assert.Equal(t, code, typed(t, err).Code, body)
	}
	_, err = count(429, `{}`)
	assert.Equal(t, providers.CodeRateLimited, typed(t, err).Code)

	_, err = a.Count(t.Context(), nil, errors.New("no route"), "n")
	assert.Equal(t, providers.CodeUnavailable, typed(t, err).Code)
	_, err = a.Count(t.Context(), nil, nil, "n")
	assert.Equal(t, providers.CodeUnavailable, typed(t, err).Code)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = a.Count(ctx, nil, errors.New("no route"), "n")
	assert.Equal(t, context.Canceled, err)
}

func TestCountTokensNamesTheModelAndSendsOnce(t *testing.T) {
	a := &exchange.Adapter{Provider: "mine", API: quire.APIAnthropic, Profile: models.Profile{Name: "m"}}
	var sent []*exchange.Request
	failing := errors.New("no picture, please")
	var refuse error
	c := exchange.Counter{
		Encode: func(p *quire.Prompt) ([]byte, error) { return []byte("count for " + p.Model), refuse },
		Send: func(_ context.Context, r *exchange.Request) (*http.Response, error) {
			sent = append(sent, r)
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"n":7}`))}, nil
		},
		Member: "n",
	}
	p := hello()
	n, err := a.CountTokens(t.Context(), p, c)
	require.NoError(t, err)
	assert.Equal(t, 7, n)
	require.Len(t, sent, 1)
	assert.Equal(t, "count for m", string(sent[0].Body))
	assert.Equal(t, "m", sent[0].Prompt.Model)
	assert.NotEmpty(t, sent[0].Headers)
	assert.False(t, sent[0].Stream)
	assert.Empty(t, p.Model, "the prompt is not modified")

	refuse = failing
	_, err = a.CountTokens(t.Context(), p, c)
	assert.Equal(t, providers.CodeInvalid, typed(t, err).Code)
	assert.ErrorIs(t, err, failing)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = a.CountTokens(ctx, p, c)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Len(t, sent, 1, "nothing more was sent")
}
