package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// TestPhasesGoBack: what OpenAI calls commentary and what an answer stays so, whole,
// streamed and through a gateway that leaves the last event's output empty.
func TestPhasesGoBack(t *testing.T) {
	items := []string{`{"type":"message","id":"m1","phase":"commentary","role":"assistant","content":[{"type":"output_text","text":"Let me look."}]}`,
		`{"type":"function_call","call_id":"f1","name":"find","arguments":"{}"}`,
		`{"type":"message","id":"m2","phase":"final_answer","role":"assistant","content":[{"type":"output_text","text":"Here."}]}`}
	whole := `{"id":"r","model":"gpt-5.4","status":"completed","output":[` + strings.Join(items, ",") + `]}`
	r := told(t, quire.APIOpenAIResponses, "gpt-5.4", whole)
	want := []quire.Part{quire.Text{Text: "Let me look.", Phase: "commentary"}, quire.ToolCall{ID: "f1", Name: "find", Args: "{}"}, quire.Text{Text: "Here.", Phase: "final_answer"}}
	assert.Equal(t, want, r.Parts)
	for _, output := range []string{`[` + strings.Join(items, ",") + `]`, `[]`} {
		var s strings.Builder
		for i, it := range items {
			fmt.Fprintf(&s, "data: {\"type\":\"response.output_item.done\",\"output_index\":%d,\"item\":%s}\n\n", i, it)
		}
		fmt.Fprintf(&s, "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"model\":\"gpt-5.4\",\"status\":\"completed\",\"output\":%s}}\n\n", output)
		for d, err := range wire.DecodeStream(quire.APIOpenAIResponses, strings.NewReader(s.String())) {
			require.NoError(t, err)
			if d.Reply != nil {
				assert.Equal(t, want, d.Reply.Parts)
			}
		}
	}
	body, err := wire.Encode(quire.APIOpenAIResponses, follow("gpt-5.4", r), nil)
	require.NoError(t, err)
	assert.Contains(t, string(body), `{"type":"message","role":"assistant","phase":"commentary","content":"Let me look."}`)
	assert.Contains(t, string(body), `"phase":"final_answer","content":"Here."`)
	body, err = wire.Encode(quire.APIAnthropic, follow("claude-opus-5", r), nil)
	require.NoError(t, err)
	assert.NotContains(t, string(body), "phase")
}

// TestWhatTheServerDidToThePromptIsKept: whole and streamed, and the last word of a stream
// in which another model took over.
func TestWhatTheServerDidToThePromptIsKept(t *testing.T) {
	want := []quire.InputChange{{What: "thinking_dropped", Path: "messages.3.content.0", Why: "prefix_binding_mismatch"}}
	const changed = `"input_transformations":[{"type":"thinking_dropped","path":"messages.3.content.0","reason":"prefix_binding_mismatch"}]`
	r, err := wire.Decode(quire.APIAnthropic, []byte(`{"model":"claude-fable-5-1","content":[{"type":"text","text":"x"}],"stop_reason":"end_turn",`+changed+`}`))
	require.NoError(t, err)
	assert.Equal(t, want, r.Changed)
	for _, odd := range []string{`null`, `"x"`, `{}`, `[1]`, `[]`} {
		r, err := wire.Decode(quire.APIAnthropic, []byte(`{"content":[{"type":"text","text":"x"}],"input_transformations":`+odd+`}`))
		require.NoError(t, err, odd)
		assert.Empty(t, r.Changed, odd)
	}
	for _, at := range [][2]string{{"," + changed, ""}, {"", "," + changed}, {`,"input_transformations":[]`, "," + changed}} {
		stream := `data: {"type":"message_start","message":{"model":"claude-fable-5-1","content":[]` + at[0] + `}}` + "\n\n" +
			`data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"x"}}` + "\n\n" + `data: {"type":"content_block_stop","index":0}` + "\n\n" +
			`data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}` + at[1] + `}` + "\n\n" + `data: {"type":"message_stop"}` + "\n\n"
		n := 0
		for d, err := range wire.DecodeStream(quire.APIAnthropic, strings.NewReader(stream)) {
			require.NoError(t, err)
			if d.Reply != nil {
				assert.Equal(t, want, d.Reply.Changed)
				n++
			}
		}
		assert.Equal(t, 1, n)
	}
}

// TestWhatIsBesideAnAnswerNeverCostsIt: words in another form than theirs count as not said.
func TestWhatIsBesideAnAnswerNeverCostsIt(t *testing.T) {
	for _, phase := range []string{`7`, `null`, `{"a":1}`, `"new_phase"`} {
		r := told(t, quire.APIOpenAIResponses, "gpt-6.2-sol", `{"id":"r","model":"gpt-6.2-sol","status":"completed","output":[{"type":"message","id":12,"role":"assistant","phase":`+phase+`,"content":[{"type":"output_text","text":"Look."}]}]}`)
		require.Len(t, r.Parts, 1, phase)
		assert.Equal(t, "Look.", r.Parts[0].(quire.Text).Text, phase)
	}
	dropped := quire.InputChange{What: "thinking_dropped", Path: "messages.3", Why: "7"}
	const one = `{"type":"thinking_dropped","path":"messages.3","reason":7,"more":[1]}`
	for changed, want := range map[string][]quire.InputChange{
		one: {dropped}, "[null,3," + one + `,"a",{"type":["x"]}]`: {dropped}, `"x"`: nil, `null`: nil, `12`: nil, `[]`: nil,
	} {
		r := told(t, quire.APIAnthropic, "claude-fable-5-2", `{"model":"claude-fable-5-2","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn","input_transformations":`+changed+`}`)
		assert.Equal(t, want, r.Changed, changed)
		assert.Len(t, r.Parts, 1)
	}
}
