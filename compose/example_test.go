package compose_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
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
		Model:   models.FindOver(quire.APIOpenAIChat, "gpt-5"),
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
	// bill: input 55: read 0, write 0, uncached 55; cost 55.0
	//   fixed                         10
	// + in      #1     mail          45  arrived
}

// A loop that keeps its own list of messages: quire chooses what of it each call
// sees. The model gets tools that bring back what is left out.
func ExampleSession() {
	model := models.Profile{Name: "some-model", Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups}}
	s := compose.NewSession(model, &compose.SessionOptions{
		System: "You answer questions.",
		Budget: 900, // tokens of a request
		Now:    func() time.Time { return time.Unix(0, 0) },
	})
	s.Options.Tools = s.Tools() // beside the loop's own, if it has any
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
			fmt.Println(len(list), "messages in the list,", len(plan.Prompt.Messages), "in the prompt")
			fmt.Println("within the budget:", plan.Used <= plan.Budget)
			fmt.Println(quire.PlainText(plan.Prompt.Messages[0].Parts))
			fmt.Println(quire.PlainText(plan.Prompt.Messages[1].Parts)[:31])
		}
	}
	// When the model calls one of the tools, its result goes into the list as any other.
	result, err := s.Call(quire.ToolCall{ID: "c1", Name: "context_find", Args: `{"words":"question 7"}`})
	fmt.Println(strings.Split(quire.PlainText(result.Parts), "\n")[0][:24], err)
	// Output:
	// 80 messages in the list, 16 in the prompt
	// within the budget: true
	// [64 earlier messages of this conversation, from #1 to #64, are left out; context_find searches them, context_pull shows them by number]
	// Question 32 about this and that
	// #15 user: Question 7 abo <nil>
}

func callModel(*quire.Prompt) (string, quire.Usage, error) { return "An answer.", quire.Usage{}, nil }
