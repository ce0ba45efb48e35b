package wire_test

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// The pieces of a request, as a provider's prefix cache sees them: all but the
// notice can be read again by the next request.
func ExampleSegments() {
	p := &quire.Prompt{
		Model:  "claude-opus-5",
		System: "You are Ada.",
		Messages: []quire.PromptMessage{
			{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "[#1 from=mia]"}, quire.Text{Text: "Hello."}}},
		},
		Notice: "2 mails wait",
		Marks:  []quire.CacheMark{{After: 1}},
	}
	segs, err := wire.Segments(quire.APIAnthropic, p)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range segs {
		fmt.Println(s.Level, s.Mark, s.Volatile, string(s.Bytes))
	}
	// Output:
	// system false false {"type":"text","text":"You are Ada."}
	// messages false false {"role":"user","content":[{"type":"text","text":"[#1 from=mia]"}
	// messages true false ,{"type":"text","text":"Hello."}
	// messages false true ,{"type":"text","text":"2 mails wait"}
}

// A prompt that no provider would take is an error that names the rule.
func ExampleError() {
	_, err := wire.Encode(quire.APIOpenAIChat, &quire.Prompt{
		Tools: []quire.Tool{{Name: "ls"}},
		Messages: []quire.PromptMessage{
			{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "What is here?"}}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{quire.ToolCall{ID: "c1", Name: "ls"}}},
		},
	}, nil)
	fmt.Println(err)
	// Output: wire: openai-chat: A1: call "c1" of message 1 has no result
}
