package langchainmodel_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/wire"
)

// TestOllamaWindow: the window goes along; without one the server's stands.
func TestOllamaWindow(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOllama, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi")})
	_, err := vendors["ollama"].open(t, srv.URL).Generate(t.Context(), rich("qwen3:8b"))
	require.NoError(t, err)
	plain, err := langchainmodel.Open("ollama:qwen3:8b", &langchainmodel.OpenOptions{BaseURL: srv.URL})
	require.NoError(t, err)
	_, err = plain.Generate(t.Context(), rich("qwen3:8b"))
	require.NoError(t, err)
	for i, window := range []int{16384, 0} {
		want, err := wire.Encode(quire.APIOllama, rich("qwen3:8b"), &wire.Options{Window: window})
		require.NoError(t, err)
		assert.Equal(t, string(want), string(srv.Requests()[i].Body))
	}
}

// TestOllamaCallIDs are made where the server gives none: the same for the same
// request, others for the next.
func TestOllamaCallIDs(t *testing.T) {
	step := modeltest.Call(quire.ToolCall{Name: "ls", Args: `{}`}, quire.ToolCall{Name: "ls", Args: `{}`})
	srv := modeltest.NewServer(t, quire.APIOllama, modeltest.Script{step, step, step})
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
			assert.False(t, seen[c.ID], "%s twice", c.ID)
			seen[c.ID] = true
			results.Parts = append(results.Parts, quire.ToolResult{CallID: c.ID, Name: "ls", Parts: []quire.Part{quire.Text{Text: "x"}}})
		}
		if first == nil {
			first = r
		}
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, results)
	}
	again, err := last(m.Stream(t.Context(), rich("qwen3:8b")))
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
