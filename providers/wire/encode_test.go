package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

var formats = []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict, quire.APIOllama}

func TestBrokenPromptsGiveTheRule(t *testing.T) {
	asks := quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{text("hi")}}
	says := func(parts ...quire.Part) quire.PromptMessage {
		return quire.PromptMessage{Role: quire.RoleAssistant, Parts: parts}
	}
	tool := func(parts ...quire.Part) quire.PromptMessage {
		return quire.PromptMessage{Role: quire.RoleTool, Parts: parts}
	}
	ls := func(id string) quire.Part { return quire.ToolCall{ID: id, Name: "ls"} }
	res := func(id string) quire.Part { return quire.ToolResult{CallID: id} }
	for name, c := range map[string]struct {
		rule     string
		tools    []quire.Tool
		messages []quire.PromptMessage
	}{
		"no messages":           {rule: "A3"},
		"no user":               {rule: "A3", messages: []quire.PromptMessage{says(text("x"))}},
		"a role of its own":     {rule: "A3", messages: []quire.PromptMessage{asks, {Role: "system"}}},
		"calls without tools":   {rule: "A3", messages: []quire.PromptMessage{asks, says(ls("a")), tool(res("a"))}},
		"orphan result":         {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, tool(res("a"))}},
		"result for another":    {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("a")), tool(res("b"))}},
		"unanswered call":       {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("a"), ls("b")), tool(res("a"))}},
		"unanswered at the end": {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("a"))}},
		"answered twice":        {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("a")), tool(res("a"), res("a"))}},
		"answered late":         {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("a")), asks, tool(res("a"))}},
		"reused id":             {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("a")), tool(res("a")), says(ls("a")), tool(res("a"))}},
		"same id side by side":  {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("a"), ls("a")), tool(res("a"))}},
		"no id":                 {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("")), tool(res(""))}},
		"a user's call":         {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{ls("a")}}, tool(res("a"))}},
		"a user's result":       {rule: "A1", messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{res("a")}}}},
		"a user's reasoning":    {rule: "A2", messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Reasoning{}}}}},
		"text among results":    {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("a")), tool(res("a"), text("x"))}},
		"a result in a result":  {rule: "A1", tools: tools("ls"), messages: []quire.PromptMessage{asks, says(ls("a")), tool(quire.ToolResult{CallID: "a", Parts: []quire.Part{res("b")}})}},
		"two tools of a name":   {rule: "A3", tools: tools("ls", "ls"), messages: []quire.PromptMessage{asks}},
		"a tool's odd name":     {rule: "A3", tools: tools("l s"), messages: []quire.PromptMessage{asks}},
		"a schema that is none": {rule: "A6", tools: []quire.Tool{{Name: "ls", Schema: []byte(`[`)}}, messages: []quire.PromptMessage{asks}},
	} {
		for _, api := range formats {
			p := &quire.Prompt{Model: "m", Tools: c.tools, Messages: c.messages}
			_, err := wire.Encode(api, p, nil)
			var we *wire.Error
			require.True(t, errors.As(err, &we), "%s, %s: %v", name, api, err)
			assert.Equal(t, c.rule, we.Rule, "%s, %s: %v", name, api, err)
			assert.Equal(t, api, we.API)
			_, err = wire.Segments(api, p)
			assert.Error(t, err)
			_, err = wire.SentMarks(api, p)
			assert.Error(t, err)
		}
	}
	_, err := wire.Encode("telex", call("m", 1, ""), nil)
	assert.ErrorContains(t, err, "no such format")
}

func tools(names ...string) (out []quire.Tool) {
	for _, n := range names {
		out = append(out, quire.Tool{Name: n})
	}
	return out
}

func TestNothingIsLostSilently(t *testing.T) {
	p := call("m", 1, "")
	p.Messages[0].Parts = []quire.Part{
		quire.Ref{UID: 41}, quire.Ref{Message: "m-7"}, quire.Opaque{Kind: "sketch"},
		quire.Blob{Size: 1000, Head: "the head", Tail: "the tail"}, quire.Image{MediaType: "image/png"}, nil,
	}
	for _, api := range formats {
		body, err := wire.Encode(api, p, nil)
		require.NoError(t, err)
		for _, want := range []string{
			"[#41: not shown]", "[m-7: not shown]", "[sketch: not shown]", "[image/png: not shown]",
			`the head\n[… 984 bytes not shown …]\nthe tail`,
		} {
			assert.Contains(t, string(body), want, api)
		}
		assert.Empty(t, promptcheck.Check(api, body))
	}
}

func TestEmptyMessagesSaySo(t *testing.T) {
	p := call("m", 1, "")
	p.Messages = []quire.PromptMessage{
		{Role: quire.RoleUser, Parts: []quire.Part{text(" ")}},
		{Role: quire.RoleAssistant, Parts: []quire.Part{quire.Reasoning{Model: "another", Text: "x", Signature: "s", Data: "d"}}},
		{Role: quire.RoleUser},
	}
	for _, api := range formats {
		body, err := wire.Encode(api, p, nil)
		require.NoError(t, err)
		assert.Empty(t, promptcheck.Check(api, body), "%s", body)
		assert.Contains(t, string(body), wire.Empty)
	}
}

func TestSentMarks(t *testing.T) {
	marks := func(after ...int) (out []quire.CacheMark) {
		for _, a := range after {
			out = append(out, quire.CacheMark{After: a})
		}
		return out
	}
	for _, c := range []struct {
		api        quire.API
		model      string
		ask, sent  []quire.CacheMark
		messages   int
		withSystem bool
	}{
		{quire.APIAnthropic, "claude-opus-5", marks(5, 0, 3, 3), marks(0, 3, 5), 5, true},
		{quire.APIAnthropic, "claude-opus-5", marks(0, 1, 2, 3, 4, 5), marks(2, 3, 4, 5), 5, true},
		{quire.APIAnthropic, "claude-opus-5", marks(-1, 6, 9), nil, 5, true},
		{quire.APIAnthropic, "claude-opus-5", marks(0), marks(0), 1, false}, // on the last tool
		{quire.APIAnthropic, "claude-opus-5", []quire.CacheMark{{After: 1, TTL: time.Hour}, {After: 3}, {After: 5, TTL: time.Hour}},
			[]quire.CacheMark{{After: 1, TTL: time.Hour}, {After: 3}, {After: 5}}, 5, true},
		{quire.APIOpenAIResponses, "gpt-6", marks(0, 2, 3), marks(0, 1, 3), 3, true}, // not on what the model said
		{quire.APIOpenAIResponses, "gpt-6", marks(0), nil, 1, false},                 // nor on tools
		{quire.APIOpenAIResponses, "gpt-5", marks(0, 1), nil, 1, true},
		{quire.APIOpenAIChat, "gpt-6", marks(4), marks(3), 4, true},
		{quire.APIGemini, "gemini-3-pro", marks(0, 1), nil, 1, true},
		{quire.APIStrict, "qwen3", marks(0, 1), nil, 1, true},
	} {
		p := call(c.model, c.messages, "a notice", c.ask...)
		if !c.withSystem {
			p.System = ""
		}
		sent, err := wire.SentMarks(c.api, p)
		require.NoError(t, err)
		assert.Equal(t, c.sent, sent, "%s %v", c.api, c.ask)
	}
}

func TestNoticeInALoop(t *testing.T) {
	for model, want := range map[string]bool{"claude-opus-5": true, "claude-sonnet-4-5": false, "claude-opus-5-5": true} {
		body, err := wire.Encode(quire.APIAnthropic, call(model, 3, "NOTE"), nil)
		require.NoError(t, err)
		assert.Equal(t, want, bytes.Contains(body, []byte("NOTE")), model)
	}
	for api, want := range map[quire.API]bool{quire.APIOpenAIChat: true, quire.APIOpenAIResponses: true, quire.APIGemini: false, quire.APIStrict: false} {
		body, err := wire.Encode(api, call("m", 3, "NOTE"), nil)
		require.NoError(t, err)
		assert.Equal(t, want, bytes.Contains(body, []byte("NOTE")), api)
		body, err = wire.Encode(api, call("m", 5, "NOTE"), nil)
		require.NoError(t, err)
		assert.True(t, bytes.Contains(body, []byte("NOTE")), api)
	}
}

func TestThinking(t *testing.T) {
	for _, c := range []struct {
		api      quire.API
		model    string
		thinking int
		want     string
	}{
		{quire.APIAnthropic, "claude-sonnet-4-5", 100, `"max_tokens":2024,"thinking":{"type":"enabled","budget_tokens":1024}`},
		{quire.APIAnthropic, "claude-opus-5", 5000, `"max_tokens":6000,"thinking":{"type":"adaptive"}`},
		{quire.APIAnthropic, "claude-opus-5-5", 0, `"thinking":{"type":"adaptive","block_binding":{"prefix_mismatch_behavior":"drop_block"}}`},
		{quire.APIOpenAIResponses, "gpt-6", 5000, `"reasoning":{"effort":"medium"}`},
		{quire.APIOpenAIChat, "gpt-6", 50000, `"max_completion_tokens":51000,"reasoning_effort":"none"`}, // beside tools
		{quire.APIOpenAIChat, "gpt-5", 50000, `"max_completion_tokens":51000,"reasoning_effort":"high"`},
		{quire.APIOpenAIChat, "llama", 50, `"max_tokens":1050`},
		{quire.APIGemini, "gemini-3-pro", 50, `"generationConfig":{"maxOutputTokens":1050,"thinkingConfig":{"thinkingLevel":"low","includeThoughts":true}}`},
	} {
		p := call(c.model, 1, "")
		p.Thinking = c.thinking
		body, err := wire.Encode(c.api, p, nil)
		require.NoError(t, err)
		assert.Contains(t, string(body), c.want)
	}
	assert.Contains(t, fmt.Sprint(wire.Headers(quire.APIAnthropic, call("claude-opus-5-5", 1, ""), nil)), "thinking-binding-controls")
	assert.NotContains(t, fmt.Sprint(wire.Headers(quire.APIAnthropic, call("claude-opus-5", 1, ""), nil)), "beta")
	assert.Empty(t, wire.Headers(quire.APIGemini, call("gemini-3", 1, ""), nil))
}

func TestReasoningContentGoesBackToThoseWhoWantIt(t *testing.T) {
	p := call("deepseek-v4-pro", 3, "")
	body, err := wire.Encode(quire.APIOpenAIChat, p, nil)
	require.NoError(t, err)
	assert.Contains(t, string(body), `"reasoning_content":"Both, side by side."`)
	p.Messages[1].Parts = p.Messages[1].Parts[1:]
	body, err = wire.Encode(quire.APIOpenAIChat, p, nil)
	require.NoError(t, err)
	assert.Contains(t, string(body), `"reasoning_content":"","tool_calls"`, "wanted beside calls, even when empty")
	p.Model = "gpt-4.1"
	body, err = wire.Encode(quire.APIOpenAIChat, p, nil)
	require.NoError(t, err)
	assert.NotContains(t, string(body), "reasoning_content")
}

func TestGeminiCallsWithoutASignature(t *testing.T) {
	p := call("gemini-3-pro", 3, "")
	p.Messages[1].Parts = []quire.Part{
		quire.ToolCall{ID: "toolu_01", Name: "read"}, quire.ToolCall{ID: "toolu_02", Name: "read"},
	}
	body, err := wire.Encode(quire.APIGemini, p, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, bytes.Count(body, []byte("skip_thought_signature_validator")))
	p.Model = "gemini-2.5-pro"
	body, err = wire.Encode(quire.APIGemini, p, nil)
	require.NoError(t, err)
	assert.Equal(t, 0, bytes.Count(body, []byte("skip_thought_signature_validator")))
}

func TestOpaqueStaysWithItsFormat(t *testing.T) {
	block := quire.Opaque{Kind: "openai-responses/web_search_call", Raw: []byte(`{"kind":"openai-responses/web_search_call","block":{"type":"web_search_call"}}`)}
	for _, api := range formats {
		p := call("m", 1, "")
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{block, text("x")}}, p.Messages[0])
		body, err := wire.Encode(api, p, nil)
		require.NoError(t, err)
		own := api == quire.APIOpenAIResponses
		assert.Equal(t, own, bytes.Contains(body, []byte(`{"type":"web_search_call"}`)), api)
		assert.Equal(t, !own, bytes.Contains(body, []byte(`[openai-responses/web_search_call: not shown]`)), api)
	}
	// What claims to be a block but is none is a note in its own format too.
	block.Raw = []byte(`{"kind":"openai-responses/web_search_call","block":[1]}`)
	p := call("m", 1, "")
	p.Messages[0].Parts = []quire.Part{block}
	body, err := wire.Encode(quire.APIOpenAIResponses, p, nil)
	require.NoError(t, err)
	assert.Contains(t, string(body), "not shown")
}
