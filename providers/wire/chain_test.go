package wire_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// holder is a server that keeps the items of the last reply, as the Responses API
// does on a websocket.
type holder struct {
	id    string
	items []json.RawMessage
	n     int
}

// create takes an event and returns the conversation that it stands for.
func (h *holder) create(t require.TestingT, event []byte) []json.RawMessage {
	var in struct {
		Type     string            `json:"type"`
		Previous string            `json:"previous_response_id"`
		Input    []json.RawMessage `json:"input"`
		Stream   *bool             `json:"stream"`
		Store    *bool             `json:"store"`
	}
	require.NoError(t, json.Unmarshal(event, &in), "%s", event)
	require.Equal(t, "response.create", in.Type)
	require.Nil(t, in.Stream)
	require.False(t, *in.Store)
	if in.Previous == "" {
		h.items = nil
	} else {
		require.Equal(t, h.id, in.Previous)
		require.NotEmpty(t, in.Input)
		for _, v := range promptcheck.Check(quire.APIOpenAIResponses, event) {
			require.NotEqual(t, "C6", v.Code, v) // what the model said is the server's
		}
	}
	h.items = append(h.items, in.Input...)
	return slices.Clone(h.items)
}

// say answers with items, and keeps them.
func (h *holder) say(t require.TestingT, items ...string) *quire.Reply {
	h.n++
	h.id = fmt.Sprintf("resp_%d", h.n)
	for _, it := range items {
		h.items = append(h.items, json.RawMessage(strings.ReplaceAll(it, saysHi, saidHi)))
	}
	body := fmt.Sprintf(`{"id":%q,"model":"gpt-6-2026-08-01","status":"completed","output":[%s]}`, h.id, strings.Join(items, ","))
	r, err := wire.Decode(quire.APIOpenAIResponses, []byte(body))
	require.NoError(t, err)
	return r
}

// inputOf is the conversation of a request that is sent in full.
func inputOf(t require.TestingT, p *quire.Prompt) []json.RawMessage {
	body, err := wire.Encode(quire.APIOpenAIResponses, p, nil)
	require.NoError(t, err)
	require.Empty(t, promptcheck.Check(quire.APIOpenAIResponses, body))
	var in struct {
		Input []json.RawMessage `json:"input"`
	}
	require.NoError(t, json.Unmarshal(body, &in))
	return in.Input
}

// unmarked is JSON without cache marks, one item a line.
func unmarked(items []json.RawMessage) string {
	var b strings.Builder
	for _, it := range items {
		b.WriteString(strings.ReplaceAll(string(it), `,"prompt_cache_breakpoint":{"mode":"explicit"}`, "") + "\n")
	}
	return b.String()
}

const (
	saysHi    = `{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi."}]}`
	saidHi    = `{"type":"message","role":"assistant","content":"Hi."}` // as it is sent back
	thinks    = `{"type":"reasoning","id":"rs_%d","summary":[],"encrypted_content":"c2VjcmV0"}`
	callsRead = `{"type":"function_call","call_id":"c%d","name":"read","arguments":"{\"path\":\"a\",\"n\":12345678901234567890}"}`
)

// TestChain holds a conversation of which every call but the first sends only
// what is new.
func TestChain(t *testing.T) {
	var h holder
	var chain *wire.Chain
	p := call("gpt-6", 1, "", quire.CacheMark{After: 0}, quire.CacheMark{After: 1})
	ask := func() *wire.Create {
		t.Helper()
		c, err := chain.Create(p, &wire.Options{Stream: true})
		require.NoError(t, err)
		require.Equal(t, unmarked(inputOf(t, p)), unmarked(h.create(t, c.Event)))
		return c
	}
	first := ask()
	assert.False(t, first.Chained)
	assert.Equal(t, p.Marks, first.Marks)
	body, err := wire.Encode(quire.APIOpenAIResponses, p, nil)
	require.NoError(t, err)
	assert.Equal(t, `{"type":"response.create",`+string(body[1:]), string(first.Event), "the bytes of a whole request")

	r := h.say(t, fmt.Sprintf(thinks, 1), saysHi, fmt.Sprintf(callsRead, 1), fmt.Sprintf(callsRead, 2))
	chain = first.Then(r)
	p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts},
		quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{
			quire.ToolResult{CallID: "c1", Parts: []quire.Part{text("one")}}, quire.ToolResult{CallID: "c2", Parts: []quire.Part{text("two")}},
		}})
	p.Marks = []quire.CacheMark{{After: 0}, {After: 1}, {After: 3}}
	second := ask()
	require.True(t, second.Chained)
	assert.Equal(t, []quire.CacheMark{{After: 3}}, second.Marks, "the others are on what the server holds")
	assert.Equal(t, `{"type":"response.create","model":"gpt-6","max_output_tokens":1000,"store":false,"include":["reasoning.encrypted_content"],`+
		`"prompt_cache_key":"ada","prompt_cache_options":{"mode":"explicit"},"previous_response_id":"resp_1","tools":[`+
		`{"type":"function","name":"list","parameters":{"type": "object", "properties": {}},"strict":false},`+
		`{"type":"function","name":"read","description":"Reads a file.","parameters":{"type":"object","properties":{"path":{"type":"string"}}},"strict":false}],`+
		`"input":[{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"one"}]},`+
		`{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two","prompt_cache_breakpoint":{"mode":"explicit"}}]}]}`,
		string(second.Event))
	again, err := chain.Create(p, nil)
	require.NoError(t, err)
	assert.Equal(t, string(second.Event), string(again.Event), "the same bytes for the same chain and prompt")
}

// TestChainBreaks: what does not go on from what the server holds is sent in full.
func TestChainBreaks(t *testing.T) {
	base := func() (*holder, *wire.Create, *quire.Reply, *quire.Prompt) {
		h := &holder{}
		p := call("gpt-6", 1, "")
		var none *wire.Chain
		c, err := none.Create(p, nil)
		require.NoError(t, err)
		h.create(t, c.Event)
		r := h.say(t, fmt.Sprintf(thinks, 1), saysHi)
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: slices.Clone(r.Parts)},
			quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{text("and now?")}})
		return h, c, r, p
	}
	for name, c := range map[string]struct {
		change  func(p *quire.Prompt, r *quire.Reply)
		chained bool
	}{
		"nothing changed":           {func(*quire.Prompt, *quire.Reply) {}, true},
		"other settings":            {func(p *quire.Prompt, _ *quire.Reply) { p.MaxOutput, p.Thinking = 7, 9000 }, true},
		"other marks":               {func(p *quire.Prompt, _ *quire.Reply) { p.Marks = []quire.CacheMark{{After: 1}, {After: 3}} }, true},
		"another model":             {func(p *quire.Prompt, _ *quire.Reply) { p.Model = "gpt-6-mini" }, false},
		"another system":            {func(p *quire.Prompt, _ *quire.Reply) { p.System += " Be brief." }, false},
		"one tool less":             {func(p *quire.Prompt, _ *quire.Reply) { p.Tools = p.Tools[1:] }, false},
		"an edit":                   {func(p *quire.Prompt, _ *quire.Reply) { p.Messages[0].Parts = []quire.Part{text("x")} }, false},
		"a cut":                     {func(p *quire.Prompt, _ *quire.Reply) { p.Messages = p.Messages[2:] }, false},
		"a reply that was edited":   {func(p *quire.Prompt, _ *quire.Reply) { p.Messages[1].Parts = []quire.Part{text("Ho.")} }, false},
		"a reply without reasoning": {func(p *quire.Prompt, _ *quire.Reply) { p.Messages[1].Parts = p.Messages[1].Parts[1:] }, false},
		"nothing new":               {func(p *quire.Prompt, _ *quire.Reply) { p.Messages = p.Messages[:2] }, false},
		"more that a model said": {func(p *quire.Prompt, _ *quire.Reply) {
			p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{text("I said.")}})
		}, false},
		"a notice":            {func(p *quire.Prompt, _ *quire.Reply) { p.Notice = "1 mail waits" }, false},
		"a reply without id":  {func(_ *quire.Prompt, r *quire.Reply) { r.ID = "" }, false},
		"a reply cut off":     {func(_ *quire.Prompt, r *quire.Reply) { r.Stop = quire.StopLength }, false},
		"a reply that is not": {func(_ *quire.Prompt, r *quire.Reply) { r.Stop = quire.StopRefused }, false},
	} {
		h, first, r, p := base()
		c.change(p, r)
		next, err := first.Then(r).Create(p, nil)
		require.NoError(t, err)
		assert.Equal(t, c.chained, next.Chained, name)
		assert.Equal(t, unmarked(inputOf(t, p)), unmarked(h.create(t, next.Event)), name)
	}

	// What follows a request with a notice is sent in full.
	p := call("gpt-6", 1, "1 mail waits")
	var none *wire.Chain
	c, err := none.Create(p, nil)
	require.NoError(t, err)
	assert.Nil(t, c.Then(&quire.Reply{ID: "resp_1", Stop: quire.StopEnd}))

	_, err = none.Create(&quire.Prompt{}, nil)
	assert.ErrorContains(t, err, "A3")
	_, err = none.Create(p, &wire.Options{Choice: "some"})
	assert.ErrorContains(t, err, "no tool choice")
}

// TestChainProperty: whatever happens to the prompt between two calls, the server
// answers exactly the conversation that the prompt holds.
func TestChainProperty(rt *testing.T) {
	chained := 0
	rapid.Check(rt, func(t *rapid.T) {
		var h holder
		var chain *wire.Chain
		p := call("gpt-6", 1, "")
		calls := 0
		for range rapid.IntRange(1, 12).Draw(t, "calls") {
			p.Notice = rapid.SampledFrom([]string{"", "", "", "2 mails wait"}).Draw(t, "notice")
			p.Marks = nil
			for i := range p.Messages {
				if rapid.IntRange(0, 3).Draw(t, "mark") == 0 {
					p.Marks = append(p.Marks, quire.CacheMark{After: i + 1, TTL: time.Minute})
				}
			}
			c, err := chain.Create(p, nil)
			require.NoError(t, err)
			require.Equal(t, unmarked(inputOf(t, p)), unmarked(h.create(t, c.Event)))
			require.False(t, c.Chained && p.Notice != "")
			if c.Chained {
				chained++
			}
			switch rapid.IntRange(0, 5).Draw(t, "then") {
			case 0: // the connection is lost
				chain, h = nil, holder{n: h.n}
				continue
			case 1: // the reply is lost, the connection is not
				chain = nil
				continue
			}
			var said []string
			if rapid.Bool().Draw(t, "thinks") {
				said = append(said, fmt.Sprintf(thinks, h.n))
			}
			results := quire.PromptMessage{Role: quire.RoleTool}
			for range rapid.IntRange(0, 2).Draw(t, "tool calls") {
				said = append(said, fmt.Sprintf(callsRead, calls))
				results.Parts = append(results.Parts, quire.ToolResult{CallID: fmt.Sprintf("c%d", calls), Parts: []quire.Part{text("a result")}})
				calls++
			}
			if len(results.Parts) == 0 {
				said = append(said, saysHi)
				results = quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{text("go on")}}
			}
			r := h.say(t, said...)
			chain = c.Then(r)
			p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, results)
			if n := len(p.Messages); n > 5 && rapid.IntRange(0, 4).Draw(t, "cut") == 0 {
				p.Messages = append(slices.Clone(p.Messages[:1]), p.Messages[n-2:]...)
			}
		}
	})
	assert.Positive(rt, chained, "some calls sent only what was new")
}
