package wire_test

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// The body of a request, for an HTTP client of your own.
func ExampleEncode() {
	body, err := wire.Encode(quire.APIOpenAIChat, &quire.Prompt{
		Model:    "gpt-5",
		System:   "You are Ada.",
		Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Hello."}}}},
	}, nil)
	fmt.Println(string(body), err)
	// Output:
	// {"model":"gpt-5","messages":[{"role":"system","content":"You are Ada."},{"role":"user","content":"Hello."}]} <nil>
}

// What came back, in the same parts whoever answered.
func ExampleDecode() {
	reply, err := wire.Decode(quire.APIAnthropic, []byte(`{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5",
		"content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"t1","name":"ls","input":{"path":"."}}],
		"stop_reason":"tool_use",
		"usage":{"input_tokens":20,"cache_read_input_tokens":900,"cache_creation_input_tokens":80,"output_tokens":30}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range reply.Parts {
		fmt.Printf("%T %+v\n", p, p)
	}
	fmt.Printf("%s: %d tokens, %d of them read from the cache\n", reply.Stop, reply.Usage.Input, reply.Usage.CachedInput)
	// Output:
	// quire.Text {Text:I look. Phase:}
	// quire.ToolCall {ID:t1 Name:ls Args:{"path":"."} Signature:}
	// tools: 1000 tokens, 900 of them read from the cache
}
