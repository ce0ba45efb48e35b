package langchainmodel_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/promptcheck"
)

// TestOllamaRequest is the body of /api/chat, to the byte.
func TestOllamaRequest(t *testing.T) {
	srv := modeltest.NewServer(t, promptcheck.APIOllama, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi")})
	m := vendors["ollama"].open(t, srv.URL)
	p := rich("qwen3:8b")
	p.Thinking = 1000
	_, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	want := `{"model":"qwen3:8b","stream":false,"think":true,"truncate":false,"shift":false,"options":{"num_ctx":16384,"num_predict":1500},` +
		`"tools":[{"type":"function","function":{"name":"ls","description":"lists <files> & more","parameters":{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}}}}},` +
		`{"type":"function","function":{"name":"sum","parameters":{"type":"object"}}}],` +
		`"messages":[{"role":"system","content":"You are terse."},` +
		`{"role":"user","content":"[#41 from=mia]\nlook at <this> & that\n[image/png, 1x1, 18 bytes: not shown]"},` +
		`{"role":"assistant","content":"Two calls.","tool_calls":[{"id":"call00001","function":{"name":"ls","arguments":{"z":"q","a":12345678901234567890}}},` +
		`{"id":"call00002","function":{"name":"sum","arguments":{}}}]},` +
		`{"role":"tool","content":"[#42 result]\na b c","tool_name":"ls","tool_call_id":"call00001"},` +
		`{"role":"tool","content":"Error: no numbers","tool_name":"sum","tool_call_id":"call00002"},` +
		`{"role":"assistant","content":"Done."},` +
		`{"role":"user","content":"again\n\n2 messages wait: #41, #42"}]}`
	assert.Equal(t, want, string(srv.Requests()[0].Body))

	p.Tools, p.Thinking, p.MaxOutput = nil, 0, 0
	p.Messages = p.Messages[4:]
	plain, err := langchainmodel.Open("ollama:qwen3:8b", &langchainmodel.OpenOptions{BaseURL: srv.URL})
	require.NoError(t, err)
	_, err = plain.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Contains(t, string(srv.Requests()[1].Body), `"options":{}`)
	assert.NotContains(t, string(srv.Requests()[1].Body), "tools")
	assert.NotContains(t, string(srv.Requests()[1].Body), "think")
}

// TestOllamaCallIDs are made where the server gives none: the same for the same
// request, others for the next, and nine letters and digits.
func TestOllamaCallIDs(t *testing.T) {
	step := modeltest.Call(quire.ToolCall{Name: "ls", Args: `{}`}, quire.ToolCall{Name: "ls", Args: `{}`})
	srv := modeltest.NewServer(t, promptcheck.APIOllama, modeltest.Script{step, step, step})
	m := vendors["ollama"].open(t, srv.URL)
	seen := map[string]bool{}
	var first *quire.Reply
	p := rich("qwen3:8b")
	for range 2 {
		r, err := m.Generate(t.Context(), p)
		require.NoError(t, err)
		require.Len(t, r.Parts, 2)
		results := quire.PromptMessage{Role: quire.RoleTool}
		for _, part := range r.Parts {
			c := part.(quire.ToolCall)
			assert.Regexp(t, `^[0-9A-Za-z]{9}$`, c.ID)
			assert.False(t, seen[c.ID], "%s twice", c.ID)
			seen[c.ID] = true
			results.Parts = append(results.Parts, quire.ToolResult{CallID: c.ID, Name: "ls", Parts: []quire.Part{quire.Text{Text: "x"}}})
		}
		if first == nil {
			first = r
		}
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, results)
	}
	again, err := m.Generate(t.Context(), rich("qwen3:8b"))
	require.NoError(t, err)
	assert.Equal(t, first, again)
}

// TestOllamaArgumentsKeepTheirBytes, white space included, and as a string too.
func TestOllamaArgumentsKeepTheirBytes(t *testing.T) {
	for _, args := range []string{`{"a": 12345678901234567890, "b":"<&>"}`, `"{\"a\": 12345678901234567890, \"b\":\"<&>\"}"`} {
		require.True(t, json.Valid([]byte(args)))
		url := serve(t, 200, nil, `{"message":{"role":"assistant","content":"","tool_calls":[{"id":"x","function":{"name":"f","arguments":`+args+`}}]},"done":true}`+"\n")
		m := vendors["ollama"].open(t, url)
		whole, err := m.Generate(t.Context(), rich(""))
		require.NoError(t, err)
		streamed, err := last(m.Stream(t.Context(), rich("")))
		require.NoError(t, err)
		for _, r := range []*quire.Reply{whole, streamed} {
			assert.Equal(t, quire.ToolCall{ID: "x", Name: "f", Args: `{"a": 12345678901234567890, "b":"<&>"}`}, r.Parts[0])
			assert.Equal(t, quire.StopTools, r.Stop)
			assert.Equal(t, "qwen3:8b", r.Model, "the server did not say")
		}
	}
}
