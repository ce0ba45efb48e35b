// Langchaingo runs an agent on a model of langchaingo. Any llms.Model will do; a client
// of OpenAI, Anthropic or Ollama that was made with langchainmodel.HTTPClient is exact:
// quire's own request goes out through it, cache marks and reasoning included.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/langchainmodel"
)

func main() {
	name := "gpt-5-mini"
	llm, err := openai.New(openai.WithModel(name), openai.WithHTTPClient(langchainmodel.HTTPClient(nil)))
	if err == nil {
		err = ask(context.Background(), llm, langchainmodel.Options{Model: name, Exact: true}, strings.Join(os.Args[1:], " "))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ask lets an agent on a langchaingo model answer one question.
func ask(ctx context.Context, llm llms.Model, o langchainmodel.Options, question string) error {
	model, err := langchainmodel.New(llm, &o)
	if err != nil {
		return err
	}
	store := memstore.New(nil)
	defer store.Close()
	ada, err := agent.New(store.Box("ada"), model, &agent.Options{System: "You answer briefly.", Budget: 8000, Answer: true})
	if err != nil {
		return err
	}
	mia := store.Box("mia")
	if _, err := mia.Send(ctx, quire.Mail("ada", "", question)); err != nil {
		return err
	}
	if _, err := ada.Turn(ctx); err != nil {
		return err
	}
	page, err := mia.Find(ctx, mailbox.Query{Incoming: true})
	for _, row := range page.Rows {
		fmt.Printf("%s: %s\n", row.From, row.Snippet)
	}
	return err
}
