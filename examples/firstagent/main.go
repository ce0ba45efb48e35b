// Command firstagent is the first program of the README: an agent that lives in one
// SQLite file, and somebody who writes to it. Run it again: the agent goes on.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/providers/anthropicmodel"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	store, err := sqlitestore.Open(ctx, "mail.db", nil) // made, if it is not there
	if err != nil {
		return err
	}
	defer store.Close()
	model, err := anthropicmodel.New("claude-sonnet-5", nil) // key: ANTHROPIC_API_KEY
	if err != nil {
		return err
	}
	ada, err := agent.New(store.Box("ada"), model, &agent.Options{System: "You build things."})
	if err != nil {
		return err
	}
	question := quire.Mail("ada", "Release", "Shall we ship?")
	if _, err := store.Box("mia").Send(ctx, question); err != nil {
		return err
	}
	turn, err := ada.Turn(ctx) // or ada.Run(ctx): turn after turn, for as long as ctx lives
	if err != nil {
		return err
	}
	fmt.Println(turn.Text)
	return nil
}
