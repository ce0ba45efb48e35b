// Geminiloop puts quire into a loop on Google's own client. The list stays the loop's own, in
// the client's types; what is new is how send differs from client.Models.GenerateContent.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/genai"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/geminimodel"
)

func main() {
	ctx := context.Background()
	client, err := genai.NewClient(ctx, nil) // key: GEMINI_API_KEY
	if err == nil {
		err = chat(ctx, client, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	model  = "gemini-3-pro-preview"
	budget = 2000 // tokens of a request; small, so that something leaves soon
)

// chat answers each line that it reads, with a tool.
func chat(ctx context.Context, client *genai.Client, in io.Reader, out io.Writer) error {
	profile, _ := models.Find(model)
	session := compose.NewSession(profile, &compose.SessionOptions{Budget: budget})
	config := &genai.GenerateContentConfig{
		SystemInstruction: genai.NewContentFromText("You know the weather of every city.", genai.RoleUser),
		Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{
			Name:       "weather",
			Parameters: &genai.Schema{Type: genai.TypeObject, Properties: map[string]*genai.Schema{"city": {Type: genai.TypeString}}},
		}}}},
	}
	var contents []*genai.Content
	for lines := bufio.NewScanner(in); lines.Scan(); {
		contents = append(contents, genai.NewContentFromText(lines.Text(), genai.RoleUser))
		for {
			answer, err := send(ctx, client, session, contents, config)
			if err != nil {
				return err
			}
			said := answer.Candidates[0].Content
			contents = append(contents, said)
			var results []*genai.Part
			for _, part := range said.Parts {
				switch call := part.FunctionCall; {
				case call != nil:
					result := genai.NewPartFromFunctionResponse(call.Name, map[string]any{"output": weather(call.Args["city"])})
					result.FunctionResponse.ID = call.ID
					results = append(results, result)
				case part.Text != "" && !part.Thought:
					fmt.Fprintln(out, part.Text)
				}
			}
			if len(results) == 0 {
				break
			}
			contents = append(contents, genai.NewContentFromParts(results, genai.RoleUser))
		}
	}
	return nil
}

// send is client.Models.GenerateContent with what of the list fits the budget.
func send(ctx context.Context, client *genai.Client, session *compose.Session, contents []*genai.Content, config *genai.GenerateContentConfig) (*genai.GenerateContentResponse, error) {
	p, err := geminimodel.Prompt(model, contents, config)
	if err != nil {
		return nil, err
	}
	session.Options.System, session.Options.Tools = p.System, p.Tools
	plan, err := session.Next(p.Messages)
	if err != nil {
		return nil, err
	}
	contents, config, err = geminimodel.Params(&plan.Prompt, model, config)
	if err != nil {
		return nil, err
	}
	answer, err := client.Models.GenerateContent(ctx, model, contents, config)
	if err != nil {
		return nil, errors.Join(err, session.Failed(plan))
	}
	reply, err := geminimodel.Reply(answer)
	if err != nil {
		return nil, errors.Join(err, session.Failed(plan))
	}
	return answer, session.Sent(plan, reply.Usage)
}

// weather is the tool. What it returns is long, as results are.
func weather(city any) string {
	return fmt.Sprintf("Asked for %v. ", city) + strings.Repeat("It is mild, with some rain. ", 10)
}
