package openaimodel_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
	"github.com/quire-dev/quire/providers/wire"
)

func TestNewWithoutKey(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "")
	t.Setenv("OPENAI_BASE_URL", "")
	_, err := openaimodel.New("gpt-6", nil)
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, providers.CodeAuth, e.Code)
	assert.EqualError(t, err, "openai: auth: no API key: set OPENAI_API_KEY in the environment or Options.Key; for a server of your own, Options.BaseURL")

	srv := modeltest.NewServer(t, quire.APIStrict, modeltest.Script{modeltest.Say("hi")})
	m, err := openaimodel.New("qwen3", &openaimodel.Options{API: quire.APIStrict, BaseURL: srv.URL + "/v1"})
	require.NoError(t, err, "a server of one's own may want none")
	_, err = m.Generate(t.Context(), rich(""))
	require.NoError(t, err)
	assert.NotContains(t, srv.Requests()[0].Header, "Authorization")
	assert.Contains(t, string(srv.Requests()[0].Body), `"model":"qwen3"`, "the model of the options")
}

func TestNewTakesTheEnvironment(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOpenAIResponses, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi")})
	t.Setenv("OPENAI_API_KEY", "from-env")
	for _, base := range []string{srv.URL + "/v1", srv.URL + "/v1/"} {
		t.Setenv("OPENAI_BASE_URL", base)
		m, err := openaimodel.New("", nil)
		require.NoError(t, err)
		_, err = m.Generate(t.Context(), rich("gpt-6"))
		require.NoError(t, err)
	}
	assert.Equal(t, "Bearer from-env", srv.Requests()[0].Header.Get("Authorization"))
	assert.Equal(t, "/v1/responses", srv.Requests()[1].Path)
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]openaimodel.Options{
		"another format":          {API: quire.APIAnthropic},
		"no address":              {BaseURL: "localhost:11434"},
		"no address at all":       {BaseURL: "http://["},
		"retries":                 {Retries: -1},
		"a websocket for chat":    {API: quire.APIOpenAIChat, Websocket: true},
		"a websocket for strict ": {API: quire.APIStrict, Websocket: true},
	} {
		o.Key = "secret"
		_, err := openaimodel.New("", &o)
		var e *providers.Error
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, providers.CodeInvalid, e.Code, name)
	}
}

func TestProfile(t *testing.T) {
	m, err := openaimodel.New("gpt-6", &openaimodel.Options{Key: "secret", Profile: models.Profile{Window: 400_000, MaxOutput: 1000, Thinking: 2000}})
	require.NoError(t, err)
	want := models.FindOver(quire.APIOpenAIResponses, "gpt-6")
	want.Window, want.MaxOutput, want.Thinking = 400_000, 1000, 2000
	assert.Equal(t, want, m.Profile())
	require.NoError(t, m.Close())
}

// TestRetries: the SDK repeats only when it is told to.
func TestRetries(t *testing.T) {
	busy := modeltest.Step{Fail: providers.CodeRateLimited, RetryAfter: time.Second}
	srv := modeltest.NewServer(t, quire.APIOpenAIResponses, modeltest.Script{busy, modeltest.Say("hi")})
	_, err := open(t, srv, openaimodel.Options{}).Generate(t.Context(), rich("gpt-6"))
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, time.Second, e.RetryAfter)
	assert.Len(t, srv.Requests(), 1)

	failed := false
	flaky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !failed {
			failed = true
			w.Header().Set("Retry-After-Ms", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		srv.Config.Handler.ServeHTTP(w, req)
	}))
	defer flaky.Close()
	m, err := openaimodel.New("", &openaimodel.Options{Key: "secret", BaseURL: flaky.URL + "/v1", Retries: 1})
	require.NoError(t, err)
	r, err := m.Generate(t.Context(), rich("gpt-6"))
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{text("hi")}, r.Parts)
}

// TestNoRedirects: prompt and key go to the host that they were meant for.
func TestNoRedirects(t *testing.T) {
	srv := httptest.NewServer(http.RedirectHandler("http://example.com/elsewhere", http.StatusTemporaryRedirect))
	defer srv.Close()
	m, err := openaimodel.New("", &openaimodel.Options{Key: "secret", BaseURL: srv.URL + "/v1"})
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), rich("gpt-6"))
	assert.ErrorContains(t, err, "redirects to http://example.com/elsewhere")
}

// TestWebsocketFollowsNoRedirects: not where a connection is opened either.
func TestWebsocketFollowsNoRedirects(t *testing.T) {
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	srv := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/v1/responses?key=secret", http.StatusTemporaryRedirect))
	defer srv.Close()
	m, err := openaimodel.New("", &openaimodel.Options{Key: "secret", BaseURL: srv.URL + "/v1", Websocket: true})
	require.NoError(t, err)
	defer m.Close()
	_, err = m.Generate(t.Context(), rich("gpt-6"))
	assert.ErrorContains(t, err, "redirects to "+elsewhere.URL)
	assert.NotContains(t, err.Error(), "secret")
	assert.Zero(t, asked.Load())
}

// TestInvalidPrompts: what no request can say is an error before anything is sent.
func TestInvalidPrompts(t *testing.T) {
	for name, c := range map[string]struct {
		p *quire.Prompt
		o wire.Options
	}{
		"no messages":          {&quire.Prompt{Model: "gpt-6"}, wire.Options{}},
		"a tool that is none":  {rich("gpt-6"), wire.Options{Choice: wire.ToolNamed("rm")}},
		"a life of its cache":  {rich("gpt-6"), wire.Options{CacheLife: 24 * time.Hour}},
		"a schema of nonsense": {rich("gpt-6"), wire.Options{Format: &wire.Format{Name: "x", Schema: []byte("?")}}},
	} {
		srv := modeltest.NewServer(t, quire.APIOpenAIResponses, nil)
		m := open(t, srv, openaimodel.Options{Request: c.o})
		for _, call := range []func() error{
			func() error { _, err := m.Generate(t.Context(), c.p); return err },
			func() error { _, err := m.CountTokens(t.Context(), c.p); return err },
		} {
			var e *providers.Error
			require.ErrorAs(t, call(), &e, name)
			assert.Equal(t, providers.CodeInvalid, e.Code, name)
		}
		assert.Empty(t, srv.Requests(), name)
	}
}
