// Anthropicloop puts quire into a loop on Anthropic's own client. The list stays the loop's
// own, in the client's types; what is new is how send differs from client.Messages.New.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/anthropics/anthropic-sdk-go/v2"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/anthropicmodel"
)

func main() {
	client := anthropic.NewClient() // key: ANTHROPIC_API_KEY
	if err := chat(context.Background(), &client, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	model  = "claude-sonnet-4-5"
	budget = 2000 // tokens of a request; small, so that something leaves soon
)

// chat answers each line that it reads, with a tool.
func chat(ctx context.Context, client *anthropic.Client, in io.Reader, out io.Writer) error {
	profile, _ := models.Find(model)
	session := compose.NewSession(profile, &compose.SessionOptions{Budget: budget})
	params := anthropic.MessageNewParams{
		Model: model, MaxTokens: 1000,
		System: []anthropic.TextBlockParam{{Text: "You know the weather of every city."}},
		Tools: []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
			Name: "weather", InputSchema: anthropic.ToolInputSchemaParam{Properties: map[string]any{"city": map[string]any{"type": "string"}}},
		}}},
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		params.Messages = append(params.Messages, anthropic.NewUserMessage(anthropic.NewTextBlock(lines.Text())))
		for {
			message, err := send(ctx, client, session, params)
			if err != nil {
				return err
			}
			params.Messages = append(params.Messages, message.ToParam())
			var results []anthropic.ContentBlockParamUnion
			for _, block := range message.Content {
				switch block := block.AsAny().(type) {
				case anthropic.TextBlock:
					fmt.Fprintln(out, block.Text)
				case anthropic.ToolUseBlock:
					results = append(results, anthropic.NewToolResultBlock(block.ID, weather(string(block.Input)), false))
				}
			}
			if len(results) == 0 {
				break
			}
			params.Messages = append(params.Messages, anthropic.NewUserMessage(results...))
		}
	}
	return nil
}

// send is client.Messages.New with what of the list fits the budget.
func send(ctx context.Context, client *anthropic.Client, session *compose.Session, params anthropic.MessageNewParams) (*anthropic.Message, error) {
	p, err := anthropicmodel.Prompt(params)
	if err != nil {
		return nil, err
	}
	session.Options.System, session.Options.Tools = p.System, p.Tools
	plan, err := session.Next(p.Messages)
	if err != nil {
		return nil, err
	}
	composed, err := anthropicmodel.Params(&plan.Prompt, params)
	if err != nil {
		return nil, err
	}
	message, err := client.Messages.New(ctx, composed)
	if err != nil {
		return nil, errors.Join(err, session.Failed(plan))
	}
	reply, err := anthropicmodel.Reply(message)
	if err != nil {
		return nil, errors.Join(err, session.Failed(plan))
	}
	return message, session.Sent(plan, reply.Usage)
}

// weather is the tool. What it returns is long, as results are.
func weather(args string) string {
	return "Asked for " + args + ". " + strings.Repeat("It is mild, with some rain. ", 10)
}
