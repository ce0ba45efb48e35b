package compose_test

import (
	"context"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// The caller keeps the state from call to call. What a call that failed was to show
// is given to the next one again.
func ExampleComposer_Plan() {
	composer, state := compose.New(nil), compose.State{}
	profile := models.Profile{Name: "some-model", Window: 8000, MaxOutput: 500}
	call := func(ctx context.Context, model providers.Model, arrived ...quire.Item) error {
		plan, err := composer.Plan(compose.Input{State: state, Arrived: arrived, Model: profile})
		if err != nil {
			return err
		}
		reply, err := model.Generate(ctx, &plan.Prompt)
		if err != nil {
			state = plan.Failed("", 0) // what arrived for the call arrives again
		} else {
			state = plan.Next.Report(plan, reply.Usage)
		}
		fmt.Println(len(plan.Prompt.Messages), "message sent,", len(state.Items()), "kept")
		return err
	}
	mail := quire.Item{
		Message: quire.Message{
			Draft:    quire.Draft{ID: "m1", Subject: "Release", Parts: []quire.Part{quire.Text{Text: "Shall we ship?"}}},
			Envelope: quire.Envelope{From: "mia"},
		},
		Delivery: quire.Delivery{UID: 1},
	}
	ctx := context.Background()
	fmt.Println(call(ctx, scripted.New(), mail) != nil) // a model without an answer
	fmt.Println(call(ctx, scripted.New(scripted.Text("Yes.")), mail))
	// Output:
	// 1 message sent, 0 kept
	// true
	// 1 message sent, 1 kept
	// <nil>
}
