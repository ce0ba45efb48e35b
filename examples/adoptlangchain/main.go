// Adoptlangchain is a chat service on langchaingo that keeps the whole list of each user's
// messages, and adopted quire by two lines: the import of package adopt, and the client's
// transport. "POST /NAME" with a question as its body answers it.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire/adopt"
)

const model = "gpt-4.1"

// service answers its users.
type service struct {
	llm llms.Model // key: OPENAI_API_KEY

	mu    sync.Mutex
	lists map[string][]llms.MessageContent // by user
}

func newService(url string) (*service, error) {
	llm, err := openai.New(
		openai.WithModel(model), openai.WithBaseURL(url),
		openai.WithHTTPClient(&http.Client{Transport: adopt.New(4000, nil)}), // at most 4,000 tokens of input
	)
	return &service{llm: llm, lists: map[string][]llms.MessageContent{}}, err
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
	tools := llms.WithTools([]llms.Tool{{Type: "function", Function: &llms.FunctionDefinition{
		Name: "weather", Parameters: map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}},
	}}})
	list := s.lists[user]
	if list == nil {
		list = append(list, llms.TextParts(llms.ChatMessageTypeSystem, "You know the weather of every city."))
	}
	list = append(list, llms.TextParts(llms.ChatMessageTypeHuman, text))
	for {
		answer, err := s.llm.GenerateContent(r.Context(), list, tools)
		if err != nil {
			return "", err
		}
		choice := answer.Choices[0]
		said := llms.TextParts(llms.ChatMessageTypeAI, choice.Content)
		results := llms.MessageContent{Role: llms.ChatMessageTypeTool}
		for _, call := range choice.ToolCalls {
			said.Parts = append(said.Parts, call)
			results.Parts = append(results.Parts, llms.ToolCallResponse{ToolCallID: call.ID, Name: call.FunctionCall.Name, Content: weather(call.FunctionCall.Arguments)})
		}
		if list = append(list, said); len(results.Parts) == 0 {
			s.lists[user] = list
			return choice.Content, nil
		}
		list = append(list, results)
	}
}

// weather is the tool. What it returns is long, as results are.
func weather(args string) string {
	return "Asked for " + args + ". " + strings.Repeat("It is mild, with some rain. ", 10)
}

func main() {
	s, err := newService("https://api.openai.com/v1")
	if err == nil {
		fmt.Println("listening on localhost:8080")
		err = http.ListenAndServe("localhost:8080", s)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
