package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// told is a reply that was stored and read again.
func told(t *testing.T, api quire.API, asked, body string) *quire.Reply {
	t.Helper()
	r, err := wire.DecodeFor(api, fmt.Appendf(nil, `{"model":%q,"stream":false}`, asked), []byte(body))
	require.NoError(t, err)
	stored, err := codec.EncodeParts(r.Parts)
	require.NoError(t, err)
	r.Parts, err = codec.DecodeParts(stored)
	require.NoError(t, err)
	return r
}

// follow is the prompt after some replies, each with the results of its calls.
func follow(model string, replies ...*quire.Reply) *quire.Prompt {
	p := &quire.Prompt{Model: model, Tools: []quire.Tool{{Name: "find"}}, Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Find it."}}}}}
	for i, r := range replies {
		said := quire.PromptMessage{Role: quire.RoleAssistant}
		var results []quire.Part
		for k, part := range r.Parts {
			if c, ok := part.(quire.ToolCall); ok {
				c.ID = fmt.Sprintf("c%d_%d", i, k)
				results = append(results, quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{quire.Text{Text: "here"}}})
				part = c
			}
			said.Parts = append(said.Parts, part)
		}
		p.Messages = append(p.Messages, said)
		if len(results) > 0 {
			p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleTool, Parts: results})
		} else {
			p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "And then?"}}})
		}
	}
	return p
}

// sentBack encodes p and returns its assistant's messages, calls without their ids.
func sentBack(t *testing.T, api quire.API, p *quire.Prompt) []map[string]any {
	t.Helper()
	body, err := wire.Encode(api, p, nil)
	require.NoError(t, err)
	assert.Empty(t, promptcheck.Check(api, body), "%s", body)
	var in struct {
		Messages []map[string]any `json:"messages"`
	}
	require.NoError(t, json.Unmarshal(body, &in))
	var out []map[string]any
	for _, m := range in.Messages {
		if m["role"] != "assistant" {
			continue
		}
		calls, _ := m["tool_calls"].([]any)
		for _, c := range calls {
			delete(c.(map[string]any), "id")
		}
		out = append(out, m)
	}
	return out
}

const called = `{"id":"x1","type":"function","function":{"name":"find","arguments":"{}"}}`

func parsed(t *testing.T, s string) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(s), &m))
	return m
}

const callSent = `{"type":"function","function":{"name":"find","arguments":"{}"}}`

// chatVendors are models behind the chat format: by which name each is asked and answers,
// what it says, and what has to stand in the next request.
var chatVendors = []struct {
	api             quire.API
	asked, answered string
	message, sent   string
}{
	{quire.APIOpenAIChat, "deepseek-v4-pro", "deepseek-v4-pro", `{"content":"","reasoning_content":"hm","tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "deepseek-v4-flash", "deepseek-flash", `{"content":"","reasoning_content":"hm","tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "deepseek-chat", "deepseek-v4-flash", `{"content":"","reasoning_content":"hm","tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "deepseek-v4-pro", "deepseek-v4-pro", `{"content":"","reasoning_content":"","tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":null,"reasoning_content":"","tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "kimi-k2.6", "kimi-k2.6", `{"content":"","reasoning_content":"hm","tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "kimi-k3", "kimi-k3", `{"content":"","reasoning_content":"","tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":null,"reasoning_content":" ","tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "moonshotai/kimi-k2-thinking", "moonshotai/kimi-k2-thinking-20251106", `{"content":"ok","reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","format":"unknown","index":0}]}`,
		`{"role":"assistant","content":"ok","reasoning_content":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","format":"unknown","index":0}]}`},
	{quire.APIOpenAIChat, "mimo-v2.5-pro", "mimo-v2.5-pro", `{"content":"So.","reasoning_content":"hm","tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":"So.","reasoning_content":"hm","tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "glm-5.2", "glm-5.2", `{"content":"","reasoning_content":"hm","tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "zai-org/GLM-5.3", "zai-org/GLM-5.3", `{"content":"ok","reasoning":"hm"}`, `{"role":"assistant","content":"ok","reasoning_content":"hm"}`},
	{quire.APIOpenAIChat, "MiniMax-M2.7", "MiniMax-M2.7", `{"content":"","reasoning_details":[{"type":"reasoning.text","id":"r1","format":"MiniMax-response-v1","index":0,"text":"hm"}],"tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":null,"reasoning_content":"hm","reasoning_details":[{"type":"reasoning.text","id":"r1","format":"MiniMax-response-v1","index":0,"text":"hm"}],"tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "google/gemini-3-pro-preview", "google/gemini-3-pro-preview-20251117", `{"content":"","reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","format":"google-gemini-v1","index":0},{"type":"reasoning.encrypted","data":"c2ln","id":"x1","format":"google-gemini-v1","index":0}],"tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.text","text":"hm","format":"google-gemini-v1","index":0},{"type":"reasoning.encrypted","data":"c2ln","id":"x1","format":"google-gemini-v1","index":0}],
		"tool_calls":[{"type":"function","function":{"name":"find","arguments":"{}"},"extra_content":{"google":{"thought_signature":"skip_thought_signature_validator"}}}]}`},
	{quire.APIOpenAIChat, "gemini-3-flash-preview", "gemini-3-flash-preview", `{"content":null,"tool_calls":[{"id":"x1","type":"function","function":{"name":"find","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}},` + called + `]}`,
		`{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"find","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}},` + callSent + `]}`},
	{quire.APIOpenAIChat, "my-gemini", "gemini-3-flash-preview", `{"content":null,"tool_calls":[` + called + `,{"id":"x1","type":"function","function":{"name":"find","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln","more":1}}}]}`,
		`{"role":"assistant","content":null,"tool_calls":[` + callSent + `,{"type":"function","function":{"name":"find","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln","more":1}}}]}`},
	{quire.APIOpenAIChat, "gemini/gemini-3-pro", "gemini-3-pro-preview", `{"content":null,"tool_calls":[{"id":"x1","type":"function","function":{"name":"find","arguments":"{}"},"provider_specific_fields":{"thought_signature":"c2ln"}}]}`,
		`{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"find","arguments":"{}"},"provider_specific_fields":{"thought_signature":"c2ln"}}]}`},
	{quire.APIOpenAIChat, "anthropic/claude-opus-5", "claude-opus-5", `{"content":"ok","reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"c2ln"}]}`,
		`{"role":"assistant","content":"ok","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"c2ln"}]}`},
	{quire.APIOpenAIChat, "openai/gpt-5.2", "openai/gpt-5.2-2025-12-11", `{"content":"ok","reasoning":"hm","reasoning_details":[{"type":"reasoning.summary","summary":"hm"},{"type":"reasoning.encrypted","data":"ZQ==","id":"rs_1"}]}`,
		`{"role":"assistant","content":"ok","reasoning_details":[{"type":"reasoning.summary","summary":"hm"},{"type":"reasoning.encrypted","data":"ZQ==","id":"rs_1"}]}`},
	{quire.APIOpenAIChat, "gemini-3.1-pro", "gemini-3.1-pro-preview", `{"content":"ok","reasoning_text":"hm","reasoning_opaque":"b3BhcXVl"}`, `{"role":"assistant","content":"ok","reasoning_opaque":"b3BhcXVl"}`},
	{quire.APIOpenAIChat, "my-server", "some-model", `{"content":"ok","reasoning_content":"hm"}`, `{"role":"assistant","content":"ok"}`},
	{quire.APIStrict, "magistral-medium-latest", "magistral-medium-2509", `{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"So."}],"tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"So."}],"tool_calls":[` + callSent + `]}`},
	{quire.APIStrict, "mistral-small-latest", "mistral-small-2603", `{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}],"tool_calls":[` + called + `]}`,
		`{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}],"tool_calls":[` + callSent + `]}`},
	{quire.APIOpenAIChat, "magistral-medium", "magistral-medium", `{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"So."}]}`,
		`{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"So."}]}`},
	{quire.APIStrict, "vllm/moonshotai/kimi-k2-thinking", "moonshotai/kimi-k2-thinking", `{"content":"","reasoning":"hm","tool_calls":[` + called + `]}`,
		`{"role":"assistant","reasoning_content":"hm","content":"","tool_calls":[` + callSent + `]}`},
}

// TestReasoningGoesBackAsEachVendorWantsIt: what a model behind the chat format said comes
// back in the next request, through a store, whole and in a loop of several calls.
func TestReasoningGoesBackAsEachVendorWantsIt(t *testing.T) {
	for _, v := range chatVendors {
		t.Run(v.asked+" "+v.answered, func(t *testing.T) {
			body := fmt.Sprintf(`{"id":"r","model":%q,"choices":[{"finish_reason":"stop","message":%s}]}`, v.answered, v.message)
			r := told(t, v.api, v.asked, body)
			want := parsed(t, v.sent)
			for _, m := range sentBack(t, v.api, follow(v.asked, r, r)) {
				if calls, ok := m["tool_calls"].([]any); ok && v.api == quire.APIStrict {
					for _, c := range calls {
						delete(c.(map[string]any), "id")
					}
				}
				assert.Equal(t, want, m)
			}
			elsewhere := *r
			for _, other := range []string{"llama-4", "grok-4.6", "gpt-4.1"} {
				for _, m := range sentBack(t, quire.APIOpenAIChat, follow(other, &elsewhere)) {
					b, err := json.Marshal(m)
					require.NoError(t, err)
					assert.NotContains(t, string(b), "hm", other)
					assert.NotContains(t, string(b), "c2ln", other)
					assert.NotContains(t, string(b), "reasoning", other)
				}
			}
		})
	}
}

// TestStreamedReasoningGoesBackTheSame: a stream in small pieces sends back what the whole
// reply would.
func TestStreamedReasoningGoesBackTheSame(t *testing.T) {
	for name, chunks := range map[string][]string{
		"details": {
			`{"reasoning":"Let me ","reasoning_details":[{"type":"reasoning.text","text":"Let me ","format":"anthropic-claude-v1","index":0}]}`,
			`{"reasoning":"see","reasoning_details":[{"type":"reasoning.text","text":"see","format":"anthropic-claude-v1","index":0}]}`,
			`{"reasoning_details":[{"type":"reasoning.text","signature":"c2ln","format":"anthropic-claude-v1","index":0}]}`,
			`{"reasoning_details":[{"type":"reasoning.encrypted","data":"YQ==","index":1}]}`,
			`{"reasoning_details":[{"type":"reasoning.encrypted","data":"Yg==","index":1}]}`,
		},
		"details alone": {
			`{"content":"","reasoning_details":[{"type":"reasoning.text","text":"Let me ","id":"r1"}]}`,
			`{"content":"","reasoning_details":[{"type":"reasoning.text","text":"see","id":"r1"}]}`,
			`{"content":"","reasoning_details":[{"type":"reasoning.text","text":"","signature":"c2ln","id":"r1"}]}`,
		},
		"thinking blocks": {
			`{"reasoning_content":"Let me ","thinking_blocks":[{"type":"thinking","thinking":"Let me ","signature":""}]}`,
			`{"reasoning_content":"see","thinking_blocks":[{"type":"thinking","thinking":"see","signature":""}]}`,
			`{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"c2ln"}]}`,
			`{"reasoning_content":"","thinking_blocks":[{"type":"thinking","thinking":"second","signature":"c2ln"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, c := range append(chunks, `{"tool_calls":[{"index":0,`+called[1:len(called)-1]+`,"extra_content":{"google":{"thought_signature":"cw=="}}}]}`,
				`{"tool_calls":[{"index":1,"id":"x2","function":{"name":"find","arguments":"{"}}]}`, `{"tool_calls":[{"index":1,"function":{"arguments":"}"}}]}`) {
				fmt.Fprintf(&b, "data: {\"id\":\"r\",\"model\":\"m-1\",\"choices\":[{\"delta\":%s}]}\n\n", c)
			}
			b.WriteString("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n")
			var reply *quire.Reply
			thought := ""
			for d, err := range wire.DecodeStreamFor(quire.APIOpenAIChat, []byte(`{"model":"m-1","stream":true}`), strings.NewReader(b.String())) {
				require.NoError(t, err)
				if thought += d.Reasoning; d.Reply != nil {
					reply = d.Reply
				}
			}
			require.NotNil(t, reply)
			made := reply.Parts[0].(quire.Reasoning)
			assert.True(t, strings.HasPrefix(made.Text, "Let me see"), made.Text)
			assert.Equal(t, thought, made.Text, "the deltas add up")
			m := sentBack(t, quire.APIOpenAIChat, follow("m-1", reply))[0]
			got, err := json.Marshal(m)
			require.NoError(t, err)
			want := map[string]string{
				"details": `"reasoning_details":[{"format":"anthropic-claude-v1","index":0,"signature":"c2ln","text":"Let me see","type":"reasoning.text"},` +
					`{"data":"YQ==","index":1,"type":"reasoning.encrypted"},{"data":"Yg==","index":1,"type":"reasoning.encrypted"}]`,
				"details alone":   `"reasoning_details":[{"id":"r1","signature":"c2ln","text":"Let me see","type":"reasoning.text"}]`,
				"thinking blocks": `"thinking_blocks":[{"signature":"c2ln","thinking":"Let me see","type":"thinking"},{"signature":"c2ln","thinking":"second","type":"thinking"}]`,
			}[name]
			assert.Contains(t, string(got), want)
			assert.Contains(t, string(got), `{"extra_content":{"google":{"thought_signature":"cw=="}},"function":{"arguments":"{}","name":"find"},"type":"function"},{"function"`)
		})
	}
}

// TestReasoningSurvivesAnotherVendorInBetween: what another vendor's model said between is
// left out, and the own one's comes back.
func TestReasoningSurvivesAnotherVendorInBetween(t *testing.T) {
	kimi := told(t, quire.APIOpenAIChat, "kimi-k2.6", `{"model":"kimi-k2.6","choices":[{"finish_reason":"tool_calls","message":{"content":"","reasoning_content":"kimi's","tool_calls":[`+called+`]}}]}`)
	gemini := told(t, quire.APIOpenAIChat, "gemini-3-pro", `{"model":"gemini-3-pro-preview","choices":[{"finish_reason":"tool_calls","message":{"content":"","reasoning_content":"gemini's",
		"tool_calls":[{"id":"a","function":{"name":"find","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}}]}}]}`)
	claude := told(t, quire.APIAnthropic, "claude-opus-5", `{"model":"claude-opus-5","content":[{"type":"thinking","thinking":"claude's","signature":"c2lnMg=="},{"type":"tool_use","id":"t","name":"find","input":{}}],"stop_reason":"tool_use"}`)
	all := []*quire.Reply{kimi, gemini, claude, kimi}

	back := sentBack(t, quire.APIOpenAIChat, follow("kimi-k2.6", all...))
	for i, want := range []string{"kimi's", " ", " ", "kimi's"} {
		assert.Equal(t, want, back[i]["reasoning_content"], i)
		assert.NotContains(t, back[i]["tool_calls"].([]any)[0], "extra_content")
	}
	back = sentBack(t, quire.APIOpenAIChat, follow("gemini-3-pro", all...))
	for i, want := range []string{"skip_thought_signature_validator", "c2ln", "skip_thought_signature_validator", "skip_thought_signature_validator"} {
		b, err := json.Marshal(back[i])
		require.NoError(t, err)
		assert.Contains(t, string(b), want, i)
	}
	body, err := wire.Encode(quire.APIAnthropic, follow("claude-opus-5", all...), nil)
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(body), `"thinking":`))
	assert.Contains(t, string(body), "claude's")
	native, err := wire.Encode(quire.APIGemini, follow("gemini-3-pro", all...), nil)
	require.NoError(t, err)
	assert.Contains(t, string(native), `"thoughtSignature":"c2ln"`, "Google's own format takes what its chat format gave")
}

// TestAskedByOneNameAnsweredByAnother: reasoning goes back to the model that made it,
// whether it is called by the name that was asked or by the one that answered.
func TestAskedByOneNameAnsweredByAnother(t *testing.T) {
	claude := func(answered, thought string) string {
		return fmt.Sprintf(`{"model":%q,"content":[{"type":"thinking","thinking":%q,"signature":"c2ln"},{"type":"text","text":"ok"}],"stop_reason":"end_turn"}`, answered, thought)
	}
	for _, c := range []struct {
		asked, answered, then string
		back                  bool
	}{
		{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", true},
		{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5", true},
		{"arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", true},
		{"claude-sonnet-4-0", "claude-sonnet-4-20250514", "claude-sonnet-4-0", true},
		{"anthropic/claude-sonnet-4.5", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5@20250929", true},
		{"my-claude", "claude-opus-5", "my-claude", true},
		{"my-claude", "claude-opus-5", "claude-opus-5", true},
		{"my-claude", "claude-opus-5", "my-other-claude", false},
		{"arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", "claude-opus-5", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", true},
		{"claude-opus-5", "claude-opus-5", "claude-opus-4-8", false},
		{"claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20260101", false},
		{"gpt-6", "claude-opus-5", "gpt-6", false}, // a gateway let another vendor's model step in
	} {
		r := told(t, quire.APIAnthropic, c.asked, claude(c.answered, "mine"))
		body, err := wire.Encode(quire.APIAnthropic, follow(c.then, r), nil)
		require.NoError(t, err)
		assert.Equal(t, c.back, strings.Contains(string(body), `"thinking":"mine"`), "asked %s, answered %s, then %s", c.asked, c.answered, c.then)
	}
	// A name that stands for one model after the other.
	first, second := told(t, quire.APIAnthropic, "auto", claude("claude-opus-4-8", "first")), told(t, quire.APIAnthropic, "auto", claude("claude-opus-5", "second"))
	body, err := wire.Encode(quire.APIAnthropic, follow("auto", first, second), nil)
	require.NoError(t, err)
	assert.NotContains(t, string(body), "first")
	assert.Contains(t, string(body), "second")

	for _, c := range [][2]string{{"gpt-5.6", "gpt-5.6-sol"}, {"my-deployment", "gpt-5.2-2025-12-11"}, {"azure/gpt-5.2", "gpt-5.2-2025-12-11"}} {
		r := told(t, quire.APIOpenAIResponses, c[0], fmt.Sprintf(`{"id":"r","model":%q,"status":"completed","output":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"ZW5j"},
			{"type":"function_call","call_id":"f1","name":"find","arguments":"{}"}]}`, c[1]))
		body, err := wire.Encode(quire.APIOpenAIResponses, follow(c[0], r), nil)
		require.NoError(t, err)
		assert.Contains(t, string(body), `"encrypted_content":"ZW5j"`, c[0])
	}
}

// TestAnsweredWithoutAName: servers that don't say which model answered get back what they
// gave, for it was the one that was asked.
func TestAnsweredWithoutAName(t *testing.T) {
	for _, c := range []struct {
		api               quire.API
		asked, body, want string
	}{
		{quire.APIOpenAIChat, "kimi-k2-thinking", `{"choices":[{"finish_reason":"tool_calls","message":{"role":"assistant","reasoning_content":"hm","tool_calls":[` + called + `]}}]}`, `"reasoning_content":"hm"`},
		{quire.APIOpenAIChat, "google/gemini-3-pro-preview", `{"model":"","choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"ok","reasoning_details":[{"type":"reasoning.odd","x":1}]}}]}`, `"reasoning_details":[{"type":"reasoning.odd","x":1}]`},
		{quire.APIOpenAIResponses, "gpt-5.2", `{"id":"r","status":"completed","output":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"ZW5j"},{"type":"function_call","call_id":"f1","name":"find","arguments":"{}"}]}`, `"encrypted_content":"ZW5j"`},
		{quire.APIAnthropic, "my-claude", `{"content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"tool_use","id":"t1","name":"find","input":{}}],"stop_reason":"tool_use"}`, `"signature":"c2ln"`},
	} {
		r := told(t, c.api, c.asked, c.body)
		body, err := wire.Encode(c.api, follow(c.asked, r), nil)
		require.NoError(t, err)
		assert.Contains(t, string(body), c.want, c.asked)
		body, err = wire.Encode(c.api, follow("another-model", r), nil)
		require.NoError(t, err)
		assert.NotContains(t, string(body), c.want, "%s: another model's", c.asked)
	}
	stream := "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"h\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"reasoning_content\":\"m\",\"tool_calls\":[" +
		strings.Replace(called, "{", `{"index":0,`, 1) + "]},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"
	var last *quire.Reply
	for d, err := range wire.DecodeStreamFor(quire.APIOpenAIChat, []byte(`{"model":"kimi-k2-thinking"}`), strings.NewReader(stream)) {
		require.NoError(t, err)
		if d.Reply != nil {
			last = d.Reply
		}
	}
	require.NotNil(t, last)
	assert.Equal(t, quire.Reasoning{Model: "kimi-k2-thinking", Text: "hm"}, last.Parts[0])
}
