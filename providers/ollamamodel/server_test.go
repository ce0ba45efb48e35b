package ollamamodel_test

import (
	"cmp"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/ollamamodel"
)

// TestOnAServer holds the model to the kit's rules for real servers. The answers mean
// nothing, whatever the model is: this proves format, accounting and streaming.
func TestOnAServer(t *testing.T) {
	url := os.Getenv("QUIRE_OLLAMA")
	if url == "" {
		t.Skip("QUIRE_OLLAMA names no server: go run ./bench server -help says how to make one")
	}
	name := cmp.Or(os.Getenv("QUIRE_OLLAMA_MODEL"), "quire-random")
	modeltest.RunServer(t, open(t, url, ollamamodel.Options{Window: 8192}, name), nil)
}

// TestCallsOnAServer: a call that the server found in what its model wrote is answered, and
// the answer is taken. The model that bench server makes always calls mail_find, so that
// this proves the plumbing of tools and nothing else; another may have no wish to.
func TestCallsOnAServer(t *testing.T) {
	url := os.Getenv("QUIRE_OLLAMA")
	if url == "" {
		t.Skip("QUIRE_OLLAMA names no server: go run ./bench server -help says how to make one")
	}
	name := cmp.Or(os.Getenv("QUIRE_OLLAMA_MODEL"), "quire-random")
	m := open(t, url, ollamamodel.Options{Window: 8192}, name)
	p := &quire.Prompt{
		System: "You are Ada.", MaxOutput: 100, Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{text("Is there an invoice?")}}},
		Tools: []quire.Tool{{Name: "mail_find", Description: "Searches the mailbox.", Schema: []byte(`{"type":"object","properties":{"words":{"type":"string"}}}`)}},
	}
	r := last(t, m, p)
	results := quire.PromptMessage{Role: quire.RoleTool}
	for _, part := range r.Parts {
		if c, ok := part.(quire.ToolCall); ok {
			assert.Equal(t, "mail_find", c.Name)
			assert.NotEmpty(t, c.ID)
			results.Parts = append(results.Parts, quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{text("Nothing found.")}})
		}
	}
	if name != "quire-random" && len(results.Parts) == 0 {
		t.Skip("the model made no call")
	}
	require.Len(t, results.Parts, 1)
	assert.Equal(t, quire.StopTools, r.Stop)
	if name == "quire-random" {
		assert.JSONEq(t, `{"words":"invoice"}`, r.Parts[0].(quire.ToolCall).Args)
	}
	p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, results)
	again, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Greater(t, again.Usage.Input, r.Usage.Input)
	assert.NotEmpty(t, quire.PlainText(again.Parts))
}
