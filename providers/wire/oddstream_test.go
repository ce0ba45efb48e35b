package wire_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

func chunk(delta string) string { return `{"choices":[{"delta":` + delta + `}]}` }

func calls(list string) string { return chunk(`{"tool_calls":[` + list + `]}`) }

const finished = `{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}`

// TestStreamedCalls: pieces find their call by index and id, or nobody's guess is taken.
func TestStreamedCalls(t *testing.T) {
	add := func(args string) quire.ToolCall { return quire.ToolCall{Name: "add", Args: args} }
	one, two := add(`{"a":1}`), add(`{"a":2}`)
	for name, c := range map[string]struct {
		events []string
		want   []quire.ToolCall // nil: garbled
	}{
		"one index, no ids":       {[]string{calls(`{"index":0,"function":{"name":"add","arguments":"{\"a\":1}"}}`), calls(`{"index":0,"function":{"name":"add","arguments":"{\"a\":2}"}}`)}, []quire.ToolCall{one, two}},
		"no index, no ids":        {[]string{calls(`{"function":{"name":"add","arguments":"{\"a\":1}"}}`), calls(`{"function":{"name":"add","arguments":"{\"a\":2}"}}`)}, []quire.ToolCall{one, two}},
		"index null, one list":    {[]string{calls(`{"index":null,"function":{"name":"add","arguments":"{\"a\":1}"}},{"index":null,"function":{"name":"add","arguments":"{\"a\":2}"}}`)}, []quire.ToolCall{one, two}},
		"one after the other":     {[]string{calls(`{"function":{"name":"add","arguments":"{\"a\""}}`), calls(`{"function":{"arguments":":1}"}}`), calls(`{"function":{"name":"add","arguments":""}}`), calls(`{"function":{"name":"add","arguments":"{\"a\":2}"}}`)}, []quire.ToolCall{one, two}},
		"side by side, by index":  {[]string{calls(`{"index":0,"function":{"name":"add"}},{"index":1,"function":{"name":"add"}}`), calls(`{"index":1,"function":{"arguments":"{\"a\":2}"}}`), calls(`{"index":0,"function":{"arguments":"{\"a\":1}"}}`)}, []quire.ToolCall{one, two}},
		"side by side, no index":  {[]string{calls(`{"function":{"name":"add"}},{"function":{"name":"add"}}`), calls(`{"function":{"arguments":"{\"a\":2}"}}`)}, nil},
		"mixed up":                {[]string{calls(`{"index":0,"function":{"name":"add","arguments":"{\"a\":"}}`), calls(`{"index":0,"function":{"name":"rm","arguments":"{\"a\":"}}`)}, nil},
		"arguments of nobody":     {[]string{calls(`{"index":0,"function":{"name":"add","arguments":"{\"a\":1}"}}`), calls(`{"index":0,"function":{"arguments":"{\"a\":2}"}}`)}, nil},
		"no beginning":            {[]string{calls(`{"index":1,"function":{"arguments":"{\"a\":2}"}}`)}, nil},
		"a name in pieces":        {[]string{calls(`{"index":0,"function":{"name":"a"}}`), calls(`{"index":0,"function":{"name":"dd"}}`), calls(`{"index":0,"function":{"arguments":"{\"a\":1}"}}`)}, []quire.ToolCall{one}},
		"a name again and again":  {[]string{calls(`{"index":0,"function":{"name":"add","arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"name":"add","arguments":":1}"}}`), calls(`{"index":0,"function":{"name":"add","arguments":""}}`)}, []quire.ToolCall{one}},
		"arguments as an object":  {[]string{calls(`{"index":0,"function":{"name":"add","arguments":{"a":1}}}`)}, []quire.ToolCall{one}},
		"arguments null at first": {[]string{calls(`{"index":0,"function":{"name":"add","arguments":null}}`), calls(`{"index":0,"function":{"arguments":"{\"a\":1}"}}`)}, []quire.ToolCall{one}},
	} {
		_, _, got, reply, err := drain(quire.APIOpenAIChat, strings.NewReader(sse(append(c.events, finished)...)))
		if c.want == nil {
			assert.ErrorIs(t, err, wire.ErrGarbled, name)
			continue
		}
		require.NoError(t, err, name)
		for i := range got {
			assert.Equal(t, reply.Parts[i], quire.Part(got[i]), name)
			got[i].ID = ""
		}
		assert.Equal(t, c.want, got, name)
	}
	// With ids of their own, the same index is enough, whole or in pieces.
	_, _, got, _, err := drain(quire.APIOpenAIChat, strings.NewReader(sse(
		calls(`{"index":0,"id":"x","function":{"name":"add","arguments":""}},{"index":0,"id":"y","function":{"name":"add","arguments":""}}`),
		calls(`{"index":0,"id":"y","function":{"arguments":"{\"a\":2}"}}`), calls(`{"index":0,"id":"x","function":{"arguments":"{\"a\":1}"}}`), finished)))
	require.NoError(t, err)
	assert.Equal(t, []quire.ToolCall{{ID: "x", Name: "add", Args: `{"a":1}`}, {ID: "y", Name: "add", Args: `{"a":2}`}}, got)
}

// TestChatShapes: what servers put in place of OpenAI's own shapes.
func TestChatShapes(t *testing.T) {
	stop := `{"choices":[{"delta":{},"finish_reason":"stop"}]}`
	text := []quire.Part{quire.Text{Text: "Hi you"}}
	for name, c := range map[string]struct {
		stream string
		want   []quire.Part
	}{
		"message for delta":  {sse(`{"choices":[{"message":{"content":"Hi you"},"finish_reason":"stop"}]}`, `[DONE]`), text},
		"message, no finish": {sse(`{"choices":[{"message":{"content":"Hi you"}}]}`, `[DONE]`), text},
		"parts":              {sse(chunk(`{"content":[{"type":"text","text":"Hi "}]}`), chunk(`{"content":"you"}`), stop), text},
		"thinking parts": {sse(chunk(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"h"}]}]}`), chunk(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"m"}]}]}`), chunk(`{"content":"Hi you"}`), stop),
			[]quire.Part{quire.Reasoning{Model: "", Text: "hm"}, quire.Text{Text: "Hi you"}}},
		"other parts": {sse(chunk(`{"content":[{"type":"reference","reference_ids":[1]}]}`), stop),
			[]quire.Part{quire.Opaque{Kind: "openai-chat/reference", Raw: []byte(`{"kind":"openai-chat/reference","block":{"type":"reference","reference_ids":[1]}}`)}}},
		"no blank lines":               {"data: " + chunk(`{"content":"Hi "}`) + "\ndata: " + chunk(`{"content":"you"}`) + "\ndata: " + stop + "\ndata: [DONE]\n", text},
		"named events, no blank lines": {"event: chunk\ndata: " + chunk(`{"content":"Hi "}`) + "\nevent: chunk\ndata: " + chunk(`{"content":"you"}`) + "\nevent: chunk\ndata: " + stop, text},
	} {
		_, _, _, reply, err := drain(quire.APIOpenAIChat, strings.NewReader(c.stream))
		require.NoError(t, err, name)
		assert.Equal(t, c.want, reply.Parts, name)
		assert.Equal(t, quire.StopEnd, reply.Stop, name)
	}
	r, err := wire.Decode(quire.APIOpenAIChat, []byte(`{"choices":[{"delta":{"content":"Hi you"},"finish_reason":"stop"}]}`))
	require.NoError(t, err)
	assert.Equal(t, text, r.Parts)
}

// TestNothingIsNoReply: a stream that says nothing is one that broke off.
func TestNothingIsNoReply(t *testing.T) {
	for _, api := range []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIStrict, quire.APIOpenAIResponses, quire.APIGemini, quire.APIOllama} {
		for _, body := range []string{"", sse(`[DONE]`), "\n\n", ": alive\n\n"} {
			if api == quire.APIGemini && body == sse(`[DONE]`) || api == quire.APIOllama && strings.Contains(body, ":") {
				continue // no line of theirs
			}
			_, _, _, reply, err := drain(api, strings.NewReader(body))
			assert.Nil(t, reply)
			assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s %q", api, body)
		}
	}
	_, _, _, _, err := drain(quire.APIOpenAIChat, strings.NewReader(sse(`{"choices":[{"delta":{"role":"assistant","content":""}}]}`, `[DONE]`)))
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = wire.Decode(quire.APIOpenAIChat, []byte(`{"choices":[{"index":0}]}`))
	assert.ErrorContains(t, err, "no message")
}

// TestFailuresOutsideOfEvents: a server may tell that it failed in any of these.
func TestFailuresOutsideOfEvents(t *testing.T) {
	begun := sse(chunk(`{"content":"Hi "}`))
	for name, c := range map[string][2]string{
		"error line":        {"error: {\"code\":500,\"message\":\"it broke\",\"type\":\"server_error\"}\n\n", "it broke"},
		"whole error line":  {"error: {\"error\":{\"message\":\"it broke\"}}\n", "it broke"},
		"words":             {"error: it broke\n", "it broke"},
		"bare JSON":         {`{"error":{"message":"it broke"}}`, "it broke"},
		"named event":       {"event: error\ndata: {\"message\":\"it broke\"}\n\n", "it broke"},
		"in the choice":     {sse(`{"choices":[{"delta":{},"finish_reason":"error","error":{"code":502,"message":"it broke"}}]}`), "it broke"},
		"as finish reason":  {sse(`{"choices":[{"delta":{},"finish_reason":"insufficient_system_resource"}]}`), "insufficient_system_resource"},
		"with a half event": {"data: {\"choi\nerror: {\"message\":\"it broke\"}\n", "it broke"},
		"a network error":   {sse(`{"choices":[{"delta":{},"finish_reason":"network_error"}]}`), "network_error"},
	} {
		_, _, _, _, err := drain(quire.APIOpenAIChat, strings.NewReader(begun+c[0]))
		var r *wire.ReportedError
		require.ErrorAs(t, err, &r, name)
		assert.ErrorContains(t, wire.DecodeFailure(quire.APIOpenAIChat, 0, "", r.Event), c[1], name)
	}
	_, err := wire.Decode(quire.APIOpenAIChat, []byte(`{"choices":[{"message":{"content":"x"},"finish_reason":"error","error":{"message":"it broke"}}]}`))
	assert.ErrorAs(t, err, new(*wire.ReportedError))
}

const anthropicBegun = `{"type":"message_start","message":{"id":"m","model":"x","usage":{"input_tokens":150,"output_tokens":1}}}`

func use(index, id string) string {
	return `{"type":"content_block_start","index":` + index + `,"content_block":{"type":"tool_use","id":"` + id + `","name":"ls","input":{}}}`
}

func input(index, args string) string {
	return `{"type":"content_block_delta","index":` + index + `,"delta":{"type":"input_json_delta","partial_json":"` + args + `"}}`
}

func stop(index string) string { return `{"type":"content_block_stop","index":` + index + `}` }

// TestAnthropicBlocks: pieces go to the block of their index, or the stream is garbled.
func TestAnthropicBlocks(t *testing.T) {
	end := []string{`{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}`, `{"type":"message_stop"}`}
	a, b := quire.ToolCall{ID: "a", Name: "ls", Args: `{"a":1}`}, quire.ToolCall{ID: "b", Name: "ls", Args: `{"b":2}`}
	for name, c := range map[string]struct {
		events []string
		want   []quire.ToolCall // nil: garbled
	}{
		"side by side":           {[]string{use("0", "a"), use("1", "b"), input("1", `{\"b\":2}`), input("0", `{\"a\":1}`), stop("1"), stop("0")}, []quire.ToolCall{a, b}},
		"out of order":           {[]string{use("1", "b"), use("0", "a"), input("0", `{\"a\":1}`), input("1", `{\"b\":2}`), stop("0"), stop("1")}, []quire.ToolCall{a, b}},
		"an index never used":    {[]string{use("1", "a"), input("1", `{\"a\":1}`), stop("1"), use("7", "b"), input("7", `{\"b\":2}`), stop("7")}, []quire.ToolCall{a, b}},
		"one index for all":      {[]string{use("0", "a"), input("0", `{\"a\":1}`), stop("0"), use("0", "b"), input("0", `{\"b\":2}`), stop("0")}, []quire.ToolCall{a, b}},
		"an index used again":    {[]string{use("0", "a"), input("0", `{\"a\":1}`), stop("0"), use("1", "b"), input("1", `{\"b\":2}`), stop("1"), use("0", "c"), stop("0")}, []quire.ToolCall{a, b, {ID: "c", Name: "ls", Args: "{}"}}},
		"no stops":               {[]string{use("0", "a"), input("0", `{\"a\":1}`), use("1", "b"), input("1", `{\"b\":2}`)}, []quire.ToolCall{a, b}},
		"open twice":             {[]string{use("0", "a"), use("0", "b"), input("0", `{\"b\":2}`), stop("0")}, nil},
		"a delta of no block":    {[]string{input("0", `{\"b\":2}`)}, nil},
		"a delta after the stop": {[]string{use("0", "a"), stop("0"), input("0", `{\"a\":1}`)}, nil},
		"a negative block":       {[]string{stop("-1")}, nil},
		"a second message":       {[]string{use("0", "a"), input("0", `{\"a\":1}`), stop("0"), anthropicBegun, use("0", "b"), input("0", `{\"b\":2}`), stop("0")}, nil},
	} {
		events := append([]string{anthropicBegun}, append(c.events, end...)...)
		_, _, got, reply, err := drain(quire.APIAnthropic, strings.NewReader(sse(events...)))
		if c.want == nil {
			assert.ErrorIs(t, err, wire.ErrGarbled, name)
			continue
		}
		require.NoError(t, err, name)
		assert.ElementsMatch(t, c.want, got, name)
		var parts []quire.ToolCall
		for _, p := range reply.Parts {
			parts = append(parts, p.(quire.ToolCall))
		}
		assert.Equal(t, c.want, parts, name)
	}
}

// TestAnthropicLateFigures: what is said once is not taken back by a null or a 0.
func TestAnthropicLateFigures(t *testing.T) {
	_, _, _, reply, err := drain(quire.APIAnthropic, strings.NewReader(sse(anthropicBegun,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"x"}}`, stop("0"),
		`{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"input_tokens":0,"output_tokens":9,"cache_creation":null}}`,
		`{"type":"message_delta","delta":{"stop_reason":null},"usage":null}`, `{"type":"message_delta","delta":{}}`, `{"type":"message_stop"}`)))
	require.NoError(t, err)
	assert.Equal(t, quire.StopLength, reply.Stop)
	assert.Equal(t, quire.Usage{Input: 150, Output: 9}, reply.Usage)
}

// TestResponsesTakeWhatWasStreamed where the last event brings an empty output.
func TestResponsesTakeWhatWasStreamed(t *testing.T) {
	item := func(i, item string) string {
		return `{"type":"response.output_item.done","output_index":` + i + `,"item":` + item + `}`
	}
	const message = `{"type":"message","id":"m","content":[{"type":"output_text","text":"Look:"}]}`
	const call = `{"type":"function_call","id":"f","call_id":"t1","name":"ls","arguments":"{\"z\":1,\"a\":12345678901234567890}"}`
	want := []quire.Part{quire.Text{Text: "Look:"}, quire.ToolCall{ID: "t1", Name: "ls", Args: odd}}
	ends := func(typ, output string) string {
		return `{"type":"response.` + typ + `","response":{"id":"r","model":"gpt-6"` + output + `,"usage":{"input_tokens":3,"output_tokens":4}}}`
	}
	created := `{"type":"response.created","response":{"id":"r"}}`
	text := func(i, s string) string {
		return `{"type":"response.output_text.delta","output_index":` + i + `,"item_id":"m","delta":"` + s + `"}`
	}
	for name, events := range map[string][]string{
		"in order":        {created, item("0", message), item("1", call), ends("completed", `,"output":[]`)},
		"out of order":    {created, item("1", call), item("0", message), ends("completed", `,"output":[]`)},
		"null":            {item("0", message), item("1", call), ends("completed", `,"output":null`)},
		"missing":         {item("0", message), item("1", call), ends("completed", ``)},
		"one index":       {item("0", message), item("0", message), item("0", call), ends("completed", `,"output":[]`)},
		"only the pieces": {`{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"g","call_id":"t1","name":"ls","arguments":""}}`, text("0", "Lo"), text("0", "ok:"), `{"type":"response.function_call_arguments.done","output_index":1,"item_id":"f","arguments":"{\"z\":1,\"a\":12345678901234567890}"}`, ends("completed", `,"output":[]`)},
		"pieces and ends": {text("0", "Look:"), item("0", strings.Replace(message, `"m"`, `"other"`, 1)), item("1", call), ends("completed", `,"output":[]`)},
		"whole":           {item("0", message), item("1", call), ends("completed", `,"output":[`+message+`,`+call+`]`)},
	} {
		_, _, calls, reply, err := drain(quire.APIOpenAIResponses, strings.NewReader(sse(events...)))
		require.NoError(t, err, name)
		assert.Equal(t, want, reply.Parts, name)
		assert.Equal(t, []quire.ToolCall{want[1].(quire.ToolCall)}, calls, name)
		assert.Equal(t, quire.StopTools, reply.Stop, name)
		assert.Equal(t, quire.Usage{Input: 3, Output: 4}, reply.Usage, name)
	}
	_, _, _, reply, err := drain(quire.APIOpenAIResponses, strings.NewReader(sse(text("0", "Look"), ends("incomplete", `,"incomplete_details":{"reason":"max_output_tokens"},"output":[]`))))
	require.NoError(t, err)
	assert.Equal(t, quire.StopLength, reply.Stop)
	assert.Equal(t, []quire.Part{quire.Text{Text: "Look"}}, reply.Parts)
	assert.Zero(t, reply.Whole())
	for name, events := range map[string][]string{
		"a second response":    {created, item("0", message), `{"type":"response.created","response":{"id":"other"}}`},
		"a call without end":   {`{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"t"}}`, ends("completed", `,"output":[]`)},
		"an end without begin": {`{"type":"response.function_call_arguments.done","output_index":1,"arguments":"{}"}`, ends("completed", `,"output":[]`)},
	} {
		_, _, _, _, err := drain(quire.APIOpenAIResponses, strings.NewReader(sse(events...)))
		assert.ErrorIs(t, err, wire.ErrGarbled, name)
	}
}
