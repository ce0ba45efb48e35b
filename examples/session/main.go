// Session puts quire into a loop that keeps its own list of messages: quire chooses what
// of the list each call sees, within a budget and so that the provider's prefix cache
// keeps working. The list stays the loop's own, and only the marked calls are new.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

func main() {
	// A model that answers without a key. A real one is made in one line by an adapter,
	// such as providers/anthropicmodel, and says its profile itself: model.Profile().
	model := scripted.Func(func(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
		reply := scripted.Text(fmt.Sprintf("I see %d of your messages.", (len(p.Messages)+1)/2))
		return &reply, nil
	})
	profile, _ := models.Find("gpt-5-mini")
	if err := chat(context.Background(), model, profile, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// chat answers each line that it reads.
func chat(ctx context.Context, model providers.Model, profile models.Profile, in io.Reader, out io.Writer) error {
	session := compose.NewSession(profile, &compose.SessionOptions{System: "You answer briefly.", Budget: 1000})
	var list []quire.PromptMessage // the whole conversation
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		list = append(list, said(quire.RoleUser, quire.Text{Text: lines.Text()}))

		plan, err := session.Next(list) // new: what this call sees of the list
		if err != nil {
			return err
		}
		reply, err := model.Generate(ctx, &plan.Prompt)
		if err != nil {
			fmt.Fprintln(out, "try again:", err)
			if err := session.Failed(plan); err != nil { // new
				return err
			}
			list = list[:len(list)-1]
			continue
		}
		if err := session.Sent(plan, reply.Usage); err != nil { // new
			return err
		}

		list = append(list, said(quire.RoleAssistant, reply.Parts...))
		fmt.Fprintln(out, quire.PlainText(reply.Parts))
	}
	return lines.Err()
}

func said(role quire.Role, parts ...quire.Part) quire.PromptMessage {
	return quire.PromptMessage{Role: role, Parts: parts}
}
