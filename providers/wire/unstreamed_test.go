package wire_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// read returns what the deltas of a stream say, and the reply.
func read(t *testing.T, api quire.API, s string) (said string, reply *quire.Reply, err error) {
	t.Helper()
	for d, e := range wire.DecodeStream(api, strings.NewReader(s)) {
		if e != nil {
			return said, reply, e
		}
		said += d.Reasoning + d.Text
		if d.ToolCall != nil {
			said += d.ToolCall.Name
		}
		if d.Reply != nil {
			reply = d.Reply
		}
	}
	return said, reply, nil
}

// A server that knows no streams answers with the whole reply.
func TestWholeReplyInPlaceOfAStream(t *testing.T) {
	for api, body := range map[quire.API]string{
		quire.APIOpenAIChat:      `{"choices":[{"message":{"role":"assistant","content":"Hi","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}`,
		quire.APIOpenAIResponses: `{"status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]},{"type":"function_call","call_id":"1","name":"f","arguments":"{}"}]}`,
		quire.APIAnthropic:       `{"type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"},{"type":"tool_use","id":"1","name":"f","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":2}}`,
		quire.APIGemini:          `{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"},{"functionCall":{"id":"1","name":"f","args":{}}}]},"finishReason":"STOP"}]}`,
	} {
		want, err := wire.Decode(api, []byte(body))
		require.NoError(t, err)
		for _, in := range []string{body, "\n " + strings.ReplaceAll(body, ":[", ":\n[") + "\n"} {
			said, reply, err := read(t, api, in)
			require.NoError(t, err, api)
			assert.Equal(t, "Hif", said, api)
			assert.Equal(t, want, reply, api)
		}
		_, _, err = read(t, api, body[:len(body)-2])
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, api)
		var reported *wire.ReportedError
		_, _, err = read(t, api, `{"error":{"message":"overloaded","code":503}}`)
		assert.ErrorAs(t, err, &reported, api)
		_, reply, err := read(t, api, `{"status":"busy"}`)
		assert.Error(t, err, api)
		assert.Nil(t, reply, api)
	}
}

// Gemini sends the list of its pieces to who does not ask for events.
func TestListOfPieces(t *testing.T) {
	in := `[{"candidates":[{"content":{"role":"model","parts":[{"text":"H"}]}}]},
{"candidates":[{"content":{"role":"model","parts":[{"text":"i"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}
]`
	said, reply, err := read(t, quire.APIGemini, in)
	require.NoError(t, err)
	assert.Equal(t, "Hi", said)
	assert.Equal(t, []quire.Part{quire.Text{Text: "Hi"}}, reply.Parts)
	assert.Equal(t, 3, reply.Usage.Input)
	for _, n := range []int{len(in) - 1, len(in) - 5, 60} {
		_, reply, err = read(t, quire.APIGemini, in[:n])
		assert.Error(t, err, n)
		assert.Nil(t, reply, n)
	}
	_, _, err = read(t, quire.APIGemini, `[{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}]`)
	var reported *wire.ReportedError
	assert.True(t, errors.As(err, &reported), "%v", err)
}

// A piece of another kind than its block is no part of any block: the reply is garbled.
func TestPiecesOfAnotherKind(t *testing.T) {
	start := `data: {"type":"message_start","message":{"id":"m","role":"assistant","model":"c","content":[],"usage":{"input_tokens":1}}}` + "\n\n"
	for block, delta := range map[string]string{
		`{"type":"tool_use","id":"t","name":"f","input":{}}`: `{"type":"text_delta","text":"A"}`,
		`{"type":"text","text":""}`:                          `{"type":"input_json_delta","partial_json":"{}"}`,
		`{"type":"thinking","thinking":""}`:                  `{"type":"text_delta","text":"A"}`,
	} {
		_, reply, err := read(t, quire.APIAnthropic, start+`data: {"type":"content_block_start","index":0,"content_block":`+block+"}\n\n"+
			`data: {"type":"content_block_delta","index":0,"delta":`+delta+"}\n\n")
		assert.ErrorContains(t, err, "garbled", block)
		assert.Nil(t, reply)
	}
}
