package langchainmodel_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tmc/langchaingo/llms/fake"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/modeltest"
)

func TestOpenWithoutKey(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "")
	t.Setenv("ANTHROPIC_API_KEY", "")
	for spec, want := range map[string]string{
		"openai:gpt-4.1":       "openai: auth: no API key: set OPENAI_API_KEY in the environment or OpenOptions.Key",
		"anthropic:claude-x-1": "anthropic: auth: no API key: set ANTHROPIC_API_KEY in the environment or OpenOptions.Key",
	} {
		_, err := langchainmodel.Open(spec, nil)
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, providers.CodeAuth, e.Code)
		assert.Equal(t, want, err.Error())
	}
	_, err := langchainmodel.Open("ollama:qwen3", nil)
	assert.NoError(t, err)
	_, err = langchainmodel.Open("openai:local", &langchainmodel.OpenOptions{BaseURL: "http://localhost:8000/v1"})
	assert.ErrorContains(t, err, "any text will do")
}

func TestOpenTakesTheKeyFromTheEnvironment(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOpenAIChat, modeltest.Script{modeltest.Say("hi")})
	t.Setenv("OPENAI_API_KEY", "from-env")
	t.Setenv("OPENAI_BASE_URL", srv.URL+"/v1")
	m, err := langchainmodel.Open("openai:gpt-4.1", nil)
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), rich(""))
	require.NoError(t, err)
	assert.Equal(t, "Bearer from-env", srv.Requests()[0].Header.Get("Authorization"))
}

func TestOpenRefusesOddSpecs(t *testing.T) {
	for _, spec := range []string{"", "gpt-4.1", "openai:", "mistral:small", ":x"} {
		_, err := langchainmodel.Open(spec, &langchainmodel.OpenOptions{Key: "k"})
		var e *providers.Error
		require.ErrorAs(t, err, &e, spec)
		assert.Equal(t, providers.CodeInvalid, e.Code, spec)
	}
	for _, url := range []string{"http://[", "localhost:11434", "\x00"} {
		_, err := langchainmodel.Open("ollama:x", &langchainmodel.OpenOptions{BaseURL: url})
		assert.ErrorContains(t, err, "base URL", url)
	}
	_, err := langchainmodel.Open("anthropic:x", &langchainmodel.OpenOptions{Key: "k", API: quire.APIOpenAIChat})
	assert.ErrorContains(t, err, "no client")
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []langchainmodel.Options{
		{API: quire.APIAnthropic}, {API: quire.APIGemini}, {Exact: true}, {Provider: langchainmodel.Ollama, API: quire.APIOpenAIChat},
		{Provider: langchainmodel.OpenAI, API: quire.APIOpenAIResponses},
	} {
		_, err := langchainmodel.New(fake.NewFakeLLM(nil), &o)
		var e *providers.Error
		require.ErrorAs(t, err, &e, o)
		assert.Equal(t, providers.CodeInvalid, e.Code)
	}
	_, err := langchainmodel.New(nil, nil)
	assert.Error(t, err)
}

// TestOwnClientMadeExact gives a client that was configured elsewhere exactness.
func TestOwnClientMadeExact(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOpenAIChat, modeltest.Script{modeltest.Say("hi")})
	llm, err := openai.New(openai.WithToken("k"), openai.WithModel("dep"), openai.WithBaseURL(srv.URL), openai.WithEmbeddingModel("e"),
		openai.WithAPIType(openai.APITypeAzure), openai.WithHTTPClient(langchainmodel.HTTPClient(&http.Client{})))
	require.NoError(t, err)
	m, err := langchainmodel.New(llm, &langchainmodel.Options{Model: "gpt-4.1", Exact: true})
	require.NoError(t, err)
	r, err := m.Generate(t.Context(), rich(""))
	require.NoError(t, err)
	assert.Equal(t, "hi", quire.PlainText(r.Parts))
	assert.Equal(t, "/openai/deployments/gpt-4.1/chat/completions", srv.Requests()[0].Path)
	assert.Equal(t, "k", srv.Requests()[0].Header.Get("Api-Key"))
}

// TestExactWithoutItsClient is told, rather than taken for an answer.
func TestExactWithoutItsClient(t *testing.T) {
	m, err := langchainmodel.New(fake.NewFakeLLM([]string{"I am fake"}), &langchainmodel.Options{Provider: langchainmodel.OpenAI, Model: "m", Exact: true})
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), rich("m"))
	assert.ErrorContains(t, err, "langchainmodel.HTTPClient")
}

// TestHTTPClientIsOtherwisePlain leaves requests alone that are not the adapter's.
func TestHTTPClientIsOtherwisePlain(t *testing.T) {
	url := serve(t, 200, nil, "hello")
	res, err := langchainmodel.HTTPClient(nil).Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	assert.Equal(t, int64(5), res.ContentLength)
}

func TestProfile(t *testing.T) {
	exact := vendors["marked"].open(t, "http://localhost:1").Profile()
	assert.Equal(t, "gpt-5.6", exact.Name)
	assert.Equal(t, 4, exact.Dialect.Marks)
	assert.Equal(t, 16384, exact.Window)
	plain := adapt(t, vendors["marked"], "http://localhost:1").Profile()
	assert.Zero(t, plain.Dialect.Marks, "langchaingo sends none")
	assert.True(t, vendors["anthropic"].open(t, "http://localhost:1").Profile().Dialect.NoticeInLoop)
	assert.False(t, adapt(t, vendors["anthropic"], "http://localhost:1").Profile().Dialect.NoticeInLoop, "it would be a message of its own")
	assert.Equal(t, models.ReasoningNotTaken, adapt(t, vendors["anthropic"], "http://localhost:1").Profile().Dialect.Reasoning)
}
