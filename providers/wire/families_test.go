package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/wire"
)

// familyNames are names of models of all families, for all formats.
const familyNames = `claude-3-5-sonnet-20241022 claude-3-opus claude-opus-4-20250514 claude-opus-4-1 claude-opus-4-5 claude-opus-4-5-20251101
claude-opus-4-6 claude-opus-4-7 claude-opus-4-8 claude-opus-5 claude-opus-5-5 claude-sonnet-4-20250514 claude-sonnet-4-5-20250929 claude-sonnet-4-6
claude-sonnet-5 claude-sonnet-5-5 claude-haiku-4-5 claude-haiku-5-5 claude-fable-5 claude-fable-5-1 claude-fable-5-2 claude-mythos-5 claude-mythos-5-1
claude-mythos-5-2 claude-mythos-preview claude-saga-7 us.anthropic.claude-sonnet-5-5-v1:0 anthropic/claude-opus-5 claude-opus-4-6@20260205
gpt-3.5-turbo gpt-4 gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini gpt-5 gpt-5-mini gpt-5-nano gpt-5.1 gpt-5.1-codex gpt-5.2 gpt-5.4 gpt-5.4-mini gpt-5.5
gpt-5.5-2026-04-23 gpt-5.6-terra gpt-5.6-sol gpt-6 gpt-6-sol gpt-6-astra gpt-6.1-sol gpt-6.1-terra gpt-6.2-sol openai/gpt-6.2-astra o1 o3 o3-mini o4-mini
deepseek-chat deepseek/deepseek-v4-pro deepseek-flash gemini-1.5-pro gemini-2.0-flash gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite gemini-2.5-x
gemini-3-pro gemini-3-flash-preview models/gemini-3.1-pro-preview gemini-4-neon gemma-4-31b-it qwen3 qwen3:8b gpt-oss:20b kimi-k3 grok-4.5 mistral-large-2512 glm-5.2 x`

// familyPrompts ask for all that depends on a model.
func familyPrompts() []*quire.Prompt {
	user := quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Look it up."}}}
	call := quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.ToolCall{ID: "call_1", Name: "find", Args: `{"q":"x"}`}}}
	found := quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{quire.ToolResult{CallID: "call_1", Parts: []quire.Part{quire.Text{Text: "here"}, quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n")}}}}}
	said := quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.Text{Text: "So far."}}}
	tools := []quire.Tool{{Name: "find", Description: "finds", Schema: []byte(`{"type":"object"}`)}}
	marks := []quire.CacheMark{{After: 0, TTL: 24 * time.Hour}, {After: 1, TTL: time.Hour}, {After: 3}}
	return []*quire.Prompt{
		{System: "Help.", Messages: []quire.PromptMessage{user}, MaxOutput: 100},
		{System: "Help.", Tools: tools, Messages: []quire.PromptMessage{user, call, found}, Marks: marks, Notice: "It is noon.", MaxOutput: 100, Thinking: 100},
		{Tools: tools, Messages: []quire.PromptMessage{user, call, found, said}, Marks: marks, Thinking: 100_000, CacheKey: "k"},
		{Messages: []quire.PromptMessage{user}, Thinking: 5000},
	}
}

// TestFamiliesSendTheirBytes: what a model's name alone decides of a request is as it
// was written down when the names stood in tables of code.
func TestFamiliesSendTheirBytes(t *testing.T) {
	got := map[string]string{}
	for _, api := range []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict, quire.APIOllama} {
		for _, name := range strings.Fields(familyNames) {
			sums := []string{familyRow(api, name)}
			for _, p := range familyPrompts() {
				p.Model = name
				for _, o := range []wire.Options{{}, {Choice: wire.ToolsAny}, {CacheLife: 24 * time.Hour}, {Format: &wire.Format{Name: "f", Schema: []byte(`{"type":"object"}`)}}} {
					body, err := wire.Encode(api, p, &o)
					sum := sha256.Sum256(fmt.Appendf(body, "%v%v", err, wire.Headers(api, p, nil)))
					sums = append(sums, hex.EncodeToString(sum[:3]))
				}
			}
			got[string(api)+" "+name] = strings.Join(sums, " ")
		}
	}
	const file = "testdata/families.json"
	if os.Getenv("QUIRE_UPDATE_FAMILIES") != "" {
		b, err := json.MarshalIndent(got, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, append(b, '\n'), 0o644))
	}
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	want := map[string]string{}
	require.NoError(t, json.Unmarshal(b, &want))
	assert.Len(t, got, len(want))
	for name, sums := range want {
		assert.Equal(t, sums, got[name], name)
	}
}

func familyRow(api quire.API, name string) string {
	r := models.FindOver(api, name).Dialect
	return fmt.Sprintf("%s %s bound=%t notice=%t marks=%d", r.LoopEvict, r.Reasoning, r.ReasoningBound, r.NoticeInLoop, r.Marks)
}
