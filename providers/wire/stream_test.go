package wire_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// sse writes each line as one event.
func sse(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("event: x\r\n: a comment\ndata: " + l + "\n\n")
	}
	return b.String()
}

var streams = map[quire.API]string{
	quire.APIAnthropic: sse(
		`{"type":"message_start","message":{"id":"m1","model":"claude-opus-5","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}}`,
		`{"type":"ping"}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"m"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"ls","input":{}}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"z\":1,"}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"a\":12345678901234567890}"}}`,
		`{"type":"content_block_stop","index":1}`,
		`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t2","name":"ls","input":{}}}`,
		`{"type":"content_block_stop","index":2}`,
		`{"type":"content_block_start","index":3,"content_block":{"type":"redacted_thinking","data":"xyz"}}`,
		`{"type":"content_block_stop","index":3}`,
		`{"type":"content_block_start","index":4,"content_block":{"type":"server_tool_use","id":"s","name":"web","input":{}}}`,
		`{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"{\"q\":\"x\"}"}}`,
		`{"type":"content_block_stop","index":4}`,
		`{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}`,
		`{"type":"message_stop"}`),
	quire.APIOpenAIChat: sse(
		`{"id":"c1","model":"gpt-4.1","choices":[{"delta":{"role":"assistant","content":""}}]}`,
		`{"id":"c1","choices":[{"delta":{"reasoning_content":"hm"}}]}`,
		`{"id":"c1","choices":[{"delta":{"tool_calls":[{"index":0,"id":"t1","function":{"name":"ls","arguments":""}}]}}]}`,
		`{"id":"c1","choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"z\":1,"}}]}}]}`,
		`{"id":"c1","choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"a\":12345678901234567890}"}}]}}]}`,
		`{"id":"c1","choices":[{"delta":{"tool_calls":[{"index":0,"id":"t2","function":{"name":"ls","arguments":"{}"}}]}}]}`,
		`{"id":"c1","choices":[{"delta":{},"finish_reason":"tool_calls"}]}`,
		`{"id":"c1","choices":[],"usage":{"prompt_tokens":15,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":5}}}`,
		`[DONE]`),
	quire.APIOpenAIResponses: sse(
		`{"type":"response.created","response":{"id":"r1"}}`,
		`{"type":"response.output_item.done","item":{"type":"reasoning","id":"rs","summary":[{"text":"h"},{"text":"m"}],"encrypted_content":"e"}}`,
		`{"type":"response.output_item.done","item":{"type":"function_call","call_id":"t1","name":"ls","arguments":"{\"z\":1,\"a\":12345678901234567890}"}}`,
		`{"type":"response.output_item.done","item":{"type":"function_call","call_id":"t2","name":"ls","arguments":"{}"}}`,
		`{"type":"response.completed","response":{"id":"r1","model":"gpt-6","status":"completed","output":[{"type":"reasoning","id":"rs","summary":[{"text":"h"},{"text":"m"}],"encrypted_content":"e"},{"type":"function_call","call_id":"t1","name":"ls","arguments":"{\"z\":1,\"a\":12345678901234567890}"},{"type":"function_call","call_id":"t2","name":"ls","arguments":"{}"}],"usage":{"input_tokens":15,"output_tokens":9,"input_tokens_details":{"cached_tokens":5}}}}`),
	quire.APIGemini: sse(
		`{"responseId":"g1","modelVersion":"gemini-3-pro","candidates":[{"content":{"parts":[{"text":"h","thought":true}]}}],"usageMetadata":{"promptTokenCount":15}}`,
		`{"candidates":[{"content":{"parts":[{"text":"m","thought":true},{"functionCall":{"id":"t1","name":"ls","args":{"z":1,"a":12345678901234567890}},"thoughtSignature":"c2ln"}]}}]}`,
		`{"candidates":[{"content":{"parts":[{"functionCall":{"id":"t2","name":"ls","args":{}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":15,"cachedContentTokenCount":5,"candidatesTokenCount":9}}`),
}

// drain reads a stream to its end.
func drain(api quire.API, r io.Reader) (text, thought string, calls []quire.ToolCall, reply *quire.Reply, err error) {
	for d, e := range wire.DecodeStream(api, r) {
		if err != nil || reply != nil {
			return "", "", nil, nil, errors.New("it goes on after its end")
		}
		text, thought, reply, err = text+d.Text, thought+d.Reasoning, d.Reply, e
		if d.ToolCall != nil {
			calls = append(calls, *d.ToolCall)
		}
	}
	return text, thought, calls, reply, err
}

func TestDecodeStream(t *testing.T) {
	for api, body := range streams {
		for _, r := range []io.Reader{strings.NewReader(body), iotest.OneByteReader(strings.NewReader(body))} {
			_, thought, calls, reply, err := drain(api, r)
			require.NoError(t, err, api)
			require.NotNil(t, reply)
			assert.Equal(t, quire.StopTools, reply.Stop)
			assert.Equal(t, quire.Usage{Input: 15, CachedInput: 5, Output: 9}, reply.Usage, api)
			var whole string
			var made []quire.ToolCall
			for _, part := range reply.Parts {
				switch part := part.(type) {
				case quire.Reasoning:
					whole += part.Text
				case quire.ToolCall:
					made = append(made, part)
				}
			}
			assert.Equal(t, whole, thought, api)
			assert.Equal(t, "hm", strings.ReplaceAll(thought, "\n", ""))
			assert.Equal(t, made, calls, api)
			require.Len(t, calls, 2)
			assert.Equal(t, odd, calls[0].Args, api)
			assert.Equal(t, "{}", calls[1].Args, api)
		}
	}
	_, _, _, reply, err := drain(quire.APIAnthropic, strings.NewReader(streams[quire.APIAnthropic]))
	require.NoError(t, err)
	assert.Equal(t, quire.Reasoning{Model: "claude-opus-5", Text: "hm", Signature: "sig"}, reply.Parts[0])
	assert.Equal(t, quire.Reasoning{Model: "claude-opus-5", Data: "xyz"}, reply.Parts[3])
	assert.Contains(t, string(reply.Parts[4].(quire.Opaque).Raw), `"input":{"q":"x"}`)
}

func TestDecodeStreamFails(t *testing.T) {
	for api, body := range streams {
		events := strings.SplitAfter(body, "\n\n")
		cut := strings.Join(events[:2], "")
		_, _, _, reply, err := drain(api, strings.NewReader(cut))
		var we *wire.Error
		require.ErrorAs(t, err, &we, api)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Nil(t, reply)

		mine := errors.New("the line dropped")
		_, _, _, _, err = drain(api, io.MultiReader(strings.NewReader(cut), iotest.ErrReader(mine)))
		assert.ErrorIs(t, err, mine, api)

		for _, bad := range []string{"nonsense", `{"type":"error","error":{"message":"overloaded"}}`} {
			_, _, _, _, err = drain(api, strings.NewReader(cut+sse(bad)))
			require.ErrorAs(t, err, &we, "%s %s", api, bad)
		}
	}
	_, _, _, _, err := drain("telex", strings.NewReader(""))
	assert.ErrorContains(t, err, "no such format")
}

func TestDecodeStreamCanBeLeft(t *testing.T) {
	for api, body := range streams {
		n := 0
		for range wire.DecodeStream(api, strings.NewReader(body)) {
			n++
			break
		}
		assert.Equal(t, 1, n)
	}
}

func TestDecodeStreamSurvivesAnything(t *testing.T) {
	apis := []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini}
	rapid.Check(t, func(t *rapid.T) {
		api := rapid.SampledFrom(apis).Draw(t, "api")
		b := []byte(streams[api])
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("{}[]\":,0a-9 \n")).Draw(t, "byte")
		}
		_, _, _, reply, err := drain(api, strings.NewReader(string(b)))
		require.True(t, (reply == nil) != (err == nil), "%v %v", reply, err)
		if err != nil {
			var we *wire.Error
			require.ErrorAs(t, err, &we)
		}
	})
}
