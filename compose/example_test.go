package compose_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers/wire"
)

// One prompt, from one message.
func Example() {
	hello := quire.Item{
		Message: quire.Message{
			Draft:    quire.Draft{ID: "m1", Subject: "Release", Parts: []quire.Part{quire.Text{Text: "Shall we ship?"}}},
			Envelope: quire.Envelope{From: "mia"},
		},
		Delivery: quire.Delivery{UID: 1},
	}
	plan, err := compose.New(nil).Plan(compose.Input{
		Arrived: []quire.Item{hello},
		Model:   quire.ModelInfo{Name: "gpt-5", Row: wire.RowFor(quire.APIOpenAIChat, "gpt-5")},
		System:  "You are ada.",
		Budget:  4000,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := wire.Encode(quire.APIOpenAIChat, &plan.Prompt, nil) // the request, for an HTTP client
	fmt.Println(len(body) > 0, err)
	_, _ = plan.WriteTo(os.Stdout)
	// Output:
	// true <nil>
	// call 1: 55 of 4000 tokens, 0 kept, cold
	// bill: input 55: read 0, write 55, uncached 0; cost 0.0
	//   fixed                         10
	// + in      #1     mail          45  arrived
}

// A loop that keeps its own list of messages: quire chooses what of it each call
// sees.
func ExampleSession() {
	s := compose.NewSession(compose.SessionOptions{
		Model:  quire.ModelInfo{Name: "some-model", Row: quire.Row{API: quire.APIOpenAIChat, LoopEvict: quire.LoopGroups}},
		System: "You answer questions.",
		Budget: 500, // tokens of a request
		Now:    func() time.Time { return time.Unix(0, 0) },
	})
	var list []quire.PromptMessage
	for i := range 40 {
		question := fmt.Sprintf("Question %d %s?", i, strings.Repeat("about this and that ", 10))
		list = append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: question}}})

		plan, err := s.Next(list) // what to send now
		if err != nil {
			fmt.Println(err)
			return
		}
		answer, usage, err := callModel(&plan.Prompt)
		if err != nil {
			_ = s.Failed(plan)
			continue
		}
		_ = s.Sent(plan, usage)
		list = append(list, quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.Text{Text: answer}}})
		if i == 39 {
			fmt.Println(len(list), "messages in the list, fewer in the prompt:", len(plan.Prompt.Messages) < 40)
			fmt.Println("within the budget:", plan.Used <= plan.Budget)
		}
	}
	// Output:
	// 80 messages in the list, fewer in the prompt: true
	// within the budget: true
}

func callModel(*quire.Prompt) (string, quire.Usage, error) { return "An answer.", quire.Usage{}, nil }
