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
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/exchange"
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
