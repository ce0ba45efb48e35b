// Adoptanthropic is a chat service on Anthropic's own client that keeps the whole list of
// each user's messages, and adopted quire by two lines: the import of package adopt, and the
// client's transport. "POST /NAME" with a question as its body answers it.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"

	"github.com/quire-dev/quire/adopt"
)

const model = "claude-sonnet-4-5"

// service answers its users.
type service struct {
	client anthropic.Client // key: ANTHROPIC_API_KEY

	mu    sync.Mutex
	lists map[string][]anthropic.MessageParam // by user
}

func newService(url string) *service {
	return &service{
		client: anthropic.NewClient(
			option.WithBaseURL(url),
			option.WithHTTPClient(&http.Client{Transport: adopt.New(4000, nil)}), // at most 4,000 tokens of input
		),
		lists: map[string][]anthropic.MessageParam{},
	}
}

// ServeHTTP implements [http.Handler].
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		var said string
		if said, err = s.answer(r, strings.Trim(r.URL.Path, "/"), string(asked)); err == nil {
			_, _ = io.WriteString(w, said)
			return
		}
	}
	http.Error(w, err.Error(), http.StatusBadGateway)
}

// answer asks the model with all that the user and it said so far, and runs its tool.
func (s *service) answer(r *http.Request, user, text string) (string, error) {
	list := append(s.lists[user], anthropic.NewUserMessage(anthropic.NewTextBlock(text)))
	for {
		message, err := s.client.Messages.New(r.Context(), anthropic.MessageNewParams{
			Model: model, MaxTokens: 1000, Messages: list,
			System: []anthropic.TextBlockParam{{Text: "You know the weather of every city."}},
			Tools: []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
				Name: "weather", InputSchema: anthropic.ToolInputSchemaParam{Properties: map[string]any{"city": map[string]any{"type": "string"}}},
			}}},
		})
		if err != nil {
			return "", err
		}
		list = append(list, message.ToParam())
		said, results := "", []anthropic.ContentBlockParamUnion(nil)
		for _, block := range message.Content {
			switch block := block.AsAny().(type) {
			case anthropic.TextBlock:
				said += block.Text
			case anthropic.ToolUseBlock:
				results = append(results, anthropic.NewToolResultBlock(block.ID, weather(string(block.Input)), false))
			}
		}
		if len(results) == 0 {
			s.lists[user] = list
			return said, nil
		}
		list = append(list, anthropic.NewUserMessage(results...))
	}
}

// weather is the tool. What it returns is long, as results are.
func weather(args string) string {
	return "Asked for " + args + ". " + strings.Repeat("It is mild, with some rain. ", 10)
}

func main() {
	fmt.Println("listening on localhost:8080")
	fmt.Fprintln(os.Stderr, http.ListenAndServe("localhost:8080", newService("https://api.anthropic.com")))
	os.Exit(1)
}
