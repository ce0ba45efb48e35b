package geminimodel_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/geminimodel"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/wire"
)

// open makes a model that talks to a server at url, under watch.
func open(t *testing.T, url string, o geminimodel.Options, name ...string) *geminimodel.Model {
	t.Helper()
	w := &watch{t: t, base: http.DefaultTransport}
	o.Key, o.BaseURL, o.HTTPClient = "secret", url, &http.Client{Transport: w}
	m, err := geminimodel.New(append(name, "gemini-3-pro")[0], &o)
	require.NoError(t, err)
	return m
}

// TestKit holds the model to the kit. The server checks every request with
// promptcheck.
func TestKit(t *testing.T) {
	modeltest.RunAs(t, quire.APIGemini, func(t *testing.T, s modeltest.Script) providers.Model {
		return open(t, modeltest.NewServer(t, quire.APIGemini, s).URL, geminimodel.Options{})
	}, nil)
}

func text(s string) quire.Part { return quire.Text{Text: s} }

var image = quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n"), Width: 2, Height: 1}

// rich is a prompt with all that a prompt may have.
func rich(model string) *quire.Prompt {
	return &quire.Prompt{
		Model: model, System: "You are Ada.", MaxOutput: 1000, Thinking: 5000, CacheKey: "ada", Notice: "2 mails wait",
		Marks: []quire.CacheMark{{}, {After: 3}},
		Tools: []quire.Tool{
			{Name: "list", Schema: []byte(`{"type": "object", "properties": {}}`)},
			{Name: "read", Description: "Reads <a> & \"b\".", Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}}}`)},
		},
		Messages: []quire.PromptMessage{
			{Role: quire.RoleUser, Parts: []quire.Part{text("[#1 from=mia]"), text("What is in <a> & \"b\"?\u2028 \U0001F4EC"), image}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{
				quire.Reasoning{Model: model, Text: "Both.", Signature: "Ym90aA=="}, quire.Reasoning{Model: "another", Signature: "bm8="},
				text("Let me read."),
				quire.ToolCall{ID: "c1", Name: "read", Args: `{"z":"b","n":12345678901234567890,"a":1}`, Signature: "c2ln"},
				quire.ToolCall{ID: "c2", Name: "list", Args: ``},
			}},
			{Role: quire.RoleTool, Parts: []quire.Part{
				quire.ToolResult{CallID: "c1", Name: "read", Parts: []quire.Part{text("b\n1"), image}},
				quire.ToolResult{CallID: "c2", Name: "list", IsError: true, Parts: []quire.Part{text("no")}},
			}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{text("b has a line."), image, quire.Reasoning{Model: model, Signature: "dGFpbA=="}}},
			{Role: quire.RoleUser, Parts: []quire.Part{text("Go on."), quire.Image{MediaType: "image/png", URL: "https://x.example/y.png"}}},
		},
	}
}

// settings are ways of asking; the older model takes no format beside tools.
func settings(model string) map[string]wire.Options {
	all := map[string]wire.Options{
		"plain": {}, "must call": {Choice: wire.ToolsAny}, "must not call": {Choice: wire.ToolsNone},
		"must call read": {Choice: wire.ToolNamed("read")}, "no images": {NoImages: true},
	}
	if model != "gemini-2.5-flash" {
		all["format"] = wire.Options{Format: &wire.Format{Name: "w", Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"}}}`)}}
	}
	return all
}

var modelNames = []string{"gemini-3-pro", "gemini-2.5-flash"}

// TestBytes: what the server gets is what package wire made, byte for byte, at the
// path that says what is wanted, with the key in its header.
func TestBytes(t *testing.T) {
	for _, model := range modelNames {
		for name, o := range settings(model) {
			t.Run(model+", "+name, func(t *testing.T) {
				srv := modeltest.NewServer(t, quire.APIGemini, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi")})
				m := open(t, srv.URL, geminimodel.Options{Request: o})
				p := rich(model)
				whole, err := m.Generate(t.Context(), p)
				require.NoError(t, err)
				streamed := last(t, m, p)
				assert.Equal(t, whole, streamed)
				assert.Empty(t, whole.Marks, "the cache is automatic")
				for i, path := range []string{":generateContent", ":streamGenerateContent"} {
					got := srv.Requests()[i]
					want, err := wire.Encode(quire.APIGemini, p, &o)
					require.NoError(t, err)
					assert.Equal(t, string(want), string(got.Body))
					assert.Equal(t, "/v1beta/models/"+model+path, got.Path)
					assert.Equal(t, "secret", got.Header.Get("X-Goog-Api-Key"))
					assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
					assert.Equal(t, fmt.Sprint(len(want)), got.Header.Get("Content-Length"))
				}
			})
		}
	}
}

// last reads a stream to its end.
func last(t *testing.T, m providers.Streamer, p *quire.Prompt) *quire.Reply {
	t.Helper()
	var r *quire.Reply
	for d, err := range m.Stream(t.Context(), p) {
		require.NoError(t, err)
		r = d.Reply
	}
	return r
}

// TestReasoningGoesBack: what a reply holds of thoughts and signatures is in the
// next request, where it came.
func TestReasoningGoesBack(t *testing.T) {
	step := modeltest.Step{Reply: &quire.Reply{ID: "r1", Stop: quire.StopTools, Usage: quire.Usage{Input: 100, CachedInput: 60, Output: 30, Reasoning: 21}, Parts: []quire.Part{
		quire.Reasoning{Text: "Both."}, quire.Text{Text: "Two."},
		quire.ToolCall{ID: "a", Name: "read", Args: `{"z":"b","n":12345678901234567890}`, Signature: "c2ln"}, quire.ToolCall{ID: "b", Name: "read", Args: `{}`},
		quire.Reasoning{Signature: "dGFpbA=="},
	}}}
	srv := modeltest.NewServer(t, quire.APIGemini, modeltest.Script{step, modeltest.Say("done")})
	m := open(t, srv.URL, geminimodel.Options{})
	p := rich("")
	r := last(t, m, p)
	assert.Equal(t, "gemini-3-pro", r.Model)
	assert.Equal(t, quire.Usage{Input: 100, CachedInput: 60, Output: 30, Reasoning: 21}, r.Usage)
	assert.Equal(t, quire.Reasoning{Model: "gemini-3-pro", Text: "Both."}, r.Parts[0])
	p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{
		quire.ToolResult{CallID: "a", Parts: []quire.Part{text("x")}}, quire.ToolResult{CallID: "b", Parts: []quire.Part{text("y")}},
	}})
	_, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Contains(t, string(srv.Requests()[1].Body), `{"role":"model","parts":[{"text":"Two."},`+
		`{"functionCall":{"id":"a","name":"read","args":{"z":"b","n":12345678901234567890}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"b","name":"read","args":{}}},`+
		`{"text":"","thoughtSignature":"dGFpbA=="}]},{"role":"user","parts":[{"functionResponse":{"id":"a","name":"read","response":{"result":"x"}}},{"functionResponse":{"id":"b"`)
}

// TestDeadConnection: a connection that was used before, and dies before the first
// byte of an answer, costs no call.
func TestDeadConnection(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIGemini, modeltest.Script{modeltest.Say("warm"), {Fault: modeltest.FaultDead}, modeltest.Say("again")})
	m := open(t, srv.URL, geminimodel.Options{})
	p := &quire.Prompt{Model: "gemini-3-pro", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}}
	for _, want := range []string{"warm", "again"} {
		r, err := m.Generate(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, want, quire.PlainText(r.Parts))
	}
}
