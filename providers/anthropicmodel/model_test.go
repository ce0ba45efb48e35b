package anthropicmodel_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/anthropicmodel"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/wire"
)

// open makes a model that talks to a server at url, under watch.
func open(t *testing.T, url string, o anthropicmodel.Options, name ...string) *anthropicmodel.Model {
	t.Helper()
	o.Key, o.BaseURL, o.HTTPClient = "secret", url, &http.Client{Transport: &watch{t}}
	m, err := anthropicmodel.New(append(name, "claude-opus-5")[0], &o)
	require.NoError(t, err)
	return m
}

// TestKit holds the model to the kit. The server and the watch check every request
// with promptcheck.
func TestKit(t *testing.T) {
	modeltest.RunAs(t, quire.APIAnthropic, func(t *testing.T, s modeltest.Script) providers.Model {
		return open(t, modeltest.NewServer(t, quire.APIAnthropic, s).URL, anthropicmodel.Options{})
	}, nil)
}

func TestRetryKit(t *testing.T) {
	modeltest.RunRetrying(t, func(t *testing.T, s modeltest.Script) providers.Model {
		return open(t, modeltest.NewServer(t, quire.APIAnthropic, s).URL, anthropicmodel.Options{Retries: 2})
	})
}

func text(s string) quire.Part { return quire.Text{Text: s} }

var image = quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n"), Width: 2, Height: 1}

const odd = `{"z": "b", "n":12345678901234567890,"a":1.50}`

// rich is a prompt with all that a prompt may have.
func rich(model string) *quire.Prompt {
	return &quire.Prompt{
		Model: model, System: "You are Ada.", MaxOutput: 1000, Thinking: 5000, CacheKey: "ada", Notice: "2 mails wait",
		Marks: []quire.CacheMark{{TTL: time.Hour}, {After: 3}},
		Tools: []quire.Tool{
			{Name: "list", Schema: []byte(`{"type": "object", "properties": {}}`)},
			{Name: "read", Description: "Reads <a> & \"b\".", Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}},"required":["z"],"additionalProperties":false}`)},
		},
		Messages: []quire.PromptMessage{
			{Role: quire.RoleUser, Parts: []quire.Part{text("[#1 from=mia]"), text("What is in <a> & \"b\"?\u2028 \U0001F4EC"), image}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{
				quire.Reasoning{Model: model, Text: "Both.", Signature: "Ym90aA=="}, quire.Reasoning{Model: "another", Text: "no", Signature: "bm8="},
				quire.Reasoning{Model: model, Data: "cmVkYWN0ZWQ="}, text("Let me read."),
				quire.ToolCall{ID: "c1", Name: "read", Args: odd}, quire.ToolCall{ID: "c2", Name: "list", Args: ``},
			}},
			{Role: quire.RoleTool, Parts: []quire.Part{
				quire.ToolResult{CallID: "c1", Name: "read", Parts: []quire.Part{text("b\n1"), image}},
				quire.ToolResult{CallID: "c2", Name: "list", IsError: true, Parts: []quire.Part{text("no")}},
			}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{text("b has a line."), image}},
			{Role: quire.RoleUser, Parts: []quire.Part{text("Go on."), quire.Image{URL: "https://x.example/y.png"}}},
		},
	}
}

// models are one of each family: by budget, adaptive, bound to its prefix.
var modelNames = []string{"claude-sonnet-4-5", "claude-opus-4-5-20251101", "claude-opus-5", "claude-opus-5-5", "claude-haiku-5-5"}

// TestBytes: what the server gets is what package wire made, byte for byte, whole,
// streamed and to be counted; keys in their order, numbers in their length.
func TestBytes(t *testing.T) {
	for _, model := range modelNames {
		for name, o := range map[string]wire.Options{
			"plain": {}, "one call": {OneCall: true}, "no call": {Choice: wire.ToolsNone}, "no images": {NoImages: true},
			"format": {Format: &wire.Format{Name: "w", Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"}}}`)}},
		} {
			t.Run(model+", "+name, func(t *testing.T) {
				srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi"), {Count: 7}})
				m := open(t, srv.URL, anthropicmodel.Options{Request: o})
				p := rich(model)
				whole, err := m.Generate(t.Context(), p)
				require.NoError(t, err)
				assert.Equal(t, whole, last(t, m, p))
				n, err := m.CountTokens(t.Context(), p)
				require.NoError(t, err)
				assert.Equal(t, 7, n)
				assert.Equal(t, rich(model), p, "the prompt is not modified")
				for i, want := range []wire.Options{{}, {Stream: true}, {Count: true}} {
					all := o
					all.Stream, all.Count = want.Stream, want.Count
					body, err := wire.Encode(quire.APIAnthropic, p, &all)
					require.NoError(t, err)
					got := srv.Requests()[i]
					assert.Equal(t, string(body), string(got.Body))
					assert.Contains(t, string(got.Body), `"input":`+odd)
					assert.Equal(t, []string{"/v1/messages", "/v1/messages", "/v1/messages/count_tokens"}[i], got.Path)
					assert.Equal(t, fmt.Sprint(len(body)), got.Header.Get("Content-Length"))
				}
			})
		}
	}
}

// TestForcedCalls: models that do not think can be made to call.
func TestForcedCalls(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi")})
	p := rich("claude-sonnet-4-5")
	p.Thinking = 0
	for i, choice := range []wire.ToolChoice{wire.ToolsAny, wire.ToolNamed("read")} {
		_, err := open(t, srv.URL, anthropicmodel.Options{Request: wire.Options{Choice: choice}}).Generate(t.Context(), p)
		require.NoError(t, err)
		assert.Contains(t, string(srv.Requests()[i].Body), []string{`"tool_choice":{"type":"any"}`, `"tool_choice":{"type":"tool","name":"read"}`}[i])
	}
	_, err := open(t, srv.URL, anthropicmodel.Options{Request: wire.Options{Choice: wire.ToolsAny}}).Generate(t.Context(), rich("claude-opus-5"))
	assert.Equal(t, providers.CodeInvalid, code(t, err))
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

func code(t *testing.T, err error) providers.Code {
	t.Helper()
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "anthropic", e.Provider)
	assert.NotContains(t, err.Error(), "secret")
	return e.Code
}

func TestHeaders(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi"), {Count: 1}})
	plain := open(t, srv.URL, anthropicmodel.Options{})
	_, err := plain.Generate(t.Context(), rich(""))
	require.NoError(t, err)
	m := open(t, srv.URL, anthropicmodel.Options{Betas: []string{"mine-1"}, Headers: map[string]string{"anthropic-version": "2023-06-01", "X-Team": "blue"}})
	p := rich("claude-opus-5-5")
	last(t, m, p)
	_, err = m.CountTokens(t.Context(), p)
	require.NoError(t, err)
	got := srv.Requests()
	h := got[0].Header
	assert.Equal(t, "Bearer secret", h.Get("Authorization"))
	assert.Equal(t, []string{"2026-10-21"}, h.Values("Anthropic-Version"), "the client's")
	assert.Equal(t, "application/json", h.Get("Content-Type"))
	assert.Empty(t, h.Values("Anthropic-Beta"))
	for _, r := range got[1:] {
		assert.Equal(t, []string{"thinking-binding-controls-2026-08-01,mid-conversation-system-clear-at-2026-08-21", "mine-1"}, r.Header.Values("Anthropic-Beta"))
		assert.Equal(t, "2023-06-01", r.Header.Get("Anthropic-Version"))
		assert.Equal(t, "blue", r.Header.Get("X-Team"))
	}
	assert.Equal(t, "text/event-stream", got[1].Header.Get("Accept"))
}

// TestDeadConnection: a connection that was used before, and dies before the first
// byte of an answer, costs no call.
func TestDeadConnection(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("warm"), {Fault: modeltest.FaultDead}, modeltest.Say("again")})
	m := open(t, srv.URL, anthropicmodel.Options{})
	p := &quire.Prompt{Model: "claude-opus-5", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}}
	for _, want := range []string{"warm", "again"} {
		r, err := m.Generate(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, want, quire.PlainText(r.Parts))
	}
}
