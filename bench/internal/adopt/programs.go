package adopt

import (
	"context"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go/v2"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/v2/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
	"github.com/tmc/langchaingo/llms"
	langchainopenai "github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire"
)

// program is a program that keeps its whole list, on a client. start returns its turn.
type program struct {
	name  string
	api   quire.API
	model string
	start func(client *http.Client) (func(ctx context.Context, turn int) error, error)
}

const system = "You know things, and look up what you don't know."

func programs() []program {
	return []program{
		{"openai-go", quire.APIOpenAIChat, "gpt-4.1", onOpenAI},
		{"anthropic-sdk-go", quire.APIAnthropic, "claude-sonnet-4-5", onAnthropic},
		{"langchaingo", quire.APIOpenAIChat, "gpt-4.1", onLangchain},
	}
}

func schema() map[string]any {
	return map[string]any{"type": "object", "properties": map[string]any{"about": map[string]any{"type": "string"}}}
}

func onOpenAI(c *http.Client) (func(context.Context, int) error, error) {
	client := openai.NewClient(option.WithAPIKey("k"), option.WithBaseURL("http://vendor/v1"), option.WithHTTPClient(c), option.WithMaxRetries(0))
	params := openai.ChatCompletionNewParams{
		Model: "gpt-4.1", Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(system)},
		Tools: []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "lookup", Parameters: schema()})},
	}
	return func(ctx context.Context, turn int) error {
		params.Messages = append(params.Messages, openai.UserMessage(question(turn)))
		for called := true; called; {
			answer, err := client.Chat.Completions.New(ctx, params)
			if err != nil {
				return err
			}
			message := answer.Choices[0].Message
			params.Messages = append(params.Messages, message.ToParam())
			called = len(message.ToolCalls) > 0
			for _, call := range message.ToolCalls {
				params.Messages = append(params.Messages, openai.ToolMessage(lookup(turn), call.ID))
			}
		}
		return nil
	}, nil
}

// onAnthropic marks the end of its list, as Anthropic's guide says a conversation should.
func onAnthropic(c *http.Client) (func(context.Context, int) error, error) {
	client := anthropic.NewClient(anthropicoption.WithoutEnvironmentDefaults(), anthropicoption.WithAPIKey("k"), anthropicoption.WithBaseURL("http://vendor"), anthropicoption.WithHTTPClient(c), anthropicoption.WithMaxRetries(0))
	params := anthropic.MessageNewParams{
		Model: "claude-sonnet-4-5", MaxTokens: 1000, System: []anthropic.TextBlockParam{{Text: system}},
		Tools:        []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{Name: "lookup", InputSchema: anthropic.ToolInputSchemaParam{Properties: map[string]any{"about": map[string]any{"type": "string"}}}}}},
		CacheControl: anthropic.NewCacheControlEphemeralParam(),
	}
	return func(ctx context.Context, turn int) error {
		params.Messages = append(params.Messages, anthropic.NewUserMessage(anthropic.NewTextBlock(question(turn))))
		for {
			message, err := client.Messages.New(ctx, params)
			if err != nil {
				return err
			}
			params.Messages = append(params.Messages, message.ToParam())
			var results []anthropic.ContentBlockParamUnion
			for _, block := range message.Content {
				if block.Type == "tool_use" {
					results = append(results, anthropic.NewToolResultBlock(block.ID, lookup(turn), false))
				}
			}
			if len(results) == 0 {
				return nil
			}
			params.Messages = append(params.Messages, anthropic.NewUserMessage(results...))
		}
	}, nil
}

func onLangchain(c *http.Client) (func(context.Context, int) error, error) {
	llm, err := langchainopenai.New(langchainopenai.WithToken("k"), langchainopenai.WithModel("gpt-4.1"), langchainopenai.WithBaseURL("http://vendor/v1"), langchainopenai.WithHTTPClient(c))
	if err != nil {
		return nil, err
	}
	tools := llms.WithTools([]llms.Tool{{Type: "function", Function: &llms.FunctionDefinition{Name: "lookup", Parameters: schema()}}})
	list := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeSystem, system)}
	return func(ctx context.Context, turn int) error {
		list = append(list, llms.TextParts(llms.ChatMessageTypeHuman, question(turn)))
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
				results.Parts = append(results.Parts, llms.ToolCallResponse{ToolCallID: call.ID, Name: call.FunctionCall.Name, Content: lookup(turn)})
			}
			if list = append(list, said); len(results.Parts) == 0 {
				return nil
			}
			list = append(list, results)
		}
	}, nil
}
