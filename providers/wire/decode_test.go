package wire_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

const odd = `{"z":1,"a":12345678901234567890}`

func TestDecodeAnthropic(t *testing.T) {
	r, err := wire.Decode(quire.APIAnthropic, []byte(`{"type":"message","id":"msg_1","model":"claude-opus-5-20260801","role":"assistant",
		"content":[{"type":"thinking","thinking":"hm","signature":"sig=="},{"type":"redacted_thinking","data":"xyz"},
		{"type":"text","text":"Look:"},{"type":"text","text":""},{"type":"tool_use","id":"toolu_1","name":"ls","input":`+odd+`},
		{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{"q":1}}],
		"stop_reason":"tool_use","usage":{"input_tokens":10,"cache_read_input_tokens":200,"cache_creation_input_tokens":30,"output_tokens":9}}`))
	require.NoError(t, err)
	model := "claude-opus-5-20260801"
	assert.Equal(t, &quire.Reply{ID: "msg_1", Model: model, Stop: quire.StopTools,
		Usage: quire.Usage{Input: 240, CachedInput: 200, CacheWrite: 30, Output: 9},
		Parts: []quire.Part{
			quire.Reasoning{Model: model, Text: "hm", Signature: "sig=="}, quire.Reasoning{Model: model, Data: "xyz"},
			quire.Text{Text: "Look:"}, quire.ToolCall{ID: "toolu_1", Name: "ls", Args: odd},
			quire.Opaque{Kind: "anthropic/server_tool_use", Raw: []byte(`{"kind":"anthropic/server_tool_use","block":{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{"q":1}}}`)},
		}}, r)
}

func TestDecodeChat(t *testing.T) {
	r, err := wire.Decode(quire.APIOpenAIChat, []byte(`{"id":"c1","model":"deepseek-v4","choices":[{"finish_reason":"stop","message":{
		"content":"Look:","reasoning_content":"hm","tool_calls":[{"id":"t1","type":"function","function":{"name":"ls","arguments":"{\"z\":1,\"a\":12345678901234567890}"}},
		{"id":"t2","type":"custom","custom":{"name":"x"}},{"type":"function","function":{"name":"rm","arguments":{"b":1,"a":2}}}]}}],
		"usage":{"prompt_tokens":100,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":64,"cache_write_tokens":12},"completion_tokens_details":{"reasoning_tokens":5}}}`))
	require.NoError(t, err)
	assert.Equal(t, quire.Usage{Input: 100, CachedInput: 64, CacheWrite: 12, Output: 20, Reasoning: 5}, r.Usage)
	assert.Equal(t, quire.StopTools, r.Stop, "calls with a finish_reason of stop")
	require.Len(t, r.Parts, 5)
	assert.Equal(t, quire.Reasoning{Model: "deepseek-v4", Text: "hm"}, r.Parts[0])
	assert.Equal(t, quire.Text{Text: "Look:"}, r.Parts[1])
	assert.Equal(t, quire.ToolCall{ID: "t1", Name: "ls", Args: odd}, r.Parts[2])
	assert.Equal(t, "openai-chat/custom", r.Parts[3].(quire.Opaque).Kind)
	last := r.Parts[4].(quire.ToolCall)
	assert.Equal(t, `{"b":1,"a":2}`, last.Args)
	assert.Regexp(t, `^made_[0-9a-f]{16}_4$`, last.ID)

	r, err = wire.Decode(quire.APIStrict, []byte(`{"choices":[{"finish_reason":"length","message":{"content":[{"type":"text","text":"a"},{"type":"thinking","thinking":[]}]}}]}`))
	require.NoError(t, err)
	assert.Equal(t, quire.StopLength, r.Stop)
	assert.Len(t, r.Parts, 2)

	r, err = wire.Decode(quire.APIOpenAIChat, []byte(`{"choices":[{"finish_reason":"stop","message":{"content":null,"refusal":"No."}}]}`))
	require.NoError(t, err)
	assert.Equal(t, quire.StopRefused, r.Stop)
	assert.Equal(t, []quire.Part{quire.Text{Text: "No."}}, r.Parts)
}

func TestDecodeResponses(t *testing.T) {
	r, err := wire.Decode(quire.APIOpenAIResponses, []byte(`{"id":"resp_1","model":"gpt-6","status":"completed","error":null,"output":[
		{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"one"},{"type":"summary_text","text":"two"}],"encrypted_content":"enc"},
		{"type":"message","content":[{"type":"output_text","text":"Look:"}]},
		{"type":"function_call","call_id":"t1","name":"ls","arguments":"{\"z\":1,\"a\":12345678901234567890}"},
		{"type":"compaction","encrypted_content":"c","content":"of another shape"}],
		"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":64,"cache_write_tokens":12},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":5}}}`))
	require.NoError(t, err)
	assert.Equal(t, &quire.Reply{ID: "resp_1", Model: "gpt-6", Stop: quire.StopTools,
		Usage: quire.Usage{Input: 100, CachedInput: 64, CacheWrite: 12, Output: 20, Reasoning: 5},
		Parts: []quire.Part{
			quire.Reasoning{Model: "gpt-6", ID: "rs_1", Text: "one\n\ntwo", Data: "enc"}, quire.Text{Text: "Look:"},
			quire.ToolCall{ID: "t1", Name: "ls", Args: odd},
			quire.Opaque{Kind: "openai-responses/compaction", Raw: []byte(`{"kind":"openai-responses/compaction","block":{"type":"compaction","encrypted_content":"c","content":"of another shape"}}`)},
		}}, r)

	r, err = wire.Decode(quire.APIOpenAIResponses, []byte(`{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}`))
	require.NoError(t, err)
	assert.Equal(t, quire.StopLength, r.Stop)
}

func TestDecodeGemini(t *testing.T) {
	body := []byte(`{"responseId":"g1","modelVersion":"gemini-3-pro","candidates":[{"finishReason":"STOP","content":{"role":"model","parts":[
		{"text":"hm","thought":true},{"text":"Look:"},{"functionCall":{"name":"ls","args":` + odd + `},"thoughtSignature":"c2ln"},
		{"functionCall":{"id":"own","name":"ls"}},{"text":"","thoughtSignature":"dGFpbA=="},{"executableCode":{"code":"1"}}]}}],
		"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":64,"candidatesTokenCount":20,"thoughtsTokenCount":5,"toolUsePromptTokenCount":3}}`)
	r, err := wire.Decode(quire.APIGemini, body)
	require.NoError(t, err)
	assert.Equal(t, quire.Usage{Input: 103, CachedInput: 64, Output: 25, Reasoning: 5}, r.Usage)
	assert.Equal(t, quire.StopTools, r.Stop)
	require.Len(t, r.Parts, 6)
	first := r.Parts[2].(quire.ToolCall)
	assert.Equal(t, odd, first.Args)
	assert.Equal(t, "c2ln", first.Signature)
	assert.Equal(t, "own", r.Parts[3].(quire.ToolCall).ID)
	assert.Equal(t, quire.Reasoning{Model: "gemini-3-pro", Signature: "dGFpbA=="}, r.Parts[4])
	assert.Equal(t, "gemini/executableCode", r.Parts[5].(quire.Opaque).Kind)

	again, err := wire.Decode(quire.APIGemini, body)
	require.NoError(t, err)
	assert.Equal(t, r, again, "the ids that are made are the same")

}

// TestWhatWasDecodedGoesBack encodes decoded replies: arguments, signatures and
// what the program does not know are the provider's bytes again.
func TestWhatWasDecodedGoesBack(t *testing.T) {
	for _, c := range []struct {
		api   quire.API
		model string // asked for
		body  string
		want  []string
	}{
		{quire.APIAnthropic, "claude-opus-5", `{"model":"claude-opus-5-20260801","content":[{"type":"thinking","thinking":"h<m>","signature":"s"},{"type":"server_tool_use","input":{"z":1,"a":2}},{"type":"tool_use","id":"t","name":"ls","input":` + odd + `}]}`,
			[]string{`{"type":"thinking","thinking":"h<m>","signature":"s"}`, `{"type":"server_tool_use","input":{"z":1,"a":2}}`, `{"type":"tool_use","id":"t","name":"ls","input":` + odd + `}`}},
		{quire.APIOpenAIChat, "gpt-4.1", `{"choices":[{"message":{"tool_calls":[{"id":"t","type":"function","function":{"name":"ls","arguments":"{\"z\":1,\"a\":12345678901234567890}"}}]}}]}`,
			[]string{`{"id":"t","type":"function","function":{"name":"ls","arguments":"{\"z\":1,\"a\":12345678901234567890}"}}`}},
		{quire.APIOpenAIResponses, "gpt-6", `{"model":"gpt-6-2026-08-01","output":[{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"enc"},{"type":"web_search_call","z":1,"a":2},{"type":"function_call","call_id":"t","name":"ls","arguments":"{}"}]}`,
			[]string{`{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"enc"}`, `{"type":"web_search_call","z":1,"a":2}`}},
		{quire.APIGemini, "gemini-3-pro", `{"modelVersion":"gemini-3-pro","candidates":[{"content":{"parts":[{"functionCall":{"name":"ls","args":` + odd + `},"thoughtSignature":"c2ln"},{"executableCode":{"z":1}}]}}]}`,
			[]string{`{"functionCall":{"name":"ls","args":` + odd + `},"thoughtSignature":"c2ln"}`, `{"executableCode":{"z":1}}`}},
	} {
		r, err := wire.Decode(c.api, []byte(c.body))
		require.NoError(t, err)
		stored, err := codec.EncodeParts(r.Parts)
		require.NoError(t, err)
		parts, err := codec.DecodeParts(stored)
		require.NoError(t, err)
		p := call(c.model, 1, "")
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: parts})
		tool := quire.PromptMessage{Role: quire.RoleTool}
		for _, part := range parts {
			if call, ok := part.(quire.ToolCall); ok {
				tool.Parts = append(tool.Parts, quire.ToolResult{CallID: call.ID})
			}
		}
		p.Messages = append(p.Messages, tool)
		body, err := wire.Encode(c.api, p, nil)
		require.NoError(t, err)
		for _, want := range c.want {
			assert.Contains(t, string(body), want, c.api)
		}
		p.Model = "another-model"
		body, err = wire.Encode(c.api, p, nil)
		require.NoError(t, err)
		assert.NotContains(t, string(body), `"thinking"`, "reasoning stays with its model")
		assert.NotContains(t, string(body), `"reasoning","id"`)
	}
}

func TestDecodeRefusesWhatIsNoReply(t *testing.T) {
	for _, api := range []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict, "telex"} {
		for _, body := range []string{``, `null`, `[]`, `"x"`, `{`, `{}`, `{"weather":"fine"}`, `{"error":{"message":"boom"}}`,
			`{"content":7,"choices":7,"output":7,"candidates":7}`, `{"content":[7],"choices":[7],"output":[7],"candidates":[7]}`, "\xff", `{} {}`} {
			_, err := wire.Decode(api, []byte(body))
			var we *wire.Error
			require.ErrorAs(t, err, &we, "%s %s", api, body)
			assert.Empty(t, we.Rule)
			assert.Equal(t, api, we.API)
		}
	}
}

// TestDecodeSurvivesAnything: no panic, and no reply without an error.
func TestDecodeSurvivesAnything(t *testing.T) {
	bodies := []string{
		`{"content":[{"type":"tool_use","id":"t","name":"ls","input":{"a":[1]}}],"stop_reason":"tool_use"}`,
		`{"choices":[{"message":{"content":"x","tool_calls":[{"function":{"name":"ls","arguments":"{}"}}]}}]}`,
		`{"output":[{"type":"message","content":[{"type":"output_text","text":"x"}]},{"type":"function_call","arguments":"{}"}]}`,
		`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"x","args":{}}},{"inlineData":{"data":"eA=="}}]}}]}`,
	}
	apis := []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini}
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.SampledFrom(bodies).Draw(t, "body"))
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.SampledFrom([]byte(`{}[]":,0a `)).Draw(t, "byte")
		}
		r, err := wire.Decode(rapid.SampledFrom(apis).Draw(t, "api"), b)
		require.True(t, (r == nil) != (err == nil))
		if r != nil {
			for _, part := range r.Parts {
				if c, ok := part.(quire.ToolCall); ok {
					require.NotEmpty(t, c.ID)
				}
			}
		}
	})
}

func TestDecodeFailure(t *testing.T) {
	for _, c := range []struct {
		api    quire.API
		status int
		after  string
		body   string
		code   providers.Code
		delay  time.Duration
	}{
		{quire.APIAnthropic, 429, "7", `{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}`, providers.CodeRateLimited, 7 * time.Second},
		{quire.APIAnthropic, 529, "", `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`, providers.CodeUnavailable, 0},
		{quire.APIAnthropic, 400, "", `{"error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}`, providers.CodeTooLong, 0},
		{quire.APIAnthropic, 413, "", ``, providers.CodeTooLong, 0},
		{quire.APIAnthropic, 400, "", `{"error":{"message":"messages.1: no"}}`, providers.CodeInvalid, 0},
		{quire.APIOpenAIChat, 400, "", `{"error":{"code":"context_length_exceeded","message":"x"}}`, providers.CodeTooLong, 0},
		{quire.APIOpenAIChat, 400, "", `{"error":{"code":"content_policy_violation","message":"x"}}`, providers.CodeRefused, 0},
		{quire.APIOpenAIChat, 401, "0.5", `{"error":{"message":"x","code":null}}`, providers.CodeAuth, 500 * time.Millisecond},
		{quire.APIGemini, 400, "", `{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key not valid."}}`, providers.CodeAuth, 0},
		{quire.APIStrict, 404, "Wed, 21 Oct 2026 07:28:00 GMT", `{"error":"model not found"}`, providers.CodeInvalid, 0},
		{quire.APIStrict, 302, "-3", `<html>`, providers.CodeInvalid, 0},
		{quire.APIStrict, 400, "", `{"error":"{\"error\":{\"message\":\"request (351 tokens) exceeds the available context size\"}}"}`, providers.CodeTooLong, 0},
		{quire.APIOpenAIChat, 429, "", `{"error":{"code":"insufficient_quota","message":"pay first"}}`, providers.CodeOther, 0},
		{quire.APIAnthropic, 429, "", `{"error":{"type":"rate_limit_error","message":"context length too large for your rate limit"}}`, providers.CodeRateLimited, 0},
		{quire.APIGemini, 429, "", `[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"},{"retryDelay":"34.5s"}]}}]`, providers.CodeRateLimited, 34500 * time.Millisecond},
		{quire.APIOpenAIResponses, 0, "", `{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"slow"}}}`, providers.CodeRateLimited, 0},
		{quire.APIOpenAIResponses, 0, "", `{"type":"error","code":"server_error","message":"broken"}`, providers.CodeUnavailable, 0},
		{quire.APIAnthropic, 0, "", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, providers.CodeUnavailable, 0},
	} {
		e := wire.DecodeFailure(c.api, c.status, c.after, []byte(c.body))
		assert.Equal(t, c.code, e.Code, c.body)
		assert.Equal(t, c.delay, e.RetryAfter, c.after)
		assert.Equal(t, c.status, e.Status)
		assert.Error(t, e.Err)
	}
	assert.ErrorContains(t, wire.DecodeFailure(quire.APIStrict, 404, "", []byte(`{"error":"model not found"}`)), "model not found")
}

func TestReportsFailure(t *testing.T) {
	for body, want := range map[string]bool{
		`{"error":{"message":"x"}}`: true, `{"error":"x"}`: true, `[{"error":{}}]`: true,
		`{"type":"error","message":"x"}`: true, `{"response":{"error":{"code":"x"}}}`: true,
		`{"error":null,"output":[]}`: false, `{"text":"{\"error\":1}"}`: false, `"error"`: false, `{"error"`: false,
		`{"response":{"error":null}}`: false, `{"content":[{"type":"text","text":"\"error\""}]}`: false,
	} {
		assert.Equal(t, want, wire.ReportsFailure([]byte(body)), body)
	}
}

func TestErrorIsReadable(t *testing.T) {
	_, err := wire.Encode(quire.APIAnthropic, &quire.Prompt{}, nil)
	assert.EqualError(t, err, "wire: anthropic: A3: no user message")
	_, err = wire.Decode(quire.APIAnthropic, []byte(`{"content":"x"}`))
	assert.ErrorContains(t, err, "wire: anthropic: the reply can't be read: ")
}
