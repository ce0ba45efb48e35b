package anthropicmodel_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/anthropicmodel"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/wire"
)

func TestNew(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "")
	_, err := anthropicmodel.New("", nil)
	assert.Equal(t, providers.CodeAuth, code(t, err))
	assert.ErrorContains(t, err, "set ANTHROPIC_API_KEY in the environment or Options.Key")
	for _, o := range []anthropicmodel.Options{{Key: "secret", Retries: -1}, {Key: "secret", BaseURL: "localhost"}, {Key: "secret", BaseURL: "ftp://x"}, {Key: "secret", BaseURL: "http://%"}} {
		_, err := anthropicmodel.New("", &o)
		assert.Equal(t, providers.CodeInvalid, code(t, err))
	}
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("hi")})
	t.Setenv("ANTHROPIC_API_KEY", "mine")
	t.Setenv("ANTHROPIC_BASE_URL", srv.URL)
	t.Setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Leak: 1")
	m, err := anthropicmodel.New("claude-opus-5", &anthropicmodel.Options{Profile: models.Profile{Window: 1 << 20, MaxOutput: 9, Thinking: 8}})
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), rich(""))
	require.NoError(t, err)
	assert.Equal(t, "Bearer mine", srv.Requests()[0].Header.Get("Authorization"))
	assert.Empty(t, srv.Requests()[0].Header.Get("X-Leak"), "nothing else comes from the environment")
	want := models.FindOver(quire.APIAnthropic, "claude-opus-5")
	want.Window, want.MaxOutput, want.Thinking = 1<<20, 9, 8
	assert.Equal(t, want, m.Profile())
}

func TestPromptsThatCantBe(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, nil)
	nameless, err := anthropicmodel.New("", &anthropicmodel.Options{Key: "secret", BaseURL: srv.URL})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		m *anthropicmodel.Model
		p *quire.Prompt
	}{
		"no model": {nameless, rich("")},
		"no user":  {open(t, srv.URL, anthropicmodel.Options{}), &quire.Prompt{}},
		"window":   {open(t, srv.URL, anthropicmodel.Options{Request: wire.Options{Window: 9}}), rich("")},
	} {
		_, err := c.m.Generate(t.Context(), c.p)
		assert.Equal(t, providers.CodeInvalid, code(t, err), name)
		_, err = c.m.CountTokens(t.Context(), c.p)
		assert.Equal(t, providers.CodeInvalid, code(t, err), name)
	}
	assert.Empty(t, srv.Requests())
}

func TestUnreachable(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	m := open(t, srv.URL, anthropicmodel.Options{})
	_, err := m.Generate(t.Context(), rich(""))
	assert.Equal(t, providers.CodeUnavailable, code(t, err))
	_, err = m.CountTokens(t.Context(), rich(""))
	assert.Equal(t, providers.CodeUnavailable, code(t, err))
}

// TestRedirectsAreNotFollowed: they would carry prompt and key elsewhere.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := modeltest.NewServer(t, quire.APIAnthropic, nil)
	srv := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/v1/messages", http.StatusTemporaryRedirect))
	defer srv.Close()
	_, err := open(t, srv.URL, anthropicmodel.Options{}).Generate(t.Context(), rich(""))
	assert.Equal(t, providers.CodeInvalid, code(t, err))
	assert.ErrorContains(t, err, elsewhere.URL)
	assert.Empty(t, elsewhere.Requests())
}

// TestRows: every model that the client names has the row that it should have. Those
// that it calls deprecated are written out.
func TestRows(t *testing.T) {
	for row, names := range map[string][]anthropic.Model{
		"anthropic/claude-4":        {anthropic.ModelClaudeHaiku4_5, anthropic.ModelClaudeHaiku4_5_20251001, "claude-sonnet-4-5", "claude-sonnet-4-5-20250929"},
		"anthropic/claude-opus-4.5": {"claude-opus-4-5", "claude-opus-4-5-20251101"},
		"anthropic/claude-4.6":      {anthropic.ModelClaudeOpus4_6, anthropic.ModelClaudeSonnet4_6},
		"anthropic/claude-5": {
			anthropic.ModelClaudeOpus4_7, anthropic.ModelClaudeOpus4_8, "claude-mythos-preview",
			anthropic.ModelClaudeOpus5, anthropic.ModelClaudeSonnet5, anthropic.ModelClaudeFable5, anthropic.ModelClaudeMythos5,
		},
		"anthropic/claude-5.5": {
			anthropic.ModelClaudeOpus5_5, anthropic.ModelClaudeSonnet5_5, anthropic.ModelClaudeHaiku5_5,
			anthropic.ModelClaudeFable5_1, anthropic.ModelClaudeFable5_2, anthropic.ModelClaudeMythos5_1, anthropic.ModelClaudeMythos5_2,
		},
	} {
		for _, name := range names {
			assert.Equal(t, row, models.FindOver(quire.APIAnthropic, name).Dialect.Name, name)
		}
	}
}

// TestAProfileOfOnesOwn: a model that the catalogue does not have is sent what its
// profile says.
func TestAProfileOfOnesOwn(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi")})
	own := models.FindOver(quire.APIAnthropic, "claude-opus-4-5")
	own.Name = "claude-saga-7"
	m, err := anthropicmodel.New("", &anthropicmodel.Options{Key: "secret", BaseURL: srv.URL, Profile: own})
	require.NoError(t, err)
	p := &quire.Prompt{Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hello"}}}}, Thinking: 2000}
	_, err = m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Contains(t, string(srv.Requests()[0].Body), `"budget_tokens":2000`)
	p.Model = "claude-opus-5-5"
	_, err = m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Contains(t, string(srv.Requests()[1].Body), `"adaptive"`, "another model goes by its own")
}
