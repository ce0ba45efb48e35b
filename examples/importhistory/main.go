// Importhistory takes the chat history of another program into an agent's mailbox, where
// the agent can find it and pull it back. Nothing of it wakes the agent, all of it is
// marked as imported, and importing the same file again adds only what is new in it.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/transcript"
)

// importFile reads a session of Claude Code, a chat in OpenAI's or Anthropic's form, or a
// mail folder, whichever it is, into the mailbox of an agent that had it with a user.
func importFile(ctx context.Context, store *mailbox.Store, path string, owner, user quire.Address) (mailbox.Imports, error) {
	rec, err := transcript.Open(ctx, path, &transcript.Options{Agent: owner, User: user})
	if err != nil {
		return mailbox.Imports{}, err
	}
	for _, problem := range rec.Problems {
		fmt.Fprintln(os.Stderr, path+":", problem) // left out, or kept with something amiss
	}
	var all mailbox.Import
	for _, session := range rec.Sessions {
		for _, m := range session.Messages {
			all.Deliveries = append(all.Deliveries, imported(m))
		}
	}
	return store.Import(ctx, owner, all)
}

// imported is a message as a mailbox takes it in. It was dealt with long ago: without the flag the agent would wake for all of it.
func imported(m transcript.Message) mailbox.Imported {
	sent := m.Time
	if sent.IsZero() {
		sent = time.Unix(0, 0) // the record does not say; it is old
	}
	return mailbox.Imported{
		Item: quire.Item{
			Message:  quire.Message{Draft: m.Draft, Envelope: quire.Envelope{From: m.From, Sent: sent}},
			Delivery: quire.Delivery{Flags: quire.FlagHandled},
		},
	}
}

// newAda is an agent that begins each turn with what its mailbox holds about it.
func newAda(store *mailbox.Store, model providers.Model) (*agent.Agent, error) {
	return agent.New(store.Box("ada"), model, &agent.Options{System: "You plan journeys.", Budget: 8000, Answer: true,
		Recall: agent.Recalling{Share: 10}})
}

func main() {
	path := "examples/importhistory/history.json"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	if err := run(context.Background(), path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string) error {
	store := memstore.New(nil)
	defer store.Close()
	done, err := importFile(ctx, store, path, "ada", "mia")
	if err != nil {
		return err
	}
	fmt.Println(done.Added, "messages taken in")
	ada, err := newAda(store, scripted.New(scripted.Text("No boats, I remember: Tim gets seasick.")))
	if err != nil {
		return err
	}
	if _, err := store.Box("mia").Send(ctx, quire.Mail("ada", "Porto", "Shall we take a boat in Porto?")); err != nil {
		return err
	}
	turn, err := ada.Turn(ctx)
	fmt.Println(turn.Text)
	return err
}
