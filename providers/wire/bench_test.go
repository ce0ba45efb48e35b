package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// BenchmarkEncode makes the request of a prompt of 33k tokens: 250 mails of 116 words with
// an answer each.
func BenchmarkEncode(b *testing.B) {
	p := &quire.Prompt{Model: "m", System: strings.Repeat("Do as you are told. ", 50), Tools: []quire.Tool{{Name: "read", Description: "Reads.", Schema: []byte(`{"type":"object","properties":{"words":{"type":"integer"}},"required":["words"]}`)}}}
	for i := range 250 {
		head := fmt.Sprintf("[#%d from=mia trust=person subject=\"Report %d\" tokens=128]", 2*i+1, i)
		body := fmt.Sprintf("<<mail #%d 1935e66f>>\n%s\n<</mail #%d 1935e66f>>", 2*i+1, strings.Repeat("every invoice was read twice, ", 20), 2*i+1)
		p.Messages = append(p.Messages,
			quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: head}, quire.Text{Text: body}}},
			quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.Text{Text: "Read, and there is nothing to do."}}})
	}
	p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "And now?"}}})
	for _, api := range []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict, quire.APIOllama} {
		b.Run(string(api), func(b *testing.B) {
			var e wire.Encoder
			b.ReportAllocs()
			for b.Loop() {
				body, _, err := e.Encode(api, p, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(body)))
			}
		})
	}
}
