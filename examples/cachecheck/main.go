// Cachecheck answers "is my cache working?": after each call it holds what the provider
// read from its cache against what the plan promised, and says why a call missed. With an
// agent, call plan.CheckCache from agent.Options.OnStep.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

func main() {
	clock := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	if err := day(context.Background(), &provider{clock: &clock}, &clock, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// day is a conversation in which everything happens that makes a cache miss.
func day(ctx context.Context, model providers.Model, clock *time.Time, out io.Writer) error {
	profile, _ := models.Find("claude-sonnet-5")
	session := compose.NewSession(profile, &compose.SessionOptions{System: "You answer briefly.", Budget: 6000, Now: func() time.Time { return *clock }})
	var list []quire.PromptMessage
	for i := range 14 {
		*clock = clock.Add(time.Minute)
		switch i {
		case 4:
			*clock = clock.Add(2 * time.Hour) // lunch
		case 6:
			session.Options.System += " Be kind."
		}
		question := fmt.Sprintf("Question %d: %s", i, strings.Repeat("What about this and that? ", 80))
		list = append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: question}}})
		plan, err := session.Next(list)
		if err != nil {
			return err
		}
		reply, err := model.Generate(ctx, &plan.Prompt)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "call %d: %s\n", plan.Call, plan.CheckCache(reply.Usage).Why)
		if err := session.Sent(plan, reply.Usage); err != nil {
			return err
		}
		list = append(list, quire.PromptMessage{Role: quire.RoleAssistant, Parts: reply.Parts})
	}
	return nil
}
