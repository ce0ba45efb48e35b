package scripted_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

func user(s string) quire.PromptMessage {
	return quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: s}}}
}

func TestRepliesComeInTurn(t *testing.T) {
	m := scripted.New(scripted.Say("let me look", scripted.Call("ls", `{"z":1}`)), scripted.Text("done"))
	p := &quire.Prompt{Model: "m", Messages: []quire.PromptMessage{user("hi")}}

	r, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{
		quire.Text{Text: "let me look"}, quire.ToolCall{ID: "call_1_2", Name: "ls", Args: `{"z":1}`},
	}, r.Parts)
	assert.Equal(t, quire.StopTools, r.Stop)
	assert.Equal(t, "m", r.Model)

	r, err = m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, quire.StopEnd, r.Stop)

	_, err = m.Generate(t.Context(), p)
	var pe *providers.Error
	require.ErrorAs(t, err, &pe)
	assert.Equal(t, providers.CodeOther, pe.Code)
	assert.ErrorIs(t, err, scripted.ErrExhausted)
}

func TestPromptsAreCopies(t *testing.T) {
	m := scripted.Func(func(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
		p.Messages[0].Parts[0] = quire.Text{Text: "scribbled"}
		r := scripted.Text("x")
		return &r, nil
	})
	p := &quire.Prompt{Messages: []quire.PromptMessage{user("hi")}}
	_, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, user("hi"), p.Messages[0])
	p.Messages[0].Parts[0] = quire.Text{Text: "changed later"}
	seen := m.Prompts()
	require.Len(t, seen, 1)
	assert.Equal(t, user("hi"), seen[0].Messages[0])
	seen[0].Messages[0].Parts[0] = nil
	assert.Equal(t, user("hi"), m.Prompts()[0].Messages[0])
}

func TestInvalidPromptsAreTurnedDown(t *testing.T) {
	m := scripted.New(scripted.Text("x"), scripted.Text("y")).CheckAs(quire.APIAnthropic)
	_, err := m.Generate(t.Context(), &quire.Prompt{Model: "m", Messages: []quire.PromptMessage{
		user("hi"), {Role: quire.RoleAssistant, Parts: []quire.Part{quire.ToolCall{ID: "a", Name: "ls"}}},
	}, Tools: []quire.Tool{{Name: "ls"}}})
	var pe *providers.Error
	require.ErrorAs(t, err, &pe)
	assert.Equal(t, providers.CodeInvalid, pe.Code)
	assert.ErrorContains(t, err, "A1")
	_, err = m.Generate(t.Context(), &quire.Prompt{Messages: []quire.PromptMessage{user("hi")}})
	require.NoError(t, err)

	mine := errors.New("no")
	m = scripted.New(scripted.Text("x")).Check(func(*quire.Prompt) error { return mine })
	_, err = m.Generate(t.Context(), &quire.Prompt{})
	assert.ErrorIs(t, err, mine)
}

func TestUsageIsCounted(t *testing.T) {
	m := scripted.New(scripted.Say("four", scripted.Call("ls", "{}")),
		quire.Reply{Usage: quire.Usage{Input: 5, Output: 6}}).CountWith(func(b []byte) int { return len(b) })
	p := &quire.Prompt{Messages: []quire.PromptMessage{user("hi")}}
	r, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, quire.Usage{Input: len(`{"role":"user","content":"hi`), Output: len("fourls{}")}, r.Usage)
	r, err = m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, quire.Usage{Input: 5, Output: 6}, r.Usage)
}

func TestStreamEndsInTheReply(t *testing.T) {
	reply := scripted.Say("grüße", scripted.Call("ls", "{}"))
	reply.Parts = append([]quire.Part{quire.Reasoning{Text: "hm"}}, reply.Parts...)
	m := scripted.New(reply)
	var text, thought string
	var calls []quire.ToolCall
	var last *quire.Reply
	for d, err := range m.Stream(t.Context(), &quire.Prompt{Messages: []quire.PromptMessage{user("hi")}}) {
		require.NoError(t, err)
		require.Nil(t, last, "nothing follows the reply")
		text, thought, last = text+d.Text, thought+d.Reasoning, d.Reply
		if d.ToolCall != nil {
			calls = append(calls, *d.ToolCall)
		}
	}
	require.NotNil(t, last)
	assert.Equal(t, "grüße", text)
	assert.Equal(t, "hm", thought)
	assert.Equal(t, []quire.ToolCall{{ID: "call_1_3", Name: "ls", Args: "{}"}}, calls)
}

func TestContextAndErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := scripted.Func(func(ctx context.Context, _ int, _ *quire.Prompt) (*quire.Reply, error) {
		cancel()
		return nil, ctx.Err()
	})
	_, err := m.Generate(ctx, &quire.Prompt{})
	assert.Equal(t, context.Canceled, err)
	assert.Len(t, m.Prompts(), 1)
	_, err = m.Generate(ctx, &quire.Prompt{})
	assert.Equal(t, context.Canceled, err)
	assert.Len(t, m.Prompts(), 1, "a call that never was")

	busy := &providers.Error{Code: providers.CodeRateLimited}
	m = scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) { return nil, busy })
	_, err = m.Generate(t.Context(), &quire.Prompt{})
	assert.Equal(t, busy, err)

	m = scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) { return nil, nil })
	_, err = m.Generate(t.Context(), &quire.Prompt{})
	require.Error(t, err)
}

func TestConcurrentCallsEachGetAReply(t *testing.T) {
	var replies []quire.Reply
	for i := range 50 {
		replies = append(replies, scripted.Text(fmt.Sprint(i)))
	}
	m := scripted.New(replies...)
	var wg sync.WaitGroup
	got := make([]string, len(replies))
	for i := range got {
		wg.Go(func() {
			r, err := m.Generate(t.Context(), &quire.Prompt{})
			if err == nil {
				got[i] = r.Parts[0].(quire.Text).Text
			}
		})
	}
	wg.Wait()
	assert.Len(t, m.Prompts(), 50)
	seen := map[string]bool{}
	for _, s := range got {
		seen[s] = true
	}
	assert.Len(t, seen, 50)
}

func Example() {
	m := scripted.New(
		scripted.Call("ls", `{"path":"."}`),
		scripted.Text("There are two files."),
	).CheckAs(quire.APIAnthropic)
	p := &quire.Prompt{
		Model:    "claude-opus-5",
		Tools:    []quire.Tool{{Name: "ls"}},
		Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "What is here?"}}}},
	}
	for {
		r, err := m.Generate(context.Background(), p)
		if err != nil {
			fmt.Println(err)
			return
		}
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts})
		if r.Stop == quire.StopEnd {
			fmt.Println(r.Parts[0].(quire.Text).Text)
			return
		}
		call := r.Parts[0].(quire.ToolCall)
		fmt.Println(call.Name, call.Args)
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{
			quire.ToolResult{CallID: call.ID, Name: call.Name, Parts: []quire.Part{quire.Text{Text: "a.go b.go"}}},
		}})
	}
	// Output:
	// ls {"path":"."}
	// There are two files.
}

func TestAScriptedModelSaysWhatItIs(t *testing.T) {
	p := scripted.New().Profile()
	assert.Equal(t, "scripted", p.Name)
	assert.Equal(t, 99_000, p.Room())
	assert.Equal(t, quire.APIOpenAIChat, p.Dialect.API)
	assert.Equal(t, quire.APIAnthropic, scripted.New().CheckAs(quire.APIAnthropic).Profile().Dialect.API)
}
