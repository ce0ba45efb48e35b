package geminimodel_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/geminimodel"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/wire"
)

func code(t *testing.T, err error) providers.Code {
	t.Helper()
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "gemini", e.Provider)
	assert.NotContains(t, err.Error(), "secret")
	return e.Code
}

func TestNew(t *testing.T) {
	t.Setenv("GEMINI_API_KEY", "")
	t.Setenv("GOOGLE_API_KEY", "")
	_, err := geminimodel.New("", nil)
	assert.Equal(t, providers.CodeAuth, code(t, err))
	assert.ErrorContains(t, err, "set GEMINI_API_KEY in the environment or Options.Key")
	for _, o := range []geminimodel.Options{{Key: "secret", BaseURL: "localhost"}, {Key: "secret", BaseURL: "ftp://x"}} {
		_, err := geminimodel.New("", &o)
		assert.Equal(t, providers.CodeInvalid, code(t, err))
	}
	for variable, want := range map[string]string{"GEMINI_API_KEY": "a", "GOOGLE_API_KEY": "b"} {
		srv := modeltest.NewServer(t, quire.APIGemini, modeltest.Script{modeltest.Say("hi")})
		t.Setenv(variable, want)
		m, err := geminimodel.New("gemini-3-pro", &geminimodel.Options{BaseURL: srv.URL})
		require.NoError(t, err)
		_, err = m.Generate(t.Context(), rich(""))
		require.NoError(t, err)
		assert.Equal(t, want, srv.Requests()[0].Header.Get("X-Goog-Api-Key"))
		t.Setenv(variable, "")
	}
	m, err := geminimodel.New("gemini-3-pro", &geminimodel.Options{Key: "secret", Profile: models.Profile{Window: 1 << 20, MaxOutput: 9, Thinking: 8}})
	require.NoError(t, err)
	want := models.FindOver(quire.APIGemini, "gemini-3-pro")
	want.Window, want.MaxOutput, want.Thinking = 1<<20, 9, 8
	assert.Equal(t, want, m.Profile())
}

func TestPromptsThatCantBe(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIGemini, nil)
	nameless, err := geminimodel.New("", &geminimodel.Options{Key: "secret", BaseURL: srv.URL})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		m *geminimodel.Model
		p *quire.Prompt
	}{
		"no model":  {nameless, rich("")},
		"bad model": {nameless, rich("gemini?key=x")},
		"no user":   {open(t, srv.URL, geminimodel.Options{}), &quire.Prompt{}},
		"one call":  {open(t, srv.URL, geminimodel.Options{Request: wire.Options{OneCall: true}}), rich("")},
	} {
		_, err := c.m.Generate(t.Context(), c.p)
		assert.Equal(t, providers.CodeInvalid, code(t, err), name)
		_, err = c.m.CountTokens(t.Context(), c.p)
		assert.Equal(t, providers.CodeInvalid, code(t, err), name)
	}
	assert.Empty(t, srv.Requests())
}

// serve answers every request with one body.
func serve(t *testing.T, status int, contentType, body string) (url string, got *[]byte) {
	got = new([]byte)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		*got, _ = io.ReadAll(req.Body)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, got
}

const blocked = `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":7},"modelVersion":"gemini-3-pro"}`

// TestFailures as Gemini words them.
func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   providers.Code
		delay  time.Duration
		says   string
	}{
		"blocked": {200, blocked, providers.CodeRefused, 0, "the prompt was blocked: PROHIBITED_CONTENT"},
		"a call that can't be read": {200, `{"candidates":[{"content":{"role":"model"},"finishReason":"MALFORMED_FUNCTION_CALL"}]}`,
			providers.CodeBadReply, 0, "MALFORMED_FUNCTION_CALL"},
		"a limit": {429, `{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED",` +
			`"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}`, providers.CodeRateLimited, 34500 * time.Millisecond, "quota"},
		"a wrong key": {400, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}`, providers.CodeAuth, 0, "not valid"},
		"too long": {400, `{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}`,
			providers.CodeTooLong, 0, "1048576"},
		"no such model": {404, `{"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}}`, providers.CodeInvalid, 0, "not found"},
		"overloaded":    {503, `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`, providers.CodeUnavailable, 0, "overloaded"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := serve(t, c.status, "application/json", c.body)
			_, err := open(t, url, geminimodel.Options{}).Generate(t.Context(), rich(""))
			assert.Equal(t, c.want, code(t, err), err)
			assert.ErrorContains(t, err, c.says)
			var e *providers.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.delay, e.RetryAfter)
			if c.status == 200 {
				url, _ = serve(t, 200, "text/event-stream", "data: "+c.body+"\n\n")
			}
			for _, err := range open(t, url, geminimodel.Options{}).Stream(t.Context(), rich("")) {
				assert.Equal(t, c.want, code(t, err), err)
				assert.ErrorContains(t, err, c.says)
			}
		})
	}
}

// TestNothingIsTriedAgain: that is for the caller.
func TestNothingIsTriedAgain(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIGemini, modeltest.Script{{Fail: providers.CodeUnavailable, Status: 503}, modeltest.Say("hi")})
	_, err := open(t, srv.URL, geminimodel.Options{}).Generate(t.Context(), rich(""))
	assert.Equal(t, providers.CodeUnavailable, code(t, err))
	assert.Len(t, srv.Requests(), 1)
}

func TestCountTokens(t *testing.T) {
	url, got := serve(t, 200, "application/json", `{"totalTokens":31,"promptTokensDetails":[{"modality":"TEXT","tokenCount":31}]}`)
	for _, model := range modelNames {
		for name, o := range settings(model) {
			m := open(t, url, geminimodel.Options{Request: o}, model)
			n, err := m.CountTokens(t.Context(), rich(model))
			require.NoError(t, err)
			assert.Equal(t, 31, n)
			o.Count = true
			want, err := wire.Encode(quire.APIGemini, rich(model), &o)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(*got), name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := open(t, url, geminimodel.Options{}).CountTokens(ctx, rich(""))
	assert.Equal(t, context.Canceled, err)
	for body, want := range map[string]providers.Code{`{"weather":1}`: providers.CodeBadReply, `nonsense`: providers.CodeBadReply} {
		url, _ := serve(t, 200, "application/json", body)
		_, err := open(t, url, geminimodel.Options{}).CountTokens(t.Context(), rich(""))
		assert.Equal(t, want, code(t, err))
	}
	url, _ = serve(t, 429, "application/json", `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"slow"}}`)
	_, err = open(t, url, geminimodel.Options{}).CountTokens(t.Context(), rich(""))
	assert.Equal(t, providers.CodeRateLimited, code(t, err))
	_, err = open(t, "http://127.0.0.1:1", geminimodel.Options{}).CountTokens(t.Context(), rich(""))
	assert.Equal(t, providers.CodeUnavailable, code(t, err))
}
