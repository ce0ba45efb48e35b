// Scripted shows how an agent of one's own is tested without a key: by a script that
// stands for its model, with the provider's own checks of each request, and by a real
// run that is recorded once and played back. The tests beside it are the example.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// Stock is the argument of the tool.
type Stock struct {
	Item string `json:"item"`
}

// newShop is the agent that is tested: it answers customers, and can look into the
// stock. Its clock is an argument, so that a test has the same prompts each time.
func newShop(box *mailbox.Box, model providers.Model, stock map[string]int, now func() time.Time) (*agent.Agent, error) {
	look := agent.Func("stock", "How many of an item are there.", func(_ context.Context, s Stock) (string, error) {
		n, ok := stock[s.Item]
		if !ok {
			return "", errors.New("no such item: use its name in the singular")
		}
		return fmt.Sprint(n), nil
	})
	return agent.New(box, model, &agent.Options{
		System: "You answer customers of a lamp shop. Never promise what the stock does not have.",
		Tools:  []agent.Tool{look},
		Budget: 4000, Answer: true, Now: now,
	})
}

// mail is what a customer writes. Its id is fixed, so that prompts that show it are the
// same each time.
func mail(id quire.MessageID, text string) quire.Draft {
	return quire.Draft{ID: id, To: []quire.Address{"shop"}, Subject: "Lamps", Parts: []quire.Part{quire.Text{Text: text}}}
}

func main() {
	ctx, store := context.Background(), memstore.New(nil)
	model := scripted.New(scripted.Call("stock", `{"item":"lamp"}`), scripted.Text("We have 3 lamps."))
	shop, err := newShop(store.Box("shop"), model, map[string]int{"lamp": 3}, time.Now)
	if err == nil {
		_, err = store.Box("mia").Send(ctx, mail(mailbox.NewID(), "How many lamps do you have?"))
	}
	var turn agent.TurnResult
	if err == nil {
		turn, err = shop.Turn(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(turn.Text)
}
