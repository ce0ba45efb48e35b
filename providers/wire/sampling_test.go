package wire_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// TestSamplingStopWordsAndExtraFields: each has its place in each format that has one, and
// a typed error elsewhere.
func TestSamplingStopWordsAndExtraFields(t *testing.T) {
	half, nine, more, seed := 0.5, 0.9, 1.5, int64(7)
	ask := func(model string) *quire.Prompt {
		return &quire.Prompt{Model: model, Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Go."}}}}}
	}
	extra := []wire.Field{{Name: "chat_template_kwargs", Value: json.RawMessage(`{"enable_thinking":false}`)}, {Name: "top_k", Value: json.RawMessage(`20`)}}
	for _, c := range []struct {
		api   quire.API
		model string
		opts  wire.Options
		want  string
		err   string
	}{
		{quire.APIStrict, "vllm/qwen3", wire.Options{Temperature: &half, TopP: &nine, Seed: &seed, Stop: []string{"END", `"`}, Extra: extra},
			`"temperature":0.5,"top_p":0.9,"seed":7,"stop":["END","\""]`, ""},
		{quire.APIStrict, "vllm/qwen3", wire.Options{Extra: extra}, `"chat_template_kwargs":{"enable_thinking":false},"top_k":20`, ""},
		{quire.APIOpenAIChat, "llama-3.3", wire.Options{Temperature: new(float64)}, `"temperature":0`, ""},
		{quire.APIAnthropic, "claude-sonnet-4-5", wire.Options{Temperature: &half, TopK: 5, Stop: []string{"END"}}, `"temperature":0.5,"top_k":5,"stop_sequences":["END"]`, ""},
		{quire.APIGemini, "gemini-3-pro", wire.Options{Temperature: &half, TopP: &nine, TopK: 5, Seed: &seed, Stop: []string{"END"}},
			`"generationConfig":{"temperature":0.5,"topP":0.9,"topK":5,"seed":7,"stopSequences":["END"]}`, ""},
		{quire.APIOllama, "qwen3:8b", wire.Options{Temperature: &half, TopK: 5, Stop: []string{"END"}}, `"options":{"temperature":0.5,"top_k":5,"stop":["END"]}`, ""},
		{quire.APIOpenAIResponses, "gpt-4.1", wire.Options{Temperature: &half, TopP: &nine}, `"temperature":0.5,"top_p":0.9`, ""},
		{quire.APIOpenAIResponses, "gpt-4.1", wire.Options{Stop: []string{"END"}}, "", "no field for Stop"},
		{quire.APIOpenAIChat, "gpt-4.1", wire.Options{TopK: 5}, "", "no field for TopK"},
		{quire.APIAnthropic, "claude-opus-5", wire.Options{Temperature: &half}, "", "takes no Temperature"},
		{quire.APIAnthropic, "claude-haiku-5-5", wire.Options{TopK: 5}, "", "takes no TopK"},
		{quire.APIAnthropic, "claude-opus-4-6", wire.Options{Temperature: &half}, `"temperature":0.5`, ""},
		{quire.APIOpenAIChat, "kimi-k2.6", wire.Options{Temperature: &half}, "", "takes no Temperature"},
		{quire.APIOpenAIChat, "gpt-5.6", wire.Options{Stop: []string{"END"}}, "", "takes no Stop"},
		{quire.APIOpenAIChat, "grok-4.6", wire.Options{Stop: []string{"END"}}, "", "takes no Stop"},
		{quire.APIOpenAIChat, "x", wire.Options{Temperature: func() *float64 { x := math.NaN(); return &x }()}, "", "a temperature"},
		{quire.APIOpenAIChat, "x", wire.Options{Stop: []string{""}}, "", "an empty word"},
		{quire.APIAnthropic, "claude-sonnet-4-5", wire.Options{Stop: []string{"END", "\n"}}, "", "white space alone"},
		{quire.APIOpenAIChat, "llama-3.3", wire.Options{Stop: []string{"\n"}}, `"stop":["\n"]`, ""},
		{quire.APIAnthropic, "claude-sonnet-4-5", wire.Options{Temperature: &more}, "", "it goes to 1"},
		{quire.APIOpenAIChat, "gpt-4.1", wire.Options{Temperature: &more}, `"temperature":1.5`, ""},
		{quire.APIOpenAIChat, "x", wire.Options{Extra: []wire.Field{{Name: "messages", Value: json.RawMessage(`[]`)}}}, "", "has it already"},
		{quire.APIOpenAIChat, "x", wire.Options{Extra: []wire.Field{{Name: "a", Value: json.RawMessage(`1`)}, {Name: "a", Value: json.RawMessage(`2`)}}}, "", "has it already"},
		{quire.APIOpenAIChat, "x", wire.Options{Extra: []wire.Field{{Name: "a", Value: json.RawMessage(`{`)}}}, "", "is no JSON"},
		{quire.APIGemini, "gemini-3-pro", wire.Options{Extra: []wire.Field{{Name: "safetySettings", Value: json.RawMessage(`[]`)}}}, `"safetySettings":[]`, ""},
	} {
		name := fmt.Sprintf("%s %s %s%s", c.api, c.model, c.want, c.err)
		body, err := wire.Encode(c.api, ask(c.model), &c.opts)
		if c.err != "" {
			var typed *wire.Error
			require.ErrorAs(t, err, &typed, name)
			assert.ErrorContains(t, err, c.err, name)
			continue
		}
		require.NoError(t, err, name)
		assert.True(t, json.Valid(body), name)
		assert.Contains(t, string(body), c.want, name)
		assert.Empty(t, promptcheck.Check(c.api, body), name)
		plain, err := wire.Encode(c.api, ask(c.model), nil)
		require.NoError(t, err)
		assert.Less(t, len(plain), len(body), name)
	}
}

// TestTheCacheKeyGoesWhereItIsTaken: Groq, Cerebras and NVIDIA refuse the field, and xAI has
// a header for it.
func TestTheCacheKeyGoesWhereItIsTaken(t *testing.T) {
	for model, where := range map[string]string{
		"gpt-5.6": "field", "gpt-4o": "field", "o3": "field", "kimi-k3": "field", "mistral-medium-3.5": "field", "grok-4.6": "header",
		"llama-3.3-70b-versatile": "", "openai/gpt-oss-120b": "", "moonshotai/kimi-k2-instruct": "", "groq/moonshotai/kimi-k2-instruct-0905": "", "nvidia_nim/moonshotai/kimi-k2.5": "", "moonshot/kimi-k2.5": "field", "openrouter/openai/gpt-5.6": "field", "nvidia/llama-3.1-nemotron": "", "qwen-3-235b": "", "claude-opus-5": "", "deepseek-v4-pro": "",
	} {
		p := &quire.Prompt{Model: model, CacheKey: "agent 7", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Go."}}}}}
		body, err := wire.Encode(quire.APIOpenAIChat, p, nil)
		require.NoError(t, err)
		assert.Equal(t, where == "field", strings.Contains(string(body), `"prompt_cache_key":"call_`), "%s: %s", model, body)
		h := wire.Headers(quire.APIOpenAIChat, p, nil)
		if where == "header" {
			require.Len(t, h, 1, model)
			assert.Equal(t, "x-grok-conv-id", h[0].Name)
		} else {
			assert.Empty(t, h, model)
		}
		assert.Empty(t, promptcheck.Check(quire.APIOpenAIChat, body), model)
	}
	for model, taken := range map[string]bool{"gpt-5.6": true, "my-deployment": true, "grok-4.6": true, "openai/gpt-oss-120b": false, "meta-llama/llama-4-scout-17b-16e-instruct": false, "moonshotai/kimi-k2-instruct": false} {
		p := &quire.Prompt{Model: model, CacheKey: "agent 7", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Go."}}}}}
		body, err := wire.Encode(quire.APIOpenAIResponses, p, nil)
		require.NoError(t, err)
		assert.Equal(t, taken, strings.Contains(string(body), `"prompt_cache_key"`), model)
		assert.Empty(t, promptcheck.Check(quire.APIOpenAIResponses, body), model)
	}
}
