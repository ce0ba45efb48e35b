package langchainmodel_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/memory"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/scripted"
)

func drawnText(t *rapid.T) string {
	return rapid.StringOf(rapid.RuneFrom([]rune("ab \"\\\n<é中"))).Draw(t, "text") + "."
}

// drawnMessages draws a list as langchaingo's loops have it.
func drawnMessages(t *rapid.T) []llms.MessageContent {
	list := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeSystem, drawnText(t))}
	n := 0
	for range rapid.IntRange(1, 4).Draw(t, "exchanges") {
		m := llms.TextParts(rapid.SampledFrom([]llms.ChatMessageType{llms.ChatMessageTypeHuman, llms.ChatMessageTypeGeneric}).Draw(t, "role"), drawnText(t))
		switch rapid.IntRange(0, 4).Draw(t, "part") {
		case 0:
			m.Parts = append(m.Parts, llms.BinaryPart("image/png", []byte("\x89PNG")))
		case 1:
			m.Parts = append(m.Parts, llms.BinaryPart("audio/wav", []byte("RIFF")))
		case 2:
			m.Parts = append(m.Parts, llms.ImageURLWithDetailPart("https://x.test/a.png", rapid.SampledFrom([]string{"", "high"}).Draw(t, "detail")))
		}
		list = append(list, m)
		for range rapid.IntRange(0, 2).Draw(t, "steps") {
			said := llms.TextParts(llms.ChatMessageTypeAI, drawnText(t))
			result := llms.MessageContent{Role: llms.ChatMessageTypeTool}
			for range rapid.IntRange(1, 3).Draw(t, "calls") {
				n++
				id := fmt.Sprintf("c%d", n)
				said.Parts = append(said.Parts, llms.ToolCall{ID: id, Type: rapid.SampledFrom([]string{"function", "", "custom"}).Draw(t, "type"), FunctionCall: &llms.FunctionCall{Name: "look", Arguments: `{"a":12345678901234567890}`}})
				result.Parts = append(result.Parts, llms.ToolCallResponse{ToolCallID: id, Name: "look", Content: rapid.SampledFrom([]string{"", "Error: "}).Draw(t, "failed") + drawnText(t)})
			}
			list = append(list, said, result)
		}
		if rapid.IntRange(0, 3).Draw(t, "told") == 0 {
			list = append(list, llms.TextParts(llms.ChatMessageTypeSystem, drawnText(t)))
		}
		list = append(list, llms.TextParts(llms.ChatMessageTypeAI, drawnText(t)))
	}
	return append(list, llms.TextParts(llms.ChatMessageTypeHuman, "And now?"))
}

func TestMessagesComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawnMessages(t)
		p, err := langchainmodel.Prompt(list)
		require.NoError(t, err)
		again, err := langchainmodel.Messages(p)
		require.NoError(t, err)
		require.Equal(t, list, again)
	})
}

// What a session composes of a list can be said in langchaingo's types: each call with its
// result, and nothing that the list has not.
func TestComposedMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawnMessages(t)
		p, err := langchainmodel.Prompt(list)
		require.NoError(t, err)
		profile, _ := models.Find("gpt-4o")
		session := compose.NewSession(profile, &compose.SessionOptions{System: p.System, Budget: rapid.IntRange(300, 2000).Draw(t, "budget")})
		plan, err := session.Next(p.Messages)
		if err != nil {
			t.Skip("a budget that is too small")
		}
		out, err := langchainmodel.Messages(&plan.Prompt)
		require.NoError(t, err)
		open := map[string]bool{}
		for _, m := range out {
			for _, part := range m.Parts {
				switch part := part.(type) {
				case llms.ToolCall:
					open[part.ID] = true
				case llms.ToolCallResponse:
					require.True(t, open[part.ToolCallID])
					delete(open, part.ToolCallID)
				}
			}
		}
		require.Empty(t, open)
		require.Equal(t, list[len(list)-1], out[len(out)-1])
	})
}

func TestWhatHasNoPlaceInLangchaingo(t *testing.T) {
	for what, list := range map[string]llms.MessageContent{
		`message 0, of role "function"`:         llms.TextParts(llms.ChatMessageTypeFunction, "x"),
		"a call without an id":                  {Role: llms.ChatMessageTypeAI, Parts: []llms.ContentPart{llms.ToolCall{FunctionCall: &llms.FunctionCall{}}}},
		"a call in a message of another role":   {Role: llms.ChatMessageTypeHuman, Parts: []llms.ContentPart{llms.ToolCall{ID: "c"}}},
		"a result in a message of another role": {Role: llms.ChatMessageTypeAI, Parts: []llms.ContentPart{llms.ToolCallResponse{}}},
		"a llms.TextContent beside results":     llms.TextParts(llms.ChatMessageTypeTool, "x"),
	} {
		_, err := langchainmodel.Prompt([]llms.MessageContent{list})
		var loss *langchainmodel.LossError
		require.ErrorAs(t, err, &loss)
		assert.Contains(t, loss.What, what)
		assert.Contains(t, err.Error(), "can't be carried; "+loss.Advice)
	}
	for what, part := range map[string]quire.Part{
		"the reasoning in message 0":          quire.Reasoning{Text: "hm"},
		`the signature of call "c"`:           quire.ToolCall{ID: "c", Signature: "s"},
		"gemini/part in message 0":            quire.Opaque{Kind: "gemini/part"},
		"a quire.Blob in message 0":           quire.Blob{},
		`a quire.Image in the result of call`: quire.ToolResult{CallID: "c", Parts: []quire.Part{quire.Image{}}},
	} {
		_, err := langchainmodel.Messages(&quire.Prompt{Messages: []quire.PromptMessage{{Role: quire.RoleAssistant, Parts: []quire.Part{part}}}})
		var loss *langchainmodel.LossError
		require.ErrorAs(t, err, &loss)
		assert.Contains(t, loss.What, what)
	}
	_, err := langchainmodel.Prompt(nil, llms.WithFunctions([]llms.FunctionDefinition{{Name: "f"}}))
	assert.ErrorContains(t, err, "llms.WithTools")
}

func TestPromptTakesToolsAndMarks(t *testing.T) {
	p, err := langchainmodel.Prompt([]llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, "One."),
		{Role: llms.ChatMessageTypeHuman, Parts: []llms.ContentPart{llms.WithCacheControl(llms.TextPart("Hello"), &llms.CacheControl{Type: "ephemeral", Duration: time.Hour})}},
	}, llms.WithTools([]llms.Tool{{Type: "function", Function: &llms.FunctionDefinition{Name: "look", Description: "Looks.", Parameters: map[string]any{"type": "object"}}}}), llms.WithMaxTokens(7), llms.WithModel("m"))
	require.NoError(t, err)
	assert.Equal(t, &quire.Prompt{
		Model: "m", MaxOutput: 7, System: "One.", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Hello"}}}},
		Tools: []quire.Tool{{Name: "look", Description: "Looks.", Schema: []byte(`{"type":"object"}`)}}, Marks: []quire.CacheMark{{After: 1, TTL: time.Hour}},
	}, p)
}

func TestReplyOfLangchaingo(t *testing.T) {
	r, err := langchainmodel.Reply(&llms.ContentResponse{Choices: []*llms.ContentChoice{
		{Content: "Look.", ReasoningContent: "Hm.", StopReason: "tool_calls", ToolCalls: []llms.ToolCall{{ID: "c", Type: "function", FunctionCall: &llms.FunctionCall{Name: "look", Arguments: "{}"}}}, GenerationInfo: map[string]any{"PromptTokens": 10, "CompletionTokens": 3}},
		{Content: "Another."},
	}}, "m")
	require.NoError(t, err)
	assert.Equal(t, &quire.Reply{Model: "m", Stop: quire.StopTools, Usage: quire.Usage{Input: 10, Output: 3}, Parts: []quire.Part{
		quire.Reasoning{Model: "m", Text: "Hm."}, quire.Text{Text: "Look."}, quire.ToolCall{ID: "c", Name: "look", Args: "{}"},
	}}, r)
	r, err = langchainmodel.Reply(&llms.ContentResponse{Choices: []*llms.ContentChoice{
		{Content: "One.", StopReason: "end_turn", GenerationInfo: map[string]any{"InputTokens": 10, "OutputTokens": 3}},
		{Content: "Two.", StopReason: "end_turn", GenerationInfo: map[string]any{"InputTokens": 10, "OutputTokens": 3}},
	}}, "m")
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{quire.Text{Text: "One."}, quire.Text{Text: "Two."}}, r.Parts, "Anthropic's client makes a choice of each block")
	assert.Equal(t, quire.StopEnd, r.Stop)
	_, err = langchainmodel.Reply(nil, "m")
	assert.Error(t, err)
}

func sessionFor(t testing.TB, o compose.SessionOptions) *compose.Session {
	t.Helper()
	profile, known := models.Find("gpt-4o")
	require.True(t, known)
	return compose.NewSession(profile, &o)
}

func TestLLMComposesAndKeepsReasoning(t *testing.T) {
	model := scripted.Func(func(_ context.Context, call int, p *quire.Prompt) (*quire.Reply, error) {
		if call%2 == 1 {
			return &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: "Done."}}}, nil
		}
		return &quire.Reply{Stop: quire.StopTools, Usage: quire.Usage{Output: 3}, Parts: []quire.Part{
			quire.Reasoning{Model: p.Model, Text: "Hm.", Data: "enc"}, quire.Text{Text: "I look."},
			quire.ToolCall{ID: fmt.Sprintf("c%d", call), Name: "look", Args: `{}`, Signature: "sig"},
		}}, nil
	}).CheckAs(quire.APIOpenAIChat)
	llm := langchainmodel.NewLLM(model, sessionFor(t, compose.SessionOptions{System: "You look.", Budget: 900}))
	tools := llms.WithTools([]llms.Tool{{Type: "function", Function: &llms.FunctionDefinition{Name: "look", Parameters: map[string]any{"type": "object", "properties": map[string]any{}}}}})

	list := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeSystem, "Be brief.")}
	for i := range 20 {
		list = append(list, llms.TextParts(llms.ChatMessageTypeHuman, fmt.Sprintf("Question %d. %s", i, strings.Repeat("And so on. ", 10))))
		res, err := llm.GenerateContent(t.Context(), list, tools)
		require.NoError(t, err)
		c := res.Choices[0]
		require.Equal(t, "tool_calls", c.StopReason)
		require.Equal(t, "Hm.", c.ReasoningContent)
		require.Equal(t, c.ToolCalls[0].FunctionCall, c.FuncCall)
		require.Equal(t, 3, c.GenerationInfo["CompletionTokens"])
		list = append(list, llms.MessageContent{Role: llms.ChatMessageTypeAI, Parts: []llms.ContentPart{llms.TextPart(c.Content), c.ToolCalls[0]}},
			llms.MessageContent{Role: llms.ChatMessageTypeTool, Parts: []llms.ContentPart{llms.ToolCallResponse{ToolCallID: c.ToolCalls[0].ID, Name: "look", Content: "There it is."}}})
		res, err = llm.GenerateContent(t.Context(), list, tools)
		require.NoError(t, err)
		list = append(list, llms.TextParts(llms.ChatMessageTypeAI, res.Choices[0].Content))
	}

	prompts := model.Prompts()
	require.Len(t, prompts, 40)
	last := prompts[39]
	assert.Equal(t, "You look.\n\nBe brief.", last.System)
	assert.Less(t, len(last.Messages), 40, "of 80 messages")
	assert.Contains(t, quire.PlainText(last.Messages[0].Parts), "earlier messages of this conversation")
	said := last.Messages[len(last.Messages)-2]
	assert.Equal(t, quire.Reasoning{Model: last.Model, Text: "Hm.", Data: "enc"}, said.Parts[0], "the list has no place for it")
	assert.Equal(t, "sig", said.Parts[2].(quire.ToolCall).Signature)
}

func TestLLMSaysWhatItCanNotTake(t *testing.T) {
	model := scripted.New(scripted.Text("Hi."))
	llm := langchainmodel.NewLLM(model, sessionFor(t, compose.SessionOptions{Budget: 900}))
	for want, option := range map[string]llms.CallOption{
		"Temperature": llms.WithTemperature(0.5), "JSONMode": llms.WithJSONMode(), `model "other"`: llms.WithModel("other"),
		"ToolChoice": llms.WithToolChoice("none"), "Seed": llms.WithSeed(1), "Metadata": llms.WithMetadata(map[string]any{"a": 1}),
	} {
		_, err := llm.Call(t.Context(), "Hello", option)
		var loss *langchainmodel.LossError
		require.ErrorAs(t, err, &loss)
		assert.Contains(t, loss.What, want)
	}
	assert.Empty(t, model.Prompts(), "nothing was sent")
	s, err := llm.Call(t.Context(), "Hello", llms.WithModel("gpt-4o"), llms.WithMaxTokens(9))
	require.NoError(t, err)
	assert.Equal(t, "Hi.", s)
	assert.Equal(t, 9, model.Prompts()[0].MaxOutput)
}

func TestLLMStreamsUpToAStopWord(t *testing.T) {
	said := "I think.\nAction: look\nObservation: made up"
	model := scripted.New(scripted.Text(said), scripted.Text(said), scripted.Text(said))
	llm := langchainmodel.NewLLM(model, sessionFor(t, compose.SessionOptions{Budget: 900}))
	want := "I think.\nAction: look"
	var shown strings.Builder
	s, err := llm.Call(t.Context(), "Go", llms.WithStopWords([]string{"\nObservation:", "\n\tObservation:"}), llms.WithStreamingFunc(func(_ context.Context, b []byte) error {
		shown.Write(b)
		return nil
	}))
	require.NoError(t, err)
	assert.Equal(t, want, s)
	assert.Equal(t, want, shown.String())

	s, err = llm.Call(t.Context(), "Go", llms.WithStopWords([]string{"\nObservation:"}))
	require.NoError(t, err)
	assert.Equal(t, want, s)

	stop := errors.New("no more")
	_, err = llm.Call(t.Context(), "Go", llms.WithStreamingFunc(func(context.Context, []byte) error { return stop }))
	assert.ErrorIs(t, err, stop)
}

// letters streams a text letter by letter.
type letters string

func (l letters) reply() *quire.Reply {
	return &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: string(l)}}}
}

func (l letters) Generate(context.Context, *quire.Prompt) (*quire.Reply, error) {
	return l.reply(), nil
}

func (l letters) Stream(context.Context, *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		for _, r := range string(l) {
			if !yield(quire.Delta{Text: string(r)}, nil) {
				return
			}
		}
		yield(quire.Delta{Reply: l.reply()}, nil)
	}
}

// The beginning of a stop word is not shown before it is known to be none.
func TestLLMHoldsBackWhatMayBeAStopWord(t *testing.T) {
	for said, want := range map[string]string{
		"Yes.\nObservation: made up": "Yes.", "Yes.\nObserve this.\nObs": "Yes.\nObserve this.\nObs",
	} {
		llm := langchainmodel.NewLLM(letters(said), sessionFor(t, compose.SessionOptions{Budget: 900}))
		var shown strings.Builder
		s, err := llm.Call(t.Context(), "Go", llms.WithStopWords([]string{"\nObservation:"}), llms.WithStreamingFunc(func(_ context.Context, b []byte) error {
			shown.Write(b)
			return nil
		}))
		require.NoError(t, err)
		assert.Equal(t, want, s)
		assert.Equal(t, want, shown.String())
	}
}

func TestLLMWaitsForItsTurn(t *testing.T) {
	began, end := make(chan struct{}), make(chan struct{})
	model := scripted.Func(func(_ context.Context, _ int, _ *quire.Prompt) (*quire.Reply, error) {
		close(began)
		<-end
		r := scripted.Text("Hi.")
		return &r, nil
	})
	llm := langchainmodel.NewLLM(model, sessionFor(t, compose.SessionOptions{Budget: 900}))
	first := make(chan error)
	go func() {
		_, err := llm.Call(t.Context(), "Hello")
		first <- err
	}()
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := llm.Call(ctx, "And me")
	assert.ErrorIs(t, err, context.Canceled)
	close(end)
	require.NoError(t, <-first)
}

// A history that composes stands in any of langchaingo's memories.
func TestHistoryComposes(t *testing.T) {
	all := memory.NewChatMessageHistory()
	history := langchainmodel.NewHistory(all, sessionFor(t, compose.SessionOptions{Budget: 500}))
	buffer := memory.NewConversationBuffer(memory.WithChatHistory(history), memory.WithReturnMessages(true))
	ctx := t.Context()
	none, err := history.Messages(ctx)
	require.NoError(t, err)
	assert.Empty(t, none)
	require.NoError(t, history.AddMessage(ctx, llms.SystemChatMessage{Content: "Be brief."}))
	call := llms.ToolCall{ID: "c", Type: "function", FunctionCall: &llms.FunctionCall{Name: "look", Arguments: "{}"}}
	for i := range 30 {
		require.NoError(t, buffer.SaveContext(ctx, map[string]any{"input": fmt.Sprintf("Question %d. %s", i, strings.Repeat("So on. ", 10))}, map[string]any{"output": "Answered."}))
	}
	newest := []llms.ChatMessage{
		llms.GenericChatMessage{Content: "And?", Role: "critic", Name: "bob"},
		llms.AIChatMessage{Content: "I look.", ToolCalls: []llms.ToolCall{call}, ReasoningContent: "Hm."},
		llms.ToolChatMessage{ID: "c", Content: "Error: gone"},
		llms.AIChatMessage{Content: "It is gone."},
	}
	for _, m := range newest {
		require.NoError(t, history.AddMessage(ctx, m))
	}
	loaded, err := buffer.LoadMemoryVariables(ctx, nil)
	require.NoError(t, err)
	got := loaded["history"].([]llms.ChatMessage)
	assert.Less(t, len(got), 30)
	assert.Equal(t, llms.SystemChatMessage{Content: "Be brief."}, got[0])
	assert.Contains(t, got[1].GetContent(), "earlier messages of this conversation")
	assert.Equal(t, newest, got[len(got)-4:])
	kept, err := all.Messages(ctx)
	require.NoError(t, err)
	assert.Len(t, kept, 65, "all of them are kept")

	require.NoError(t, history.Clear(ctx))
	require.NoError(t, history.AddMessage(ctx, llms.FunctionChatMessage{Name: "f", Content: "x"}))
	_, err = history.Messages(ctx)
	var loss *langchainmodel.LossError
	require.ErrorAs(t, err, &loss)
}
