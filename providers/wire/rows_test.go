package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

func TestRowFor(t *testing.T) {
	for _, c := range []struct {
		api   quire.API
		model string
		want  string
		marks int
		bound bool
	}{
		{quire.APIAnthropic, "claude-sonnet-4-5-20250929", "anthropic/claude-4", 4, false},
		{quire.APIAnthropic, "claude-opus-4-5", "anthropic/claude-opus-4.5", 4, false},
		{quire.APIAnthropic, "claude-opus-5", "anthropic/claude-5", 4, false},
		{quire.APIAnthropic, "claude-opus-5-5", "anthropic/claude-5.5", 4, true},
		{quire.APIAnthropic, "us.anthropic.claude-sonnet-5-5-v1:0", "anthropic/claude-5.5", 4, true},
		{quire.APIAnthropic, "claude-saga-7", "anthropic/claude-5.5", 4, true},
		{quire.APIAnthropic, "kimi-k3", "anthropic", 4, false},
		{quire.APIOpenAIResponses, "gpt-5.6-terra", "openai/gpt-5.6", 4, false},
		{quire.APIOpenAIResponses, "gpt-5.5", "openai/reasoning", 0, false},
		{quire.APIOpenAIChat, "openai/gpt-6.2-sol", "openai-chat/gpt-5.6", 4, false},
		{quire.APIOpenAIChat, "deepseek/deepseek-v4-pro", "openai-chat/deepseek", 0, false},
		{quire.APIOpenAIChat, "", "openai-chat", 0, false},
		{quire.APIGemini, "gemini-3-pro", "gemini", 0, false},
		{quire.APIStrict, "qwen3", "strict", 0, false},
		{quire.APIOllama, "qwen3:8b", "ollama", 0, false},
		{"telex", "x", "unknown", 0, false},
	} {
		row := wire.RowFor(c.api, c.model)
		assert.Equal(t, c.want, row.Name, "%s %s", c.api, c.model)
		assert.Equal(t, c.marks, row.Marks, row.Name)
		assert.Equal(t, c.bound, row.ReasoningBound, row.Name)
		assert.Equal(t, c.api, row.API)
	}
}

func TestRowsAreComplete(t *testing.T) {
	names := map[string]bool{}
	for _, r := range wire.Rows() {
		require.False(t, names[r.Name], "two rows %s", r.Name)
		names[r.Name] = true
		assert.NotEmpty(t, r.LoopEvict, r.Name)
		assert.NotEmpty(t, r.Reasoning, r.Name)
		assert.NotEmpty(t, r.Source, r.Name)
		assert.Regexp(t, `^\d{4}-\d{2}-\d{2}$`, r.Date, r.Name)
	}
	assert.Len(t, names, 15)
}
