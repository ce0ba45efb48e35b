package openaimodel_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/openaimodel"
	"github.com/quire-dev/quire/providers/wire"
)

// counting answers requests to count with a status and a body.
func counting(t *testing.T, status int, answer string) (*openaimodel.Model, *[]byte) {
	t.Helper()
	var got []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		assert.Equal(t, "/v1/responses/input_tokens", req.URL.Path)
		got, _ = io.ReadAll(req.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(srv.Close)
	m, err := openaimodel.New("gpt-6", &openaimodel.Options{Key: "secret", BaseURL: srv.URL + "/v1"})
	require.NoError(t, err)
	return m, &got
}

func TestCountTokens(t *testing.T) {
	m, got := counting(t, 200, `{"object":"response.input_tokens","input_tokens":4711}`)
	p := rich("")
	n, err := m.CountTokens(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, 4711, n)
	assert.Empty(t, p.Model, "the prompt is the caller's")
	p.Model = "gpt-6"
	want, err := wire.Encode(quire.APIOpenAIResponses, p, &wire.Options{Count: true})
	require.NoError(t, err)
	assert.Equal(t, string(want), string(*got))
}

func TestCountTokensFails(t *testing.T) {
	for _, c := range []struct {
		status int
		answer string
		code   providers.Code
	}{
		{401, `{"error":{"message":"no","code":"invalid_api_key"}}`, providers.CodeAuth},
		{503, `busy`, providers.CodeUnavailable},
		{400, `{"error":{"message":"too much","code":"context_length_exceeded"}}`, providers.CodeTooLong},
		{200, `{"tokens":1}`, providers.CodeBadReply},
		{200, `<html>`, providers.CodeBadReply},
	} {
		m, _ := counting(t, c.status, c.answer)
		_, err := m.CountTokens(t.Context(), rich(""))
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, c.code, e.Code, c.answer)
	}
	m, err := openaimodel.New("", &openaimodel.Options{Key: "secret", API: quire.APIOpenAIChat})
	require.NoError(t, err)
	_, err = m.CountTokens(t.Context(), rich("gpt-6"))
	assert.ErrorIs(t, err, errors.ErrUnsupported)

	m, _ = counting(t, 200, `{}`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = m.CountTokens(ctx, rich(""))
	assert.ErrorIs(t, err, context.Canceled)

	m, err = openaimodel.New("", &openaimodel.Options{Key: "secret", BaseURL: "http://127.0.0.1:1/v1"})
	require.NoError(t, err)
	_, err = m.CountTokens(t.Context(), rich("gpt-6"))
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, providers.CodeUnavailable, e.Code)
}
