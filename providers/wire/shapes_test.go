package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// TestChatShapesOfServers: shapes of the chat format that recorded replies of servers have,
// in inputs of our own. Streams give what the whole reply gives, and their deltas add up.
func TestChatShapesOfServers(t *testing.T) {
	said := []quire.Part{quire.Text{Text: "Hi you"}}
	for name, c := range map[string]struct {
		stream []string
		want   []quire.Part
	}{
		"message repeats the delta": {[]string{
			`{"choices":[{"index":0,"message":{"content":null},"delta":{"content":null}}]}`,
			`{"choices":[{"index":0,"message":{"content":"Hi "},"delta":{"content":"Hi "}}]}`,
			`{"choices":[{"index":0,"message":{"content":"you"},"delta":{"content":"you"},"finish_reason":"stop"}]}`,
		}, said},
		"message holds all so far": {[]string{
			`{"choices":[{"index":0,"delta":{"content":"Hi "},"message":{"content":"Hi "}}]}`,
			`{"choices":[{"index":0,"delta":{"content":"you"},"message":{"content":"Hi you"}}]}`,
			`{"choices":[{"index":0,"delta":{"content":""},"message":{"content":"Hi you"},"finish_reason":"stop"}]}`,
		}, said},
		"message alone at the end": {[]string{
			`{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`,
			`{"choices":[{"index":0,"delta":{},"message":{"content":"Hi you"},"finish_reason":"stop"}]}`,
		}, said},
		"several answers": {[]string{
			`{"choices":[{"index":1,"delta":{"content":"Hi "}}]}`, `{"choices":[{"index":0,"delta":{"content":"Not "}}]}`,
			`{"choices":[{"index":0,"delta":{"content":"this"}},{"index":1,"delta":{"content":"you"}}]}`,
			`{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}`, `{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}`,
		}, said},
		"no index":            {[]string{chunk(`{"content":"Hi "}`), chunk(`{"content":"you"}`), `{"choices":[{"delta":{},"finish_reason":"stop"}]}`}, said},
		"labels are no words": {[]string{`{"id":7,"model":null,"choices":[{"delta":{"content":"Hi you"},"finish_reason":"stop"}]}`}, said},
		"an object to a schema": {[]string{`{"choices":[{"delta":{"content":{"b":1,"a":[2]}},"finish_reason":"stop"}]}`},
			[]quire.Part{quire.Text{Text: `{"b":1,"a":[2]}`}}},
		"an empty older call": {[]string{`{"choices":[{"delta":{"content":"Hi you","function_call":{"name":"","arguments":""}},"finish_reason":"stop"}]}`}, said},
	} {
		text, _, _, reply, err := drain(quire.APIOpenAIChat, strings.NewReader(sse(append(c.stream, "[DONE]")...)))
		require.NoError(t, err, name)
		assert.Equal(t, c.want, reply.Parts, name)
		assert.Equal(t, quire.StopEnd, reply.Stop, name)
		assert.Equal(t, quire.PlainText(c.want), text, name)
	}
	reply, err := wire.Decode(quire.APIOpenAIChat, []byte(`{"id":7,"choices":[{"message":{"content":{"b":1,"a":[2]}},"finish_reason":"stop"}]}`))
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{quire.Text{Text: `{"b":1,"a":[2]}`}}, reply.Parts)
	assert.Equal(t, "7", reply.ID)
}

// TestTheOlderCall: a call in the form that tool_calls replaced is a call.
func TestTheOlderCall(t *testing.T) {
	want := quire.ToolCall{Name: "add", Args: `{"a":1}`}
	check := func(r *quire.Reply, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Len(t, r.Parts, 1)
		c := r.Parts[0].(quire.ToolCall)
		assert.NotEmpty(t, c.ID)
		c.ID = ""
		assert.Equal(t, want, c)
		assert.Equal(t, quire.StopTools, r.Stop)
	}
	check(wire.Decode(quire.APIOpenAIChat, []byte(`{"choices":[{"finish_reason":"stop","message":{"content":null,"function_call":{"name":"add","arguments":"{\"a\":1}"}}}]}`)))
	_, _, _, r, err := drain(quire.APIOpenAIChat, strings.NewReader(sse(
		chunk(`{"content":null,"function_call":{"name":"add","arguments":""}}`), chunk(`{"function_call":{"arguments":"{\"a\""}}`),
		chunk(`{"function_call":{"arguments":":1}"}}`), `{"choices":[{"delta":{},"finish_reason":"function_call"}]}`)))
	check(r, err)
}

// TestGeminiFinishesByNumber: a server that was asked for numbers, or a gateway, says why
// it ended in one. What is no reason that both of Google's APIs number alike is other.
func TestGeminiFinishesByNumber(t *testing.T) {
	for finish, want := range map[string]quire.StopReason{
		`1`: quire.StopEnd, `2`: quire.StopLength, `3`: quire.StopRefused, `4`: quire.StopRefused, `5`: quire.StopOther, `11`: quire.StopOther,
		`"STOP"`: quire.StopEnd, `null`: quire.StopEnd, `{}`: quire.StopEnd,
	} {
		body := `{"responseId":1,"candidates":[{"finishReason":` + finish + `,"content":{"parts":[{"text":"x"}]}}]}`
		r, err := wire.Decode(quire.APIGemini, []byte(body))
		require.NoError(t, err, finish)
		assert.Equal(t, want, r.Stop, finish)
		assert.Equal(t, "x", quire.PlainText(r.Parts), finish)
	}
	_, _, _, r, err := drain(quire.APIGemini, strings.NewReader(sse(
		`{"candidates":[{"finishReason":0,"content":{"parts":[{"text":"x"}]}}]}`, `{"candidates":[{"finishReason":2,"content":{"parts":[{"text":"y"}]}}]}`)))
	require.NoError(t, err)
	assert.Equal(t, quire.StopLength, r.Stop)
	_, _, _, _, err = drain(quire.APIGemini, strings.NewReader(sse(`{"candidates":[{"finishReason":0,"content":{"parts":[{"text":"x"}]}}]}`)))
	assert.Error(t, err, "0 is no end")
}

// TestAMessageBegunTwice: a gateway that says its first event again says nothing new;
// another message, or the same one later, is garbled.
func TestAMessageBegunTwice(t *testing.T) {
	text := []string{`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"x"}}`, stop("0"),
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"}}`, `{"type":"message_stop"}`}
	begun := `{"type":"message_start","message":{"id":"m","usage":{"input_tokens":3}}}`
	_, _, _, r, err := drain(quire.APIAnthropic, strings.NewReader(sse(append([]string{begun, begun}, text...)...)))
	require.NoError(t, err)
	assert.Equal(t, "x", quire.PlainText(r.Parts))
	for _, events := range [][]string{
		{begun, `{"type":"message_start","message":{"id":"n"}}`}, {begun, text[0], text[1], begun}, {`{"type":"message_start","message":{}}`, `{"type":"message_start","message":{}}`},
	} {
		_, _, _, _, err := drain(quire.APIAnthropic, strings.NewReader(sse(append(events, text...)...)))
		assert.ErrorIs(t, err, wire.ErrGarbled, "%v", events)
	}
}

// TestReasoningBesideTheOutput: reasoning that is more than the output it should be part of,
// and that the total leaves out as well, comes on top; where the total has it, it counts once.
func TestReasoningBesideTheOutput(t *testing.T) {
	for usage, want := range map[string]quire.Usage{
		`{"prompt_tokens":5,"completion_tokens":10,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":96}}`:  {Input: 5, Output: 106, Reasoning: 96},
		`{"prompt_tokens":5,"completion_tokens":10,"total_tokens":111,"completion_tokens_details":{"reasoning_tokens":96}}`: {Input: 5, Output: 106, Reasoning: 96},
		`{"prompt_tokens":5,"completion_tokens":96,"total_tokens":101,"completion_tokens_details":{"reasoning_tokens":96}}`: {Input: 5, Output: 96, Reasoning: 96},
	} {
		r, err := wire.Decode(quire.APIOpenAIChat, []byte(`{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":`+usage+`}`))
		require.NoError(t, err)
		assert.Equal(t, want, r.Usage, usage)
	}
}
