package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
)

func said(role quire.Role, text string) quire.PromptMessage {
	return quire.PromptMessage{Role: role, Parts: []quire.Part{quire.Text{Text: text}}}
}

func called(id, tool, args string) quire.PromptMessage {
	return quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.ToolCall{ID: id, Name: tool, Args: args}}}
}

func returned(id string, parts ...quire.Part) quire.PromptMessage {
	return quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{quire.ToolResult{CallID: id, Parts: parts}}}
}

func session(budget int) *compose.Session {
	return compose.NewSession(models.Profile{Name: "m", Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups}}, &compose.SessionOptions{
		System: "Help.", Budget: budget, Now: func() time.Time { return time.Unix(0, 0) },
	})
}

func words(p *quire.Prompt) string {
	var b strings.Builder
	for _, m := range p.Messages {
		fmt.Fprintf(&b, "%s: %s\n", m.Role, quire.PlainText(m.Parts))
	}
	return b.String()
}

func TestSessionStaysWithinItsBudgetForever(t *testing.T) {
	s := session(600)
	var list []quire.PromptMessage
	for i := range 200 {
		list = append(list, said(quire.RoleUser, fmt.Sprintf("question %d: %s", i, strings.Repeat("long ", i%30))))
		plan, err := s.Next(list)
		require.NoError(t, err)
		require.LessOrEqual(t, plan.Used, 600)
		require.Contains(t, words(&plan.Prompt), fmt.Sprintf("question %d:", i))
		require.NoError(t, s.Sent(plan, quire.Usage{}))
		list = append(list, said(quire.RoleAssistant, fmt.Sprintf("answer %d", i)))
	}
	state := s.State()
	assert.Positive(t, state.Evicted())
}

func TestSessionSettlesOnlyWhatWasSent(t *testing.T) {
	s := session(4000)
	list := []quire.PromptMessage{said(quire.RoleUser, "first try")}
	plan, err := s.Next(list)
	require.NoError(t, err)
	require.NoError(t, s.Failed(plan))
	require.ErrorIs(t, s.Sent(plan, quire.Usage{}), compose.ErrSession, "it was settled already")

	list[0] = said(quire.RoleUser, "second try")
	plan, err = s.Next(list)
	require.NoError(t, err)
	assert.Contains(t, words(&plan.Prompt), "second try")
	assert.NotContains(t, words(&plan.Prompt), "first try")
	require.NoError(t, s.Sent(plan, quire.Usage{}))

	_, err = s.Next(list)
	require.NoError(t, err, "the same again: the log still ends with the user's message")
	_, err = s.Next(append(list, said(quire.RoleAssistant, "answer")))
	require.ErrorIs(t, err, compose.ErrNothingToSend)
	_, err = s.Next(nil)
	require.ErrorIs(t, err, compose.ErrNothingToSend)
	_, err = s.Next(append(list, said("narrator", "no such role here")))
	require.ErrorIs(t, err, compose.ErrSession)
	_, err = s.Next(append(list, said(quire.RoleTool, "no result")))
	require.ErrorIs(t, err, compose.ErrSession)
}

func TestSessionGoesOnFromItsState(t *testing.T) {
	list := []quire.PromptMessage{said(quire.RoleUser, "look"), called("c1", "read", `{"path":"a"}`), returned("c1", quire.Text{Text: "alpha"})}
	s := session(4000)
	plan, err := s.Next(list)
	require.NoError(t, err)
	require.NoError(t, s.Sent(plan, quire.Usage{Input: 90}))
	state := s.State()
	b, err := state.MarshalBinary()
	require.NoError(t, err)
	var restored compose.State
	require.NoError(t, restored.UnmarshalBinary(b))

	list = append(list, said(quire.RoleAssistant, "It says alpha."), said(quire.RoleUser, "And now?"))
	want, err := s.Next(list)
	require.NoError(t, err)
	o := compose.SessionOptions{Model: models.Profile{Name: "m", Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups}},
		System: "Help.", Budget: 4000, State: restored, Now: func() time.Time { return time.Unix(0, 0) }}
	got, err := compose.NewSession(o.Model, &o).Next(list)
	require.NoError(t, err)
	assert.Equal(t, want.Prompt, got.Prompt)
	assert.Equal(t, want.Next, got.Next)
	assert.Positive(t, got.Kept)
}

func TestSessionShowsAgainWhatLeft(t *testing.T) {
	s := session(700)
	s.Options.Tools = s.Tools()
	list := []quire.PromptMessage{said(quire.RoleUser, "remember the code word xylophone_42")}
	call := func() *compose.Plan {
		plan, err := s.Next(list)
		require.NoError(t, err)
		require.NoError(t, s.Sent(plan, quire.Usage{}))
		return plan
	}
	call()
	require.True(t, s.Drop(1, true))
	for i := range 20 {
		list = append(list, said(quire.RoleAssistant, "Noted."), said(quire.RoleUser, fmt.Sprintf("%d %s", i, strings.Repeat("filler ", 40))))
		call()
	}
	require.NotContains(t, words(&call().Prompt), "xylophone_42")
	list = append(list, called("p1", "context_pull", `{"uids":[1]}`))
	list = append(list, returned("p1", answer(t, s, "context_pull", `{"uids":[1]}`).Parts...))
	plan := call()
	assert.Contains(t, words(&plan.Prompt), "xylophone_42")
}

// Whoever gives neither a budget nor a window is told to, whatever the prompt takes.
func TestASessionWithoutABudgetSaysSo(t *testing.T) {
	_, err := compose.NewSession(models.Profile{Name: "m"}, nil).Next([]quire.PromptMessage{said(quire.RoleUser, "Hello?")})
	require.ErrorContains(t, err, "the budget is 0 tokens")
}

// The model of the next call may be another one: its tokens are counted as its API frames
// them.
func TestASessionCountsByTheFramingOfTheModelNow(t *testing.T) {
	list := []quire.PromptMessage{said(quire.RoleUser, "How is it?")}
	used := func(s *compose.Session) int {
		plan, err := s.Next(list)
		require.NoError(t, err)
		return plan.Used
	}
	claude, gpt := models.FindOver(quire.APIAnthropic, "claude-sonnet-4-5"), models.FindOver(quire.APIOpenAIChat, "gpt-4.1")
	o := compose.SessionOptions{Budget: 4000, Tools: []quire.Tool{{Name: "look"}}}
	s := compose.NewSession(gpt, &o)
	first := used(s)
	s.Options.Model = claude
	assert.Equal(t, used(compose.NewSession(claude, &o)), used(s))
	assert.NotEqual(t, first, used(s))
	s.Options.Model = gpt
	assert.Equal(t, first, used(s))
}
