package modeltest

import (
	"strings"

	"github.com/quire-dev/quire"
)

// oddity is an answer that some server gives and that its format does not foresee.
type oddity struct {
	kind, name string
	apis       []quire.API
	body       string
	want       *quire.Reply // nil: the call fails, and may be tried again
}

// The kinds of oddities.
const (
	oddUsage   = "usage"
	oddShape   = "shape"
	oddGarbled = "garbled"
)

func oddAnswers() []oddity {
	var out []oddity
	for _, more := range [][]oddity{oddFigures(), oddChat(), oddAnthropic(), oddResponses(), silent()} {
		out = append(out, more...)
	}
	return out
}

// events writes each text as the data of one event.
func events(data ...string) string {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("data: " + d + "\n\n")
	}
	return b.String()
}

func saying(text string, u quire.Usage) *quire.Reply {
	return &quire.Reply{Parts: []quire.Part{quire.Text{Text: text}}, Stop: quire.StopEnd, Usage: u}
}

func called(u quire.Usage, calls ...quire.ToolCall) *quire.Reply {
	r := &quire.Reply{Stop: quire.StopTools, Usage: u}
	for _, c := range calls {
		r.Parts = append(r.Parts, c)
	}
	return r
}

// oddFigures are whole replies with usage of every shape.
func oddFigures() []oddity {
	var out []oddity
	for _, a := range []struct {
		api  quire.API
		body string
	}{
		{quire.APIAnthropic, `{"id":"r","type":"message","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":IN,"output_tokens":OUT}}`},
		{quire.APIOpenAIChat, `{"id":"r","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":IN,"completion_tokens":OUT}}`},
		{quire.APIStrict, `{"id":"r","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":IN,"completion_tokens":OUT}}`},
		{quire.APIOpenAIResponses, `{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],"usage":{"input_tokens":IN,"output_tokens":OUT}}`},
		{quire.APIGemini, `{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":IN,"candidatesTokenCount":OUT}}`},
		{quire.APIOllama, `{"message":{"content":"Hi"},"done":true,"prompt_eval_count":IN,"eval_count":OUT}`},
	} {
		for _, f := range []struct {
			in, out string
			want    quire.Usage
		}{
			{"12.0", "4.0", quire.Usage{Input: 12, Output: 4}}, {"12.6", "3.2", quire.Usage{Input: 13, Output: 4}},
			{`"12"`, `"4"`, quire.Usage{Input: 12, Output: 4}}, {"null", "4", quire.Usage{Output: 4}}, {`"many"`, "[]", quire.Usage{}},
		} {
			body := strings.NewReplacer("IN", f.in, "OUT", f.out).Replace(a.body)
			out = append(out, oddity{oddUsage, f.in + " and " + f.out, []quire.API{a.api}, body, saying("Hi", f.want)})
		}
	}
	return out
}

// oddChat are streams of servers that speak the chat format.
func oddChat() []oddity {
	chats := []quire.API{quire.APIOpenAIChat, quire.APIStrict}
	delta := func(d string) string { return `{"id":"r","choices":[{"delta":` + d + `}]}` }
	call := func(c string) string { return delta(`{"tool_calls":[` + c + `]}`) }
	end := `{"id":"r","choices":[{"delta":{},"finish_reason":"stop"}]}`
	one, two := quire.ToolCall{Name: "list", Args: `{"a":1}`}, quire.ToolCall{Name: "list", Args: `{"a":2}`}
	hi, none := saying("Hi you", quire.Usage{}), quire.Usage{}
	shape := func(name, body string, want *quire.Reply) oddity { return oddity{oddShape, name, chats, body, want} }
	mixed := func(name, body string) oddity { return oddity{oddGarbled, name, chats, body, nil} }
	return []oddity{
		shape("calls with one index and no ids", events(call(`{"index":0,"function":{"name":"list","arguments":"{\"a\":1}"}}`), call(`{"index":0,"function":{"name":"list","arguments":"{\"a\":2}"}}`), end, "[DONE]"), called(none, one, two)),
		shape("calls without index and id", events(call(`{"function":{"name":"list","arguments":"{\"a\":1}"}}`), call(`{"function":{"name":"list","arguments":"{\"a\":2}"}}`), end, "[DONE]"), called(none, one, two)),
		shape("a name in pieces", events(call(`{"index":0,"function":{"name":"li"}}`), call(`{"index":0,"function":{"name":"st","arguments":""}}`), call(`{"index":0,"function":{"arguments":"{\"a\":1}"}}`), end, "[DONE]"), called(none, one)),
		shape("arguments as an object", events(call(`{"index":0,"function":{"name":"list","arguments":{"a":1}}}`), end, "[DONE]"), called(none, one)),
		shape("a message in place of a delta", events(`{"id":"r","choices":[{"message":{"content":"Hi you"},"finish_reason":"stop"}]}`, "[DONE]"), hi),
		shape("content in parts", events(delta(`{"content":[{"type":"text","text":"Hi "}]}`), delta(`{"content":"you"}`), end, "[DONE]"), hi),
		shape("no empty lines", "data: "+delta(`{"content":"Hi "}`)+"\ndata: "+delta(`{"content":"you"}`)+"\ndata: "+end+"\ndata: [DONE]\n", hi),
		shape("figures that are taken back", events(`{"id":"r","choices":[{"delta":{"content":"Hi you"},"finish_reason":"stop"}],"usage":{"prompt_tokens":15,"completion_tokens":2.0}}`,
			`{"id":"r","choices":[],"usage":null}`, "[DONE]"), saying("Hi you", quire.Usage{Input: 15, Output: 2})),
		mixed("two calls open under one index", events(call(`{"function":{"name":"list"}},{"function":{"name":"list"}}`), call(`{"function":{"arguments":"{\"a\":2}"}}`), end, "[DONE]")),
		mixed("two names for one call", events(call(`{"index":0,"function":{"name":"list","arguments":"{\"a\""}}`), call(`{"index":0,"function":{"name":"read","arguments":"{\"a\""}}`), end, "[DONE]")),
		mixed("an error line", events(delta(`{"content":"Hi "}`))+"error: {\"code\":500,\"message\":\"it broke\",\"type\":\"server_error\"}\n\n"),
		mixed("a reply that the server gave up", events(delta(`{"content":"Hi "}`), `{"choices":[{"delta":{},"finish_reason":"error","error":{"code":502,"message":"it broke"}}]}`, "[DONE]")),
	}
}

// oddAnthropic are streams of servers that speak Anthropic's format.
func oddAnthropic() []oddity {
	const begin = `{"type":"message_start","message":{"id":"r","type":"message","role":"assistant","content":[],"usage":{"input_tokens":150,"output_tokens":1}}}`
	use := func(i, id string) string {
		return `{"type":"content_block_start","index":` + i + `,"content_block":{"type":"tool_use","id":"` + id + `","name":"list","input":{}}}`
	}
	args := func(i, s string) string {
		return `{"type":"content_block_delta","index":` + i + `,"delta":{"type":"input_json_delta","partial_json":"` + s + `"}}`
	}
	stop := func(i string) string { return `{"type":"content_block_stop","index":` + i + `}` }
	const end = `{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}`
	const late, last = `{"type":"message_delta","delta":{"stop_reason":null},"usage":{"input_tokens":0,"output_tokens":9}}`, `{"type":"message_stop"}`
	a, b := quire.ToolCall{ID: "a", Name: "list", Args: `{"a":1}`}, quire.ToolCall{ID: "b", Name: "list", Args: `{"a":2}`}
	u := quire.Usage{Input: 150, Output: 9}
	api := []quire.API{quire.APIAnthropic}
	return []oddity{
		{oddShape, "one index for all blocks", api, events(begin, use("0", "a"), args("0", `{\"a\":1}`), stop("0"), use("0", "b"), args("0", `{\"a\":2}`), stop("0"), end, last), called(u, a, b)},
		{oddShape, "blocks out of order", api, events(begin, use("1", "b"), use("0", "a"), args("0", `{\"a\":1}`), stop("0"), args("1", `{\"a\":2}`), stop("1"), end, last), called(u, a, b)},
		{oddShape, "figures and a reason that are taken back", api, events(begin, use("0", "a"), args("0", `{\"a\":1}`), stop("0"), end, late, last), called(u, a)},
		{oddGarbled, "a block that begins while it is open", api, events(begin, use("0", "a"), use("0", "b"), args("0", `{\"a\":2}`), stop("0"), end, last), nil},
		{oddGarbled, "a second message", api, events(begin, use("0", "a"), args("0", `{\"a\":1}`), stop("0"), begin, use("0", "b"), args("0", `{\"a\":2}`), stop("0"), end, last), nil},
		{oddGarbled, "arguments of no block", api, events(begin, args("3", `{\"a\":1}`), end, last), nil},
	}
}

// oddResponses are streams of gateways that speak OpenAI's Responses.
func oddResponses() []oddity {
	const call = `{"type":"function_call","id":"f","call_id":"a","name":"list","arguments":"{\"a\":1}","status":"completed"}`
	done := `{"type":"response.output_item.done","output_index":0,"item":` + call + `}`
	created := func(id string) string { return `{"type":"response.created","response":{"id":"` + id + `"}}` }
	end := func(output string) string {
		return `{"type":"response.completed","response":{"id":"r","status":"completed",` + output + `"usage":{"input_tokens":3,"output_tokens":4.0}}}`
	}
	want := called(quire.Usage{Input: 3, Output: 4}, quire.ToolCall{ID: "a", Name: "list", Args: `{"a":1}`})
	api := []quire.API{quire.APIOpenAIResponses}
	return []oddity{
		{oddShape, "an empty output at the end", api, events(created("r"), done, end(`"output":[],`)), want},
		{oddShape, "no output at the end", api, events(created("r"), done, end(``)), want},
		{oddGarbled, "a second response", api, events(created("r"), done, created("s"), end(`"output":[],`)), nil},
	}
}

// silent are streams that end without having said anything.
func silent() []oddity {
	sse := []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIStrict, quire.APIOpenAIResponses}
	return []oddity{
		{oddGarbled, "nothing but its end", sse, events("[DONE]"), nil},
		{oddGarbled, "nothing but a comment", append(sse, quire.APIGemini), ": alive\n\n", nil},
	}
}
