package promptcheck_test

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
)

// A request of any program's making: the result of a call was trimmed away.
func ExampleCheck() {
	body := []byte(`{"model":"gpt-5","messages":[
		{"role":"user","content":"What is here?"},
		{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"ls","arguments":"{}"}}]},
		{"role":"user","content":"Well?"}],
		"tools":[{"type":"function","function":{"name":"ls","parameters":{"type":"object","properties":{}}}}]}`)
	for _, v := range promptcheck.Check(quire.APIOpenAIChat, body) {
		fmt.Println(v.Code, v.Path)
	}
	// Output:
	// A1 messages[1].tool_calls[0]
	// C1 messages[1]
}

// Two requests that follow each other: the second one rewrote what stood first, so
// that a prefix cache can read nothing.
func ExampleCheckPair() {
	before := []byte(`{"model":"gpt-5","messages":[{"role":"user","content":"It is 9:00. Hello."}]}`)
	after := []byte(`{"model":"gpt-5","messages":[{"role":"user","content":"It is 9:01. Hello."},{"role":"assistant","content":"Hi."}]}`)
	for _, v := range promptcheck.CheckPair(quire.APIOpenAIChat, before, after, "") {
		fmt.Println(v.Code, v.Path)
	}
	// Output:
	// P2 messages[0]
}
