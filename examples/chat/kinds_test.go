package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPricesOfAServerOfOnesOwn: a model that no provider has, on a server of one's own,
// is not taken for one that is sent marks.
func TestPricesOfAServerOfOnesOwn(t *testing.T) {
	for _, c := range []struct {
		o     options
		want  string
		exact bool
	}{
		{options{model: "openai-chat:qwen3", baseURL: "http://localhost:1/v1"}, "llama.cpp", false},
		{options{model: "openai-chat:qwen3", baseURL: "http://localhost:1/v1", engine: "vllm"}, "vllm", false},
		{options{model: "langchain-openai:qwen3", baseURL: "http://localhost:1/v1"}, "llama.cpp", false},
		{options{model: "openai-chat:o9"}, "gpt-6.1, 6.2", true},
		{options{model: "openai-chat:somebody"}, "usual, without marks", false},
		{options{model: "anthropic:somebody"}, "usual", true},
		{options{model: "openai-chat:gpt-5", baseURL: "http://localhost:1/v1"}, "gpt-5", false},
		{options{model: "openai-chat:gpt-6"}, "gpt-5.6, 6", true},
		{options{model: "anthropic:claude-next", baseURL: "http://localhost:1"}, "claude sonnet 5.5", true},
		{options{model: "ollama:qwen3", baseURL: "http://localhost:1"}, "ollama", false},
	} {
		b, err := think(c.o, func(string) string { return "key" })
		require.NoError(t, err, c.o.model)
		assert.Equal(t, c.want, b.info.Cache.Name, c.o.model)
		assert.Equal(t, c.exact, b.info.Cache.Exact, c.o.model)
		if b.info.Dialect.Marks == 0 {
			assert.False(t, b.info.Cache.Exact, "%s: nothing is marked, so nothing would be read", c.o.model)
		}
	}
	ollama, err := think(options{model: "ollama:qwen3"}, func(string) string { return "" })
	require.NoError(t, err)
	assert.True(t, ollama.info.Cache.InTime)
	assert.Positive(t, ollama.info.Cache.Write, "what is taken in anew is waited for")
	assert.True(t, ollama.info.Tariff.Known(), "in money it costs nothing")

	_, errs := talk(t, 2, "", 0, "-engine", "abacus")
	assert.Contains(t, errs, "llama.cpp, ollama, vllm")
}
