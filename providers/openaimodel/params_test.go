package openaimodel_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/plainrequest"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/openaimodel"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03"

func pngURL() string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(png))
}

func someText(t *rapid.T) string {
	return rapid.StringOf(rapid.RuneFrom([]rune("ab \"\\\n<é中"))).Draw(t, "text") + "."
}

func ids(t *rapid.T, n *int) (out []string) {
	for range rapid.IntRange(1, 3).Draw(t, "calls") {
		*n++
		out = append(out, fmt.Sprintf("call_%d", *n))
	}
	return out
}

func chatUser(t *rapid.T) openai.ChatCompletionMessageParamUnion {
	var parts []openai.ChatCompletionContentPartUnionParam
	for range rapid.IntRange(0, 3).Draw(t, "parts") {
		switch rapid.IntRange(0, 5).Draw(t, "part") {
		case 0:
			parts = append(parts, openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: pngURL(), Detail: rapid.SampledFrom([]string{"", "low"}).Draw(t, "detail")}))
		case 1:
			parts = append(parts, openai.InputAudioContentPart(openai.ChatCompletionContentPartInputAudioInputAudioParam{Data: "aa", Format: "wav"}))
		case 2:
			parts = append(parts, openai.FileContentPart(openai.ChatCompletionContentPartFileFileParam{FileID: param.NewOpt("f")}))
		default:
			parts = append(parts, openai.TextContentPart(someText(t)))
		}
	}
	m := openai.UserMessage(someText(t))
	if len(parts) > 0 {
		m = openai.UserMessage(parts)
	}
	if rapid.IntRange(0, 3).Draw(t, "named") == 0 {
		m.OfUser.Name = param.NewOpt("bob")
	}
	if rapid.IntRange(0, 3).Draw(t, "future") == 0 {
		m.OfUser.SetExtraFields(map[string]any{"future": 1})
	}
	return m
}

func chatSaid(t *rapid.T, ids []string) openai.ChatCompletionMessageParamUnion {
	m := openai.AssistantMessage(someText(t))
	switch {
	case len(ids) == 0 && rapid.IntRange(0, 2).Draw(t, "refuses") == 0:
		m.OfAssistant.Content = openai.ChatCompletionAssistantMessageParamContentUnion{}
		m.OfAssistant.Refusal = param.NewOpt(someText(t))
	case rapid.IntRange(0, 3).Draw(t, "reasons") == 0:
		m.OfAssistant.SetExtraFields(map[string]any{"reasoning_details": []any{map[string]any{"type": "reasoning.encrypted", "data": "zz"}}})
	case rapid.IntRange(0, 3).Draw(t, "list") == 0:
		m.OfAssistant.Content.OfString = param.Opt[string]{}
		m.OfAssistant.Content.OfArrayOfContentParts = []openai.ChatCompletionAssistantMessageParamContentArrayOfContentPartUnion{
			{OfText: &openai.ChatCompletionContentPartTextParam{Text: someText(t)}}, {OfText: &openai.ChatCompletionContentPartTextParam{Text: someText(t)}},
		}
	}
	for _, id := range ids {
		switch rapid.IntRange(0, 3).Draw(t, "call") {
		case 0:
			m.OfAssistant.ToolCalls = append(m.OfAssistant.ToolCalls, openai.ChatCompletionMessageToolCallUnionParam{OfCustom: &openai.ChatCompletionMessageCustomToolCallParam{
				ID: id, Custom: openai.ChatCompletionMessageCustomToolCallCustomParam{Name: "sh", Input: someText(t)},
			}})
		default:
			fn := &openai.ChatCompletionMessageFunctionToolCallParam{ID: id, Function: openai.ChatCompletionMessageFunctionToolCallFunctionParam{Name: "look", Arguments: `{"b":1,"a":12345678901234567890}`}}
			if rapid.Bool().Draw(t, "signed") {
				fn.SetExtraFields(map[string]any{"extra_content": map[string]any{"google": map[string]any{"thought_signature": "s"}}})
			}
			m.OfAssistant.ToolCalls = append(m.OfAssistant.ToolCalls, openai.ChatCompletionMessageToolCallUnionParam{OfFunction: fn})
		}
	}
	return m
}

func someChat(t *rapid.T) openai.ChatCompletionNewParams {
	params := openai.ChatCompletionNewParams{
		Model: "gpt-4o", Temperature: param.NewOpt(0.5), Seed: param.NewOpt(int64(9007199254740993)),
		Messages: []openai.ChatCompletionMessageParamUnion{openai.DeveloperMessage(someText(t)), openai.SystemMessage([]openai.ChatCompletionContentPartTextParam{{Text: someText(t)}})},
		Tools: []openai.ChatCompletionToolUnionParam{
			openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "look", Strict: param.NewOpt(true), Parameters: shared.FunctionParameters{"type": "object", "properties": map[string]any{}}}),
			openai.ChatCompletionCustomTool(openai.ChatCompletionCustomToolCustomParam{Name: "sh"}),
		},
	}
	n := 0
	for range rapid.IntRange(1, 4).Draw(t, "exchanges") {
		params.Messages = append(params.Messages, chatUser(t))
		for range rapid.IntRange(0, 2).Draw(t, "steps") {
			ids := ids(t, &n)
			params.Messages = append(params.Messages, chatSaid(t, ids))
			for _, id := range ids {
				params.Messages = append(params.Messages, openai.ToolMessage(rapid.SampledFrom([]string{"", "Error: "}).Draw(t, "failed")+someText(t), id))
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "told") == 0 {
			params.Messages = append(params.Messages, openai.DeveloperMessage(someText(t)))
		}
		params.Messages = append(params.Messages, chatSaid(t, nil))
	}
	params.Messages = append(params.Messages, openai.UserMessage("And now?"))
	return params
}

// item is one that a response held, sent back as it came.
func item(format string, args ...any) responses.ResponseInputItemUnionParam {
	return param.Override[responses.ResponseInputItemUnionParam](json.RawMessage(fmt.Sprintf(format, args...)))
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func responseSaid(t *rapid.T, ids []string) (out []responses.ResponseInputItemUnionParam) {
	if rapid.Bool().Draw(t, "thinks") {
		out = append(out, item(`{"type":"reasoning","id":"rs_1","summary":%s,%s"status":"completed"}`,
			rapid.SampledFrom([]string{"[]", `[{"type":"summary_text","text":"a"}]`, `[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}]`}).Draw(t, "summary"),
			rapid.SampledFrom([]string{"", `"encrypted_content":"zz",`}).Draw(t, "encrypted")))
	}
	switch rapid.IntRange(0, 5).Draw(t, "said") {
	case 0:
		out = append(out, responses.ResponseInputItemParamOfMessage(someText(t), responses.EasyInputMessageRoleAssistant))
	case 1:
		out = append(out, item(`{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}}`))
	case 2:
		out = append(out, item(`{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"refusal","refusal":%s}]}`, quoted(someText(t))))
	case 3:
		out = append(out, item(`{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":"a","annotations":[]},{"type":"output_text","text":"b","annotations":[]}]}`))
	default:
		out = append(out, item(`{"type":"message","id":"m","role":"assistant","status":"completed","phase":"commentary","content":[{"type":"output_text","text":%s,"annotations":%s}]}`,
			quoted(someText(t)), rapid.SampledFrom([]string{"[]", `[{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":1}]`}).Draw(t, "annotations")))
	}
	for _, id := range ids {
		if rapid.IntRange(0, 3).Draw(t, "call") == 0 {
			out = append(out, item(`{"type":"custom_tool_call","id":"ct","call_id":%q,"name":"sh","input":%s}`, id, quoted(someText(t))))
			continue
		}
		out = append(out, responses.ResponseInputItemParamOfFunctionCall(`{"b":1,"a":12345678901234567890}`, id, "look"))
	}
	return out
}

// responseResults answers the calls among items.
func responseResults(t *rapid.T, items []responses.ResponseInputItemUnionParam) (out []responses.ResponseInputItemUnionParam) {
	for _, it := range items {
		b, err := json.Marshal(it)
		if err != nil {
			panic(err)
		}
		var in struct {
			Type string `json:"type"`
			ID   string `json:"call_id"`
		}
		_ = json.Unmarshal(b, &in)
		switch in.Type {
		case "custom_tool_call":
			out = append(out, item(`{"type":"custom_tool_call_output","call_id":%q,"output":%s}`, in.ID, quoted(someText(t))))
		case "function_call":
			one := responses.ResponseInputItemParamOfFunctionCallOutput(someText(t))
			one.OfFunctionCallOutput.CallID = param.NewOpt(in.ID)
			if rapid.Bool().Draw(t, "picture") {
				one.OfFunctionCallOutput.Output = responses.ResponseInputItemFunctionCallOutputOutputUnionParam{OfResponseFunctionCallOutputItemArray: responses.ResponseFunctionCallOutputItemListParam{
					{OfInputText: &responses.ResponseInputTextContentParam{Text: "See:"}}, {OfInputImage: &responses.ResponseInputImageContentParam{ImageURL: param.NewOpt(pngURL()), Detail: "high"}},
				}}
			}
			out = append(out, one)
		}
	}
	return out
}

func someResponse(t *rapid.T) responses.ResponseNewParams {
	var list []responses.ResponseInputItemUnionParam
	n := 0
	for range rapid.IntRange(1, 4).Draw(t, "exchanges") {
		content := responses.ResponseInputMessageContentListParam{{OfInputText: &responses.ResponseInputTextParam{Text: someText(t)}}}
		switch rapid.IntRange(0, 3).Draw(t, "part") {
		case 0:
			content = append(content, responses.ResponseInputContentUnionParam{OfInputImage: &responses.ResponseInputImageParam{ImageURL: param.NewOpt("https://x.test/a.png"), Detail: "low"}})
		case 1:
			content = append(content, responses.ResponseInputContentUnionParam{OfInputFile: &responses.ResponseInputFileParam{FileID: param.NewOpt("f")}})
		}
		list = append(list, responses.ResponseInputItemParamOfMessage(content, responses.EasyInputMessageRoleUser))
		for range rapid.IntRange(0, 2).Draw(t, "steps") {
			said := responseSaid(t, ids(t, &n))
			list = append(append(list, said...), responseResults(t, said)...)
		}
		if rapid.IntRange(0, 3).Draw(t, "told") == 0 {
			list = append(list, responses.ResponseInputItemParamOfMessage(someText(t), responses.EasyInputMessageRoleDeveloper))
		}
		list = append(list, responseSaid(t, nil)...)
	}
	list = append(list, responses.ResponseInputItemParamOfMessage("And now?", responses.EasyInputMessageRoleUser))
	return responses.ResponseNewParams{
		Model: "gpt-5", Instructions: param.NewOpt(someText(t)), Input: responses.ResponseNewParamsInputUnion{OfInputItemList: list},
		Store: param.NewOpt(false), Include: []responses.ResponseIncludable{"reasoning.encrypted_content"},
		Tools: []responses.ToolUnionParam{{OfFunction: &responses.FunctionToolParam{Name: "look", Parameters: map[string]any{"type": "object", "properties": map[string]any{}}, Strict: param.NewOpt(true)}}, {OfCustom: &responses.CustomToolParam{Name: "sh"}}, {OfWebSearch: &responses.WebSearchToolParam{Type: "web_search"}}},
	}
}

func plain(t require.TestingT, api quire.API, params any) string {
	b, err := json.Marshal(params)
	require.NoError(t, err)
	s, err := plainrequest.Plain(api, b)
	require.NoError(t, err)
	return s
}

func comeBack[P openai.ChatCompletionNewParams | responses.ResponseNewParams](t *rapid.T, api quire.API, params P) {
	before := plain(t, api, params)
	p, err := openaimodel.Prompt(params)
	require.NoError(t, err)
	again, err := openaimodel.Params(p, params)
	require.NoError(t, err)
	require.Equal(t, before, plain(t, api, params), "what it was given is not changed")
	require.Equal(t, before, plain(t, api, again))
}

func TestParamsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if rapid.Bool().Draw(t, "responses") {
			comeBack(t, quire.APIOpenAIResponses, someResponse(t))
		} else {
			comeBack(t, quire.APIOpenAIChat, someChat(t))
		}
	})
}

func composed[P openai.ChatCompletionNewParams | responses.ResponseNewParams](t *rapid.T, api quire.API, model string, params P) {
	p, err := openaimodel.Prompt(params)
	require.NoError(t, err)
	profile, _ := models.Find(model)
	session := compose.NewSession(profile, &compose.SessionOptions{System: p.System, Tools: p.Tools, Budget: rapid.IntRange(500, 2500).Draw(t, "budget")})
	plan, err := session.Next(p.Messages)
	if err != nil {
		t.Skip("a budget that is too small")
	}
	send, err := openaimodel.Params(&plan.Prompt, params)
	require.NoError(t, err)
	body, err := json.Marshal(send)
	require.NoError(t, err)
	require.Empty(t, promptcheck.Check(api, body), "%s", body)
}

// Whatever of a conversation a session composes, it is a request that OpenAI takes.
func TestComposedParamsAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if rapid.Bool().Draw(t, "responses") {
			composed(t, quire.APIOpenAIResponses, "gpt-5", someResponse(t))
		} else {
			composed(t, quire.APIOpenAIChat, "gpt-4o", someChat(t))
		}
	})
}

// What quire says in its own types goes out and comes back.
func TestQuireMessagesThroughParams(t *testing.T) {
	messages := []quire.PromptMessage{
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "See"}, quire.Image{MediaType: "image/png", Data: []byte(png), Width: 2, Height: 3}}},
		{Role: quire.RoleAssistant, Parts: []quire.Part{
			quire.Reasoning{Model: "gpt-5", ID: "rs_1", Text: "Hm.", Data: "zz"}, quire.Text{Text: "Let me look."},
			quire.ToolCall{ID: "c1", Name: "look", Args: `{"a":1}`}, quire.ToolCall{ID: "c2", Name: "look", Args: `{}`},
		}},
		{Role: quire.RoleTool, Parts: []quire.Part{
			quire.ToolResult{CallID: "c1", Parts: []quire.Part{quire.Text{Text: "one"}}},
			quire.ToolResult{CallID: "c2", IsError: true, Parts: []quire.Part{quire.Text{Text: "no"}}},
		}},
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Well?"}}},
	}
	p := &quire.Prompt{System: "You look.", Messages: messages, Tools: []quire.Tool{{Name: "look", Schema: []byte(`{"properties":{},"type":"object"}`)}}}
	params, err := openaimodel.Params(p, responses.ResponseNewParams{Model: "gpt-5"})
	require.NoError(t, err)
	again, err := openaimodel.Prompt(params)
	require.NoError(t, err)
	assert.Equal(t, messages, again.Messages)
	assert.Equal(t, p.System, again.System)
	assert.Equal(t, p.Tools, again.Tools)
	require.NotNil(t, params.Input.OfInputItemList[1].OfMessage, "they are in the types of the client")

	chat, err := openaimodel.Params(p, openai.ChatCompletionNewParams{Model: "gpt-5"})
	require.NoError(t, err)
	again, err = openaimodel.Prompt(chat)
	require.NoError(t, err)
	messages[1].Parts = messages[1].Parts[1:] // the format has no place for reasoning
	assert.Equal(t, messages, again.Messages)
	assert.Equal(t, p.System, again.System)
	require.NotNil(t, chat.Messages[2].OfAssistant)

	p.Messages = messages[:2]
	_, err = openaimodel.Params(p, chat)
	var e *wire.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "A1", e.Rule)
}

func TestWhatParamsCanNotKeep(t *testing.T) {
	for named, err := range map[string]error{
		"previous_response_id": second(openaimodel.Prompt(responses.ResponseNewParams{Model: "gpt-5", PreviousResponseID: param.NewOpt("r")})),
		"messages[0].role":     second(openaimodel.Prompt(openai.ChatCompletionNewParams{Model: "gpt-5", Messages: []openai.ChatCompletionMessageParamUnion{openai.ChatCompletionMessageParamOfFunction("x", "f")}})),
	} {
		var e *wire.Error
		require.ErrorAs(t, err, &e)
		assert.Contains(t, e.What, named)
	}
}

func second[T any](_ T, err error) error { return err }

// Marks come out where the model has them, with the field that they need.
func TestMarksInParams(t *testing.T) {
	params := responses.ResponseNewParams{Model: "gpt-5.6", Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt("Hello")}}
	p, err := openaimodel.Prompt(params)
	require.NoError(t, err)
	p.Marks = []quire.CacheMark{{After: 1}}
	again, err := openaimodel.Params(p, params)
	require.NoError(t, err)
	b, err := json.Marshal(again)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"prompt_cache_options":{"mode":"explicit"}`)
	assert.Contains(t, string(b), `"prompt_cache_breakpoint"`)
	marked, err := openaimodel.Prompt(again)
	require.NoError(t, err)
	assert.Equal(t, p.Marks, marked.Marks)
}

func TestReplyOfTheClient(t *testing.T) {
	var chat openai.ChatCompletion
	require.NoError(t, json.Unmarshal([]byte(`{"id":"r1","model":"gpt-4o-2024-11-20","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"Look.","tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"a\":1}"}}]}}],
		"usage":{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}}`), &chat))
	r, err := openaimodel.Reply(&chat)
	require.NoError(t, err)
	said := []quire.Part{quire.Text{Text: "Look."}, quire.ToolCall{ID: "c1", Name: "look", Args: `{"a":1}`}}
	assert.Equal(t, &quire.Reply{ID: "r1", Model: "gpt-4o-2024-11-20", Stop: quire.StopTools, Usage: quire.Usage{Input: 10, CachedInput: 4, Output: 3}, Parts: said}, r)
	p, err := openaimodel.Prompt(openai.ChatCompletionNewParams{Model: "gpt-4o", Messages: []openai.ChatCompletionMessageParamUnion{chat.Choices[0].Message.ToParam()}})
	require.NoError(t, err)
	assert.Equal(t, said, p.Messages[0].Parts, "what the client sends back of it says the same")

	var acc openai.ChatCompletionAccumulator // has no bytes as they came
	var chunk openai.ChatCompletionChunk
	require.NoError(t, json.Unmarshal([]byte(`{"id":"r1","model":"gpt-4o","choices":[{"index":0,"finish_reason":"stop","delta":{"role":"assistant","content":"Hi."}}],"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13}}`), &chunk))
	require.True(t, acc.AddChunk(chunk))
	r, err = openaimodel.Reply(&acc.ChatCompletion)
	require.NoError(t, err)
	assert.Equal(t, &quire.Reply{ID: "r1", Model: "gpt-4o", Stop: quire.StopEnd, Usage: quire.Usage{Input: 10, Output: 3}, Parts: []quire.Part{quire.Text{Text: "Hi."}}}, r)

	var res responses.Response
	require.NoError(t, json.Unmarshal([]byte(`{"id":"r1","model":"gpt-5","status":"completed","output":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"zz"},{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi.","annotations":[]}]}],
		"usage":{"input_tokens":10,"output_tokens":3}}`), &res))
	r, err = openaimodel.Reply(&res)
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{quire.Reasoning{Model: "gpt-5", ID: "rs_1", Data: "zz"}, quire.Text{Text: "Hi."}}, r.Parts)
}
