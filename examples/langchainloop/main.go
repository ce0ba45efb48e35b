// Langchainloop puts quire into loops on langchaingo that stay as they are: chat calls any
// llms.Model with its whole list, and is given one that composes; converse keeps its past in
// a memory, whose history composes (-memory).
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/memory"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/langchainmodel"
)

func main() {
	inMemory := flag.Bool("memory", false, "keep the past in a memory, without tools")
	flag.Parse()
	if err := run(context.Background(), *inMemory, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	name   = "gpt-5-mini"
	budget = 2000 // tokens of a request; small, so that something leaves soon
)

func run(ctx context.Context, inMemory bool, in io.Reader, out io.Writer) error {
	model, err := langchainmodel.Open("openai:"+name, nil) // key: OPENAI_API_KEY
	if err != nil {
		return err
	}
	if inMemory {
		return converse(ctx, composing(model), remembering(budget/2), in, out)
	}
	return chat(ctx, composing(model), in, out)
}

// composing makes an llms.Model that sends what fits the budget.
func composing(model providers.Model) *langchainmodel.LLM {
	profile, _ := models.Find(name)
	return langchainmodel.NewLLM(model, compose.NewSession(profile, &compose.SessionOptions{Budget: budget}))
}

// remembering makes a memory that keeps everything and gives back what fits.
func remembering(budget int) *memory.ConversationBuffer {
	profile, _ := models.Find(name)
	session := compose.NewSession(profile, &compose.SessionOptions{Budget: budget})
	return memory.NewConversationBuffer(memory.WithChatHistory(langchainmodel.NewHistory(memory.NewChatMessageHistory(), session)))
}

// chat answers each line that it reads, with a tool. Nothing in it knows of quire.
func chat(ctx context.Context, llm llms.Model, in io.Reader, out io.Writer) error {
	tools := llms.WithTools([]llms.Tool{{Type: "function", Function: &llms.FunctionDefinition{
		Name: "weather", Parameters: map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}},
	}}})
	list := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeSystem, "You know the weather of every city.")}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		list = append(list, llms.TextParts(llms.ChatMessageTypeHuman, lines.Text()))
		for {
			answer, err := llm.GenerateContent(ctx, list, tools)
			if err != nil {
				return err
			}
			choice := answer.Choices[0]
			said := llms.TextParts(llms.ChatMessageTypeAI, choice.Content)
			results := llms.MessageContent{Role: llms.ChatMessageTypeTool}
			for _, call := range choice.ToolCalls {
				said.Parts = append(said.Parts, call)
				results.Parts = append(results.Parts, llms.ToolCallResponse{ToolCallID: call.ID, Name: call.FunctionCall.Name, Content: weather(call.FunctionCall.Arguments)})
			}
			if list = append(list, said); len(results.Parts) == 0 {
				fmt.Fprintln(out, choice.Content)
				break
			}
			list = append(list, results)
		}
	}
	return nil
}

// converse answers each line that it reads from what the memory gives back. Nothing in it
// knows of quire.
func converse(ctx context.Context, llm llms.Model, past *memory.ConversationBuffer, in io.Reader, out io.Writer) error {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		loaded, err := past.LoadMemoryVariables(ctx, nil)
		if err != nil {
			return err
		}
		prompt := fmt.Sprintf("So far:\n%v\n\nHuman: %s\nAI:", loaded[past.GetMemoryKey(ctx)], lines.Text())
		answer, err := llms.GenerateFromSinglePrompt(ctx, llm, prompt)
		if err != nil {
			return err
		}
		if err := past.SaveContext(ctx, map[string]any{"input": lines.Text()}, map[string]any{"output": answer}); err != nil {
			return err
		}
		fmt.Fprintln(out, answer)
	}
	return nil
}

// weather is the tool. What it returns is long, as results are.
func weather(args string) string {
	return "Asked for " + args + ". " + strings.Repeat("It is mild, with some rain. ", 10)
}
