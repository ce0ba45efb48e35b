// Command firstsession is the second program of the README: a loop that keeps its own
// list of messages, and a session that chooses what of it each call sees.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers/anthropicmodel"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	model, err := anthropicmodel.New("claude-sonnet-5", nil) // key: ANTHROPIC_API_KEY
	if err != nil {
		return err
	}
	session := compose.NewSession(model.Profile(), &compose.SessionOptions{Budget: 32_000})
	var list []quire.PromptMessage // your loop's own: the whole conversation, however long
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		list = append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: in.Text()}}})
		plan, err := session.Next(list) // what fits, and why the rest does not: plan.WriteTo
		if err != nil {
			return err
		}
		reply, err := model.Generate(ctx, &plan.Prompt)
		if err != nil {
			return err // a loop that goes on says session.Failed(plan)
		}
		if err := session.Sent(plan, reply.Usage); err != nil {
			return err
		}
		list = append(list, quire.PromptMessage{Role: quire.RoleAssistant, Parts: reply.Parts})
		fmt.Println(quire.PlainText(reply.Parts))
	}
	return in.Err()
}
