package sent_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/sent"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/wire"
)

func prompt(model string) *quire.Prompt {
	text := func(s string) []quire.Part { return []quire.Part{quire.Text{Text: s}} }
	return &quire.Prompt{
		Model: model, System: "You are ada.", Notice: "1 waits",
		Tools: []quire.Tool{{Name: "read", Schema: []byte(`{"type":"object"}`)}},
		Messages: []quire.PromptMessage{
			{Role: quire.RoleUser, Parts: append(text("[#1]"), text("Look!")...)},
			{Role: quire.RoleAssistant, Parts: append(text(`I do: {"type":"tool_use"`), quire.ToolCall{ID: "a", Name: "read", Args: "{}"})},
			{Role: quire.RoleTool, Parts: []quire.Part{quire.ToolResult{CallID: "a", Name: "read", Parts: text("it")}}},
		},
		Marks: []quire.CacheMark{{After: 0}, {After: 3, TTL: time.Hour}},
	}
}

var tokens = sent.Tokens{Fixed: 100, Messages: []int{10, 20, 30}, Notice: 5}

func TestRequestIsWhatIsEncoded(t *testing.T) {
	for _, c := range []struct {
		api   quire.API
		model string
		marks int
	}{
		{quire.APIAnthropic, "claude-opus-5", 2}, {quire.APIOpenAIResponses, "gpt-6", 2}, {quire.APIOpenAIChat, "gpt-6", 2},
		{quire.APIGemini, "gemini-3-pro", 0}, {quire.APIStrict, "mistral", 0},
	} {
		p := prompt(c.model)
		r, err := sent.Request(c.api, p, tokens)
		require.NoError(t, err)
		body, err := wire.Encode(c.api, p, nil)
		require.NoError(t, err)
		at, total, marks := 0, 0, 0
		for i, s := range r.Segments {
			k := bytes.Index(body[at:], bytes.TrimSuffix(s.Bytes, []byte("}"))) // a mark stands before the bracket
			require.GreaterOrEqual(t, k, 0, "%s: segment %d, %s, is in the body in its order", c.api, i, s.Bytes)
			at += k
			total += s.Tokens
			if s.Mark {
				marks++
			}
		}
		notice := 0
		if models.FindOver(c.api, c.model).Dialect.NoticeInLoop {
			notice = 5
		}
		assert.Equal(t, 160+notice, total, c.api)
		assert.Equal(t, c.marks, marks, c.api)
		assert.False(t, r.Implicit, c.api)
		last := r.Segments[len(r.Segments)-1]
		assert.Equal(t, notice > 0, last.Volatile, c.api)
	}
}

func TestRequestKnowsKindsAndLives(t *testing.T) {
	r, err := sent.Request(quire.APIAnthropic, prompt("claude-opus-5"), tokens)
	require.NoError(t, err)
	var kinds []emulate.Kind
	var counts []int
	for _, s := range r.Segments {
		kinds, counts = append(kinds, s.Kind), append(counts, s.Tokens)
	}
	assert.Equal(t, []emulate.Kind{emulate.KindOther, emulate.KindOther, emulate.KindUser, emulate.KindUser, emulate.KindOther, emulate.KindCall, emulate.KindResult, emulate.KindOther}, kinds)
	assert.Equal(t, []int{0, 100, 0, 10, 0, 20, 30, 5}, counts, "a message's tokens stand at its end")
	assert.Equal(t, []bool{true, true}, []bool{r.Segments[1].Mark, r.Segments[6].Mark})
}

func TestRequestTakesOneScopeForOneCache(t *testing.T) {
	scope := func(change func(*quire.Prompt)) string {
		p := prompt("claude-opus-5")
		change(p)
		r, err := sent.Request(quire.APIAnthropic, p, tokens)
		require.NoError(t, err)
		return r.Scope
	}
	same := scope(func(*quire.Prompt) {})
	assert.Equal(t, same, scope(func(p *quire.Prompt) { p.System = "Other." }), "that is in the bytes")
	assert.NotEqual(t, same, scope(func(p *quire.Prompt) { p.Model = "claude-opus-4-5" }))
	assert.NotEqual(t, same, scope(func(p *quire.Prompt) { p.Thinking = 2000 }))
}

func TestRequestWithoutAnythingBeforeItsMessages(t *testing.T) {
	p := &quire.Prompt{Model: "gpt-6", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Hi"}}}}}
	r, err := sent.Request(quire.APIOpenAIResponses, p, sent.Tokens{Fixed: 3, Messages: []int{10}})
	require.NoError(t, err)
	require.Len(t, r.Segments, 2)
	assert.Equal(t, 3, r.Segments[0].Tokens, "framing has a place of its own")
	assert.True(t, r.Implicit, "nothing says explicit, so the provider places one")
	p.Model = "gpt-4o"
	r, err = sent.Request(quire.APIOpenAIResponses, p, sent.Tokens{Messages: []int{10}})
	require.NoError(t, err)
	assert.False(t, r.Implicit, "that model knows no marks")
}

func TestRequestRefusesWhatDoesNotFitTogether(t *testing.T) {
	_, err := sent.Request(quire.APIAnthropic, prompt("claude-opus-5"), sent.Tokens{})
	require.ErrorContains(t, err, "tokens of 0 messages for a prompt of 3")
	_, err = sent.Request("smoke", prompt("x"), tokens)
	require.Error(t, err)
}
