// Owntool gives an agent a tool that is a Go function: its arguments are a struct, the
// JSON Schema is made from it, and what does not fit it never reaches the function.
// The call's key makes a repeat after a crash harmless.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// Refund is what the model has to say.
type Refund struct {
	Order  string `json:"order" jsonschema:"number of the order, such as A-17"`
	Cents  int    `json:"cents" jsonschema:"how much to pay back"`
	Reason string `json:"reason,omitempty"`
}

// Receipt is what it is told: as JSON.
type Receipt struct {
	Order string `json:"order"`
	Total int    `json:"totalCents"` // paid back for the order so far
}

// Bank stands for a service that takes an idempotency key.
type Bank struct {
	mu   sync.Mutex
	paid map[string]int // cents, by order
	done map[string]Receipt
}

// Refund pays once for each key.
func (b *Bank) Refund(key string, r Refund) (Receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if receipt, ok := b.done[key]; ok {
		return receipt, nil
	}
	if r.Cents <= 0 || r.Cents > 10_000 {
		return Receipt{}, fmt.Errorf("refunds are from 1 to 10000 cents, not %d", r.Cents)
	}
	if b.paid == nil {
		b.paid, b.done = map[string]int{}, map[string]Receipt{}
	}
	b.paid[r.Order] += r.Cents
	b.done[key] = Receipt{r.Order, b.paid[r.Order]}
	return b.done[key], nil
}

// refundTool is the tool. An error becomes a result that the model reads.
func refundTool(bank *Bank) agent.Tool {
	tool := agent.Func("refund", "Pays money for an order back to the customer.",
		func(ctx context.Context, r Refund) (Receipt, error) {
			call := agent.CallOf(ctx)
			return bank.Refund(call.Key, r)
		})
	tool.Repeatable = true // a call that a crash cut off is run again, under the same key
	return tool
}

// newClerk is an agent with the tool.
func newClerk(box *mailbox.Box, model providers.Model, bank *Bank) (*agent.Agent, error) {
	return agent.New(box, model, &agent.Options{
		System: "You look after refunds.",
		Tools:  []agent.Tool{refundTool(bank)},
		Budget: 4000, // a scripted model does not say how large its window is
		Answer: true, // mail the reply to whoever asked
	})
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	store, bank := memstore.New(nil), &Bank{}
	model := scripted.New(scripted.Call("refund", `{"order":"A-17","cents":500}`), scripted.Text("You get 5.00 back."))
	clerk, err := newClerk(store.Box("clerk"), model, bank)
	if err != nil {
		return err
	}
	if _, err := store.Box("mia").Send(ctx, quire.Draft{To: []quire.Address{"clerk"}, Subject: "Order A-17",
		Parts: []quire.Part{quire.Text{Text: "The lamp is broken. I want 5.00 back."}}}); err != nil {
		return err
	}
	turn, err := clerk.Turn(ctx)
	fmt.Println(turn.Text, bank.paid)
	return err
}
