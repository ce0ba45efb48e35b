// Adoptopenai is a chat service on OpenAI's own client that keeps the whole list of each
// user's messages, and adopted quire by two lines: the import of package adopt, and the
// client's transport. "POST /NAME" with a question as its body answers it.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"

	"github.com/quire-dev/quire/adopt"
)

const model = "gpt-4.1"

// service answers its users.
type service struct {
	client openai.Client // key: OPENAI_API_KEY

	mu    sync.Mutex
	lists map[string][]openai.ChatCompletionMessageParamUnion // by user
}

func newService(url string) *service {
	return &service{
		client: openai.NewClient(
			option.WithBaseURL(url),
			option.WithHTTPClient(&http.Client{Transport: adopt.New(4000, nil)}), // at most 4,000 tokens of input
		),
		lists: map[string][]openai.ChatCompletionMessageParamUnion{},
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
	list := append(s.lists[user], openai.UserMessage(text))
	for {
		answer, err := s.client.Chat.Completions.New(r.Context(), openai.ChatCompletionNewParams{
			Model: model, Messages: append([]openai.ChatCompletionMessageParamUnion{openai.SystemMessage("You know the weather of every city.")}, list...),
			Tools: []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "weather",
				Parameters: map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}}})},
		})
		if err != nil {
			return "", err
		}
		message := answer.Choices[0].Message
		list = append(list, message.ToParam())
		if len(message.ToolCalls) == 0 {
			s.lists[user] = list
			return message.Content, nil
		}
		for _, call := range message.ToolCalls {
			list = append(list, openai.ToolMessage(weather(call.Function.Arguments), call.ID))
		}
	}
}

// weather is the tool. What it returns is long, as results are.
func weather(args string) string {
	return "Asked for " + args + ". " + strings.Repeat("It is mild, with some rain. ", 10)
}

func main() {
	fmt.Println("listening on localhost:8080")
	fmt.Fprintln(os.Stderr, http.ListenAndServe("localhost:8080", newService("https://api.openai.com/v1")))
	os.Exit(1)
}
