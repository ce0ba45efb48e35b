package agent_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// Run is turns for as long as its context lives.
func ExampleAgent_Run() {
	store, model := memstore.New(nil), parrot{}
	run := func(ctx context.Context) error {
		a, err := agent.New(store.Box("ada"), model, &agent.Options{System: "You build things."})
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
