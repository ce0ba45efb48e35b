package anthropicmodel_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/packages/param"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/plainrequest"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/anthropicmodel"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03"

func someText(t *rapid.T) string {
	return rapid.StringOf(rapid.RuneFrom([]rune("ab \"\\\n<é中"))).Filter(func(s string) bool { return s != "" }).Draw(t, "text") + "."
}

// userBlocks draws what a user's message of anthropic-sdk-go may hold besides results.
func userBlocks(t *rapid.T) (out []anthropic.ContentBlockParamUnion) {
	for range rapid.IntRange(1, 3).Draw(t, "blocks") {
		switch rapid.IntRange(0, 6).Draw(t, "block") {
		case 0:
			out = append(out, anthropic.NewImageBlockBase64("image/png", base64.StdEncoding.EncodeToString([]byte(png))))
		case 1:
			out = append(out, anthropic.NewImageBlock(anthropic.URLImageSourceParam{URL: "https://x.test/a.png"}))
		case 2:
			out = append(out, anthropic.NewDocumentBlock(anthropic.Base64PDFSourceParam{Data: "JVBERg=="}))
		case 3:
			out = append(out, anthropic.NewSearchResultBlock([]anthropic.TextBlockParam{{Text: someText(t)}}, "s", "t"))
		case 4:
			b := anthropic.NewTextBlock(someText(t))
			b.OfText.SetExtraFields(map[string]any{"future": map[string]any{"n": 12345678901234567}})
			out = append(out, b)
		default:
			out = append(out, anthropic.NewTextBlock(someText(t)))
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "marked") == 0 {
		if last := out[len(out)-1]; last.OfText != nil {
			last.OfText.CacheControl = anthropic.NewCacheControlEphemeralParam()
		}
	}
	return out
}

// saidBlocks draws what a model said, with calls of these ids.
func saidBlocks(t *rapid.T, ids []string) (out []anthropic.ContentBlockParamUnion) {
	if rapid.Bool().Draw(t, "thinks") {
		out = append(out, anthropic.NewThinkingBlock("sig", someText(t)))
		if rapid.Bool().Draw(t, "redacted") {
			out = append(out, anthropic.NewRedactedThinkingBlock("data"))
		}
	}
	text := anthropic.NewTextBlock(someText(t))
	switch rapid.IntRange(0, 3).Draw(t, "said") {
	case 0:
		text.OfText.Citations = []anthropic.TextCitationParamUnion{{OfCharLocation: &anthropic.CitationCharLocationParam{
			CitedText: someText(t), DocumentIndex: 0, StartCharIndex: 1, EndCharIndex: 2, DocumentTitle: param.NewOpt("T"),
		}}}
	case 1:
		out = append(out, anthropic.NewServerToolUseBlock("srvtoolu_1", map[string]any{"query": "q"}, "web_search"))
	case 2:
		out = append(out, param.Override[anthropic.ContentBlockParamUnion](json.RawMessage(`{"type":"made_later","x":[1]}`)))
	}
	out = append(out, text)
	for _, id := range ids {
		call := anthropic.NewToolUseBlock(id, json.RawMessage(rapid.SampledFrom([]string{`{}`, `{"b":1,"a":12345678901234567890}`}).Draw(t, "input")), "look")
		if rapid.Bool().Draw(t, "caller") {
			call.OfToolUse.Caller = anthropic.ToolUseBlockParamCallerUnion{OfDirect: &anthropic.DirectCallerParam{}}
		}
		out = append(out, call)
	}
	return out
}

func resultBlocks(t *rapid.T, ids []string) (out []anthropic.ContentBlockParamUnion) {
	for _, id := range ids {
		b := anthropic.NewToolResultBlock(id, someText(t), rapid.Bool().Draw(t, "failed"))
		switch rapid.IntRange(0, 3).Draw(t, "result") {
		case 0:
			b.OfToolResult.Content = append(b.OfToolResult.Content, anthropic.ToolResultBlockParamContentUnion{OfImage: anthropic.NewImageBlockBase64("image/png", base64.StdEncoding.EncodeToString([]byte(png))).OfImage})
		case 1:
			b.OfToolResult.Content = append(b.OfToolResult.Content, anthropic.ToolResultBlockParamContentUnion{OfDocument: anthropic.NewDocumentBlock(anthropic.Base64PDFSourceParam{Data: "JVBERg=="}).OfDocument})
		case 2:
			b.OfToolResult.SetExtraFields(map[string]any{"future": 1})
		}
		out = append(out, b)
	}
	return out
}

// someParams draws the parameters of a call, as a loop on anthropic-sdk-go has them.
func someParams(t *rapid.T) anthropic.MessageNewParams {
	params := anthropic.MessageNewParams{
		Model: "claude-sonnet-4-5", MaxTokens: 1024, StopSequences: []string{"STOP"},
		System: []anthropic.TextBlockParam{{Text: someText(t)}, {Text: someText(t), CacheControl: anthropic.NewCacheControlEphemeralParam()}},
		Tools: []anthropic.ToolUnionParam{
			{OfTool: &anthropic.ToolParam{Name: "look", Description: param.NewOpt("Looks."), InputSchema: anthropic.ToolInputSchemaParam{Properties: map[string]any{"a": map[string]any{"type": "integer"}}}}},
			{OfBashTool20250124: &anthropic.ToolBash20250124Param{}},
		},
	}
	n := 0
	for range rapid.IntRange(1, 4).Draw(t, "exchanges") {
		params.Messages = append(params.Messages, anthropic.NewUserMessage(userBlocks(t)...))
		for range rapid.IntRange(0, 2).Draw(t, "steps") {
			var ids []string
			for range rapid.IntRange(1, 3).Draw(t, "calls") {
				n++
				ids = append(ids, fmt.Sprintf("toolu_%d", n))
			}
			params.Messages = append(params.Messages, anthropic.NewAssistantMessage(saidBlocks(t, ids)...))
			answer := resultBlocks(t, ids)
			if rapid.IntRange(0, 3).Draw(t, "more") == 0 {
				answer = append(answer, anthropic.NewTextBlock(someText(t)))
			}
			params.Messages = append(params.Messages, anthropic.NewUserMessage(answer...))
		}
		params.Messages = append(params.Messages, anthropic.NewAssistantMessage(saidBlocks(t, nil)...))
	}
	params.Messages = append(params.Messages, anthropic.NewUserMessage(anthropic.NewTextBlock("And now?")))
	return params
}

func plain(t require.TestingT, params anthropic.MessageNewParams) string {
	b, err := json.Marshal(params)
	require.NoError(t, err)
	s, err := plainrequest.Plain(quire.APIAnthropic, b)
	require.NoError(t, err)
	return s
}

func TestParamsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		params := someParams(t)
		before := plain(t, params)
		p, err := anthropicmodel.Prompt(params)
		require.NoError(t, err)
		again, err := anthropicmodel.Params(p, params)
		require.NoError(t, err)
		require.Equal(t, before, plain(t, params), "what it was given is not changed")
		require.Equal(t, before, plain(t, again))
		marks, err := anthropicmodel.Prompt(again)
		require.NoError(t, err)
		sent := p.Marks[max(0, len(p.Marks)-4):]
		require.Equal(t, sent, marks.Marks, "the last four of the marks, which is what the API takes")
	})
}

// Whatever of a conversation a session composes, it is a request that Anthropic takes, with
// every block as it stood.
func TestComposedParamsAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		params := someParams(t)
		p, err := anthropicmodel.Prompt(params)
		require.NoError(t, err)
		profile, _ := models.Find(string(params.Model))
		session := compose.NewSession(profile, &compose.SessionOptions{System: p.System, Tools: p.Tools, Budget: rapid.IntRange(900, 2500).Draw(t, "budget")})
		plan, err := session.Next(p.Messages)
		if err != nil {
			t.Skip("a budget that is too small")
		}
		send, err := anthropicmodel.Params(&plan.Prompt, params)
		require.NoError(t, err)
		body, err := json.Marshal(send)
		require.NoError(t, err)
		require.Empty(t, promptcheck.Check(quire.APIAnthropic, body), "%s", body)
		require.LessOrEqual(t, len(send.Messages), len(params.Messages)+1)
	})
}

// What quire says in its own types goes out and comes back.
func TestQuireMessagesThroughParams(t *testing.T) {
	model := "claude-sonnet-4-5"
	messages := []quire.PromptMessage{
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "See"}, quire.Image{MediaType: "image/png", Data: []byte(png), Width: 2, Height: 3}}},
		{Role: quire.RoleAssistant, Parts: []quire.Part{
			quire.Reasoning{Model: model, Text: "Hm.", Signature: "sig"}, quire.Reasoning{Model: model, Data: "zz"}, quire.Text{Text: "Let me look."},
			quire.ToolCall{ID: "c1", Name: "look", Args: `{"a":1}`}, quire.ToolCall{ID: "c2", Name: "look", Args: `{}`},
		}},
		{Role: quire.RoleTool, Parts: []quire.Part{
			quire.ToolResult{CallID: "c1", Parts: []quire.Part{quire.Text{Text: "one"}, quire.Image{URL: "https://x.test/a.png"}}},
			quire.ToolResult{CallID: "c2", IsError: true, Parts: []quire.Part{quire.Text{Text: "no"}}},
		}},
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Well?"}}},
	}
	p := &quire.Prompt{System: "You look.", Messages: messages, Tools: []quire.Tool{{Name: "look", Schema: []byte(`{"type":"object","properties":{}}`)}}, Marks: []quire.CacheMark{{After: 0, TTL: time.Hour}, {After: 1}}}
	params, err := anthropicmodel.Params(p, anthropic.MessageNewParams{Model: anthropic.Model(model), MaxTokens: 5})
	require.NoError(t, err)
	again, err := anthropicmodel.Prompt(params)
	require.NoError(t, err)
	assert.Equal(t, messages, again.Messages)
	assert.Equal(t, p.System, again.System)
	require.Len(t, again.Tools, 1)
	assert.JSONEq(t, string(p.Tools[0].Schema), string(again.Tools[0].Schema))
	require.NotNil(t, params.Messages[0].OfUser, "they are in the types of the client")
	assert.Equal(t, "See", params.Messages[0].OfUser.Content[0].OfText.Text)
	assert.Equal(t, p.Marks, again.Marks)

	p.Messages = messages[:2]
	_, err = anthropicmodel.Params(p, params)
	var e *wire.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "A1", e.Rule)
}

func TestWhatParamsCanNotKeep(t *testing.T) {
	params := anthropic.MessageNewParams{Model: "claude-sonnet-4-5", Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("x"))}}
	params.Messages[0].OfUser.SetExtraFields(map[string]any{"future": 1})
	_, err := anthropicmodel.Prompt(params)
	var e *wire.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "messages[0].future: there is no place for it in a prompt", e.What)
}

// Parameters that were given as JSON come back as JSON.
func TestParamsAsJSON(t *testing.T) {
	body := `{"model":"claude-sonnet-4-5","max_tokens":5,"future":[1, 2],"messages":[{"role":"user","content":"x"}]}`
	params := param.Override[anthropic.MessageNewParams](json.RawMessage(body))
	p, err := anthropicmodel.Prompt(params)
	require.NoError(t, err)
	again, err := anthropicmodel.Params(p, params)
	require.NoError(t, err)
	b, err := json.Marshal(again)
	require.NoError(t, err)
	assert.JSONEq(t, `{"model":"claude-sonnet-4-5","max_tokens":5,"future":[1,2],"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]}`, string(b))
}

func TestReplyOfTheClient(t *testing.T) {
	var m anthropic.Message
	require.NoError(t, json.Unmarshal([]byte(`{"id":"m1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[
		{"type":"thinking","thinking":"Hm.","signature":"sig"},{"type":"text","text":"Look."},{"type":"tool_use","id":"c1","name":"look","input":{"b":1,"a":12345678901234567890}}],
		"stop_reason":"tool_use","usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":2,"output_tokens":3}}`), &m))
	want := &quire.Reply{
		ID: "m1", Model: "claude-sonnet-4-5", Stop: quire.StopTools, Usage: quire.Usage{Input: 17, CachedInput: 5, CacheWrite: 2, Output: 3},
		Parts: []quire.Part{
			quire.Reasoning{Model: "claude-sonnet-4-5", Text: "Hm.", Signature: "sig"}, quire.Text{Text: "Look."},
			quire.ToolCall{ID: "c1", Name: "look", Args: `{"b":1,"a":12345678901234567890}`},
		},
	}
	r, err := anthropicmodel.Reply(&m)
	require.NoError(t, err)
	assert.Equal(t, want, r)

	// What the client sends back of it says the same.
	p, err := anthropicmodel.Prompt(anthropic.MessageNewParams{Model: m.Model, Messages: []anthropic.MessageParam{m.ToParam()}})
	require.NoError(t, err)
	assert.Equal(t, want.Parts, p.Messages[0].Parts)
}
