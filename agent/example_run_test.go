package agent_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/models"
)

// Run is turns for as long as its context lives.
func ExampleAgent_Run() {
	store, composer := mailbox.NewMem(), compose.New(nil)
	model, info := parrot{}, models.Profile{Name: "parrot-1", Window: 8000, MaxOutput: 500}
	run := func(ctx context.Context) error {
		a, err := agent.New(agent.Options{
			Address: "ada", Store: store, Model: model, ModelInfo: info, Composer: composer,
			System: "You build things.",
		})
		if err != nil {
			return err
		}
		return a.Run(ctx)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	fmt.Println(errors.Is(run(ctx), context.Canceled))
	// Output: true
}
