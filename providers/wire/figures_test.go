package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// replies are whole ones that say "Hi", with their usage left open.
var replies = map[quire.API]string{
	quire.APIAnthropic:       `{"content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":USAGE(input_tokens,output_tokens)}`,
	quire.APIOpenAIChat:      `{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":USAGE(prompt_tokens,completion_tokens)}`,
	quire.APIStrict:          `{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":USAGE(prompt_tokens,completion_tokens)}`,
	quire.APIOpenAIResponses: `{"output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],"usage":USAGE(input_tokens,output_tokens)}`,
	quire.APIGemini:          `{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":USAGE(promptTokenCount,candidatesTokenCount)}`,
}

// TestUsageNeverCostsTheAnswer: what can't be read of it counts as not said.
func TestUsageNeverCostsTheAnswer(t *testing.T) {
	for api, body := range replies {
		head, rest, _ := strings.Cut(body, "USAGE(")
		names, tail, _ := strings.Cut(rest, ")")
		in, out, _ := strings.Cut(names, ",")
		for usage, want := range map[string]quire.Usage{
			`{"` + in + `":12.6,"` + out + `":4.0}`:     {Input: 13, Output: 4},
			`{"` + in + `":"12","` + out + `":"4"}`:     {Input: 12, Output: 4},
			`{"` + in + `":null,"` + out + `":4}`:       {Output: 4},
			`{"` + in + `":{"n":1},"` + out + `":[4]}`:  {},
			`{"` + in + `":-3,"` + out + `":1e300}`:     {Output: 1 << 40},
			`{"` + in + `":"many","` + out + `":"NaN"}`: {},
			`{"` + in + `":true,"` + out + `":"+Inf"}`:  {},
			`{"` + in + `":12,"prompt_tokens_details":7,"input_tokens_details":null,"cache_creation":"x","output_tokens_details":[]}`: {Input: 12},
			`null`: {}, `"none"`: {}, `[1]`: {}, `12.6`: {},
		} {
			r, err := wire.Decode(api, []byte(head+usage+tail))
			require.NoError(t, err, "%s %s", api, usage)
			assert.Equal(t, []quire.Part{quire.Text{Text: "Hi"}}, r.Parts)
			assert.Equal(t, want, r.Usage, "%s %s", api, usage)
		}
	}
	for usage, want := range map[string]quire.Usage{
		`"prompt_eval_count":12.6,"eval_count":"4"`: {Input: 13, Output: 4}, `"prompt_eval_count":null,"eval_count":[]`: {},
	} {
		line := `{"model":"m","message":{"content":"Hi"},"done":true,` + usage + `}`
		r, err := wire.Decode(quire.APIOllama, []byte(line))
		require.NoError(t, err)
		assert.Equal(t, want, r.Usage)
		_, _, _, r, err = drain(quire.APIOllama, strings.NewReader(line+"\n"))
		require.NoError(t, err)
		assert.Equal(t, want, r.Usage)
	}
}

// TestLateUsage: a later piece of a stream does not take back what an earlier one said.
func TestLateUsage(t *testing.T) {
	_, _, _, r, err := drain(quire.APIOpenAIChat, strings.NewReader(sse(
		`{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":15,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":5}}}`,
		`{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":9.5,"prompt_tokens_details":{"cached_tokens":null}}}`, `{"choices":[],"usage":"none"}`, `[DONE]`)))
	require.NoError(t, err)
	assert.Equal(t, quire.Usage{Input: 15, CachedInput: 5, Output: 10}, r.Usage)
	_, _, _, r, err = drain(quire.APIGemini, strings.NewReader(sse(
		`{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}],"usageMetadata":{"promptTokenCount":15}}`,
		`{"candidates":[{"finishReason":"STOP"}],"usageMetadata":null}`)))
	require.NoError(t, err)
	assert.Equal(t, quire.Usage{Input: 15}, r.Usage)
}

// TestStops: every reason that the formats know, and one that nobody does.
func TestStops(t *testing.T) {
	for api, want := range map[quire.API]map[string]quire.StopReason{
		quire.APIAnthropic: {"end_turn": quire.StopEnd, "max_tokens": quire.StopLength, "model_context_window_exceeded": quire.StopLength,
			"refusal": quire.StopRefused, "pause_turn": quire.StopPaused, "surprise": quire.StopOther},
		quire.APIOpenAIChat: {"stop": quire.StopEnd, "length": quire.StopLength, "model_length": quire.StopLength, "content_filter": quire.StopRefused,
			"sensitive": quire.StopRefused, "max_tokens": quire.StopLength, "surprise": quire.StopOther},
		quire.APIGemini: {"STOP": quire.StopEnd, "MAX_TOKENS": quire.StopLength, "SAFETY": quire.StopRefused, "surprise": quire.StopOther},
	} {
		whole := strings.ReplaceAll(replies[api], "USAGE", `{}`)
		for _, cut := range []string{"(input_tokens,output_tokens)", "(prompt_tokens,completion_tokens)", "(promptTokenCount,candidatesTokenCount)"} {
			whole = strings.Replace(whole, cut, "", 1)
		}
		for reason, stop := range want {
			body := whole
			for _, was := range []string{`"end_turn"`, `"stop"`, `"STOP"`} {
				body = strings.Replace(body, was, `"`+reason+`"`, 1)
			}
			r, err := wire.Decode(api, []byte(body))
			require.NoError(t, err, body)
			assert.Equal(t, stop, r.Stop, body)
			assert.Equal(t, stop == quire.StopEnd || stop == quire.StopPaused, r.Whole() == 1, body)
		}
	}
}

// TestCutOffCall: a call that ran into the limit is no call to run, streamed or whole.
func TestCutOffCall(t *testing.T) {
	for api, stream := range map[quire.API]string{
		quire.APIAnthropic:  sse(anthropicBegun, use("0", "a"), input("0", `{\"a\":1}`), stop("0"), use("1", "b"), `{"type":"message_delta","delta":{"stop_reason":"max_tokens"}}`, `{"type":"message_stop"}`),
		quire.APIOpenAIChat: sse(calls(`{"index":0,"id":"a","function":{"name":"ls","arguments":"{\"a\":1}"}}`), calls(`{"index":1,"id":"b","function":{"name":"ls","arguments":""}}`), `{"choices":[{"delta":{},"finish_reason":"length"}]}`),
		quire.APIOpenAIResponses: sse(`{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[` +
			`{"type":"function_call","call_id":"a","name":"ls","arguments":"{\"a\":1}"},{"type":"function_call","call_id":"b","name":"ls","arguments":""}]}}`),
		quire.APIGemini: sse(`{"candidates":[{"content":{"parts":[{"functionCall":{"id":"a","name":"ls","args":{"a":1}}},{"functionCall":{"id":"b","name":"ls","args":{}}}]},"finishReason":"MAX_TOKENS"}]}`),
		quire.APIOllama: `{"message":{"tool_calls":[{"id":"a","function":{"name":"ls","arguments":{"a":1}}},{"id":"b","function":{"name":"ls","arguments":{}}}]},"done":true,"done_reason":"length"}` + "\n",
	} {
		_, _, _, r, err := drain(api, strings.NewReader(stream))
		require.NoError(t, err, api)
		require.Len(t, r.Parts, 2)
		assert.Equal(t, quire.StopLength, r.Stop, api)
		assert.Equal(t, 1, r.Whole(), api)
	}
}
