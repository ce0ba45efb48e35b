// Openailoop puts quire into loops on OpenAI's own client: over Chat Completions, and with
// -responses over the Responses API. The lists stay the loops' own, in the client's types;
// composed and settle are what is new.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/openaimodel"
)

func main() {
	overResponses := flag.Bool("responses", false, "use the Responses API")
	flag.Parse()
	talk := chat
	if *overResponses {
		talk = respond
	}
	client := openai.NewClient() // key: OPENAI_API_KEY
	if err := talk(context.Background(), &client, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	model  = "gpt-5-mini"
	budget = 2000 // tokens of a request; small, so that something leaves soon
)

func newSession() *compose.Session {
	profile, _ := models.Find(model)
	return compose.NewSession(profile, &compose.SessionOptions{Budget: budget})
}

// composed returns params with what of their list fits the budget.
func composed[P openai.ChatCompletionNewParams | responses.ResponseNewParams](session *compose.Session, params P) (*compose.Plan, P, error) {
	p, err := openaimodel.Prompt(params)
	if err != nil {
		return nil, params, err
	}
	session.Options.System, session.Options.Tools = p.System, p.Tools
	plan, err := session.Next(p.Messages)
	if err != nil {
		return nil, params, err
	}
	params, err = openaimodel.Params(&plan.Prompt, params)
	return plan, params, err
}

// settle tells the session how a call went.
func settle[A openai.ChatCompletion | responses.Response](session *compose.Session, plan *compose.Plan, answer *A, err error) error {
	if err != nil {
		return errors.Join(err, session.Failed(plan))
	}
	reply, err := openaimodel.Reply(answer)
	if err != nil {
		return errors.Join(err, session.Failed(plan))
	}
	return session.Sent(plan, reply.Usage)
}

// chat answers each line that it reads, with a tool, over Chat Completions.
func chat(ctx context.Context, client *openai.Client, in io.Reader, out io.Writer) error {
	session := newSession()
	params := openai.ChatCompletionNewParams{
		Model:    model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.DeveloperMessage("You know the weather of every city.")},
		Tools:    []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "weather", Parameters: schema()})},
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		params.Messages = append(params.Messages, openai.UserMessage(lines.Text()))
		for called := true; called; {
			plan, send, err := composed(session, params)
			if err != nil {
				return err
			}
			answer, err := client.Chat.Completions.New(ctx, send)
			if err := settle(session, plan, answer, err); err != nil {
				return err
			}
			message := answer.Choices[0].Message
			params.Messages = append(params.Messages, message.ToParam())
			if message.Content != "" {
				fmt.Fprintln(out, message.Content)
			}
			called = len(message.ToolCalls) > 0
			for _, call := range message.ToolCalls {
				params.Messages = append(params.Messages, openai.ToolMessage(weather(call.Function.Arguments), call.ID))
			}
		}
	}
	return nil
}

// respond is chat over the Responses API. Nothing is stored at OpenAI, so reasoning comes
// back encrypted and goes out again with the items that it led to.
func respond(ctx context.Context, client *openai.Client, in io.Reader, out io.Writer) error {
	session := newSession()
	params := responses.ResponseNewParams{
		Model: model, Instructions: param.NewOpt("You know the weather of every city."),
		Store: param.NewOpt(false), Include: []responses.ResponseIncludable{responses.ResponseIncludableReasoningEncryptedContent},
		Tools: []responses.ToolUnionParam{{OfFunction: &responses.FunctionToolParam{Name: "weather", Parameters: schema()}}},
	}
	var list []responses.ResponseInputItemUnionParam
	for lines := bufio.NewScanner(in); lines.Scan(); {
		list = append(list, responses.ResponseInputItemParamOfMessage(lines.Text(), responses.EasyInputMessageRoleUser))
		for called := true; called; {
			params.Input = responses.ResponseNewParamsInputUnion{OfInputItemList: list}
			plan, send, err := composed(session, params)
			if err != nil {
				return err
			}
			answer, err := client.Responses.New(ctx, send)
			if err := settle(session, plan, answer, err); err != nil {
				return err
			}
			if s := answer.OutputText(); s != "" {
				fmt.Fprintln(out, s)
			}
			called = false
			var results []responses.ResponseInputItemUnionParam
			for _, item := range answer.Output {
				list = append(list, param.Override[responses.ResponseInputItemUnionParam](json.RawMessage(item.RawJSON())))
				if item.Type != "function_call" {
					continue
				}
				called = true
				call := item.AsFunctionCall()
				result := responses.ResponseInputItemParamOfFunctionCallOutput(weather(call.Arguments))
				result.OfFunctionCallOutput.CallID = param.NewOpt(call.CallID)
				results = append(results, result)
			}
			list = append(list, results...)
		}
	}
	return nil
}

func schema() map[string]any {
	return map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}}
}

// weather is the tool. What it returns is long, as results are.
func weather(args string) string {
	return "Asked for " + args + ". " + strings.Repeat("It is mild, with some rain. ", 10)
}
