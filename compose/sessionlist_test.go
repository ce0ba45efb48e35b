package compose_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

func say(role quire.Role, parts ...quire.Part) quire.PromptMessage {
	return quire.PromptMessage{Role: role, Parts: parts}
}

func text1(s string) quire.Part { return quire.Text{Text: s} }

func call1(id, tool string) quire.Part { return quire.ToolCall{ID: id, Name: tool, Args: "{}"} }

func result1(id, s string) quire.Part {
	return quire.ToolResult{CallID: id, Parts: []quire.Part{quire.Text{Text: s}}}
}

// next composes a list and returns the prompt as a person reads it.
func next(t *testing.T, s *compose.Session, list ...quire.PromptMessage) string {
	t.Helper()
	plan, err := s.Next(list)
	require.NoError(t, err)
	require.Empty(t, plan.Problems)
	require.NoError(t, s.Sent(plan, quire.Usage{}))
	return prompted(&plan.Prompt)
}

// TestSessionPairsResultsOfAllShapes is row J6.
func TestSessionPairsResultsOfAllShapes(t *testing.T) {
	want := next(t, session(900), said(quire.RoleUser, "look"), say(quire.RoleAssistant, call1("a", "ls"), call1("b", "cat")),
		say(quire.RoleTool, result1("a", "x"), result1("b", "y")), said(quire.RoleUser, "go on"))
	assert.Contains(t, want, "result of b\n    y\n")
	for name, list := range map[string][]quire.PromptMessage{
		"two tool messages": {said(quire.RoleUser, "look"), say(quire.RoleAssistant, call1("a", "ls"), call1("b", "cat")),
			say(quire.RoleTool, result1("b", "y")), say(quire.RoleTool, result1("a", "x")), said(quire.RoleUser, "go on")},
		"a user's message": {said(quire.RoleUser, "look"), say(quire.RoleAssistant, call1("a", "ls"), call1("b", "cat")),
			say(quire.RoleUser, result1("a", "x"), text1("go on"), result1("b", "y"))},
		"calls apart": {said(quire.RoleUser, "look"), say(quire.RoleAssistant, call1("a", "ls")), say(quire.RoleAssistant, call1("b", "cat")),
			say(quire.RoleUser, result1("a", "x"), result1("b", "y")), said(quire.RoleUser, "go on")},
		"the assistant's message": {said(quire.RoleUser, "look"), say(quire.RoleAssistant, call1("a", "ls"), call1("b", "cat"), result1("a", "x"), result1("b", "y")),
			said(quire.RoleUser, "go on")},
	} {
		assert.Equal(t, want, next(t, session(900), list...), name)
	}
	hosted := next(t, session(900), said(quire.RoleUser, "look"),
		say(quire.RoleAssistant, text1("I look."), call1("a", "ls"), result1("a", "x"), text1("It is x.")), said(quire.RoleUser, "go on"))
	assert.Equal(t, "user:\n  look\nassistant:\n  I look.\n  call a ls {}\ntool:\n  result of a\n    x\nassistant:\n  It is x.\nuser:\n  go on\n", hosted)

	for _, list := range [][]quire.PromptMessage{
		{said(quire.RoleUser, "look"), say(quire.RoleUser, result1("a", "x"))},
		{said(quire.RoleUser, "look"), say(quire.RoleAssistant, call1("a", "ls")), say(quire.RoleTool, result1("b", "x"))},
		{said(quire.RoleUser, "look"), say(quire.RoleAssistant, call1("a", "ls")), say(quire.RoleTool, result1("a", "x"), result1("a", "x"))},
	} {
		_, err := session(900).Next(list)
		assert.ErrorIs(t, err, compose.ErrSession)
		assert.ErrorContains(t, err, "there is no call")
	}
	_, err := session(900).Next([]quire.PromptMessage{said(quire.RoleUser, "look"), say(quire.RoleAssistant, call1("a", "ls"))})
	assert.ErrorIs(t, err, compose.ErrOpenCalls)
	assert.ErrorContains(t, err, "calls a of #2")
}

// TestSessionNamesLateResultsByTheirCall is row J7.
func TestSessionNamesLateResultsByTheirCall(t *testing.T) {
	list := []quire.PromptMessage{said(quire.RoleUser, "run both"),
		say(quire.RoleAssistant, quire.ToolCall{ID: "a", Name: "run", Args: `{"n":1}`}, quire.ToolCall{ID: "b", Name: "run", Args: `{"n":2}`}),
		said(quire.RoleUser, "how is it going?")}
	failed := quire.ToolResult{CallID: "b", IsError: true, Parts: []quire.Part{text1("no disk")}}
	at := next(t, session(900), append(list[:3:3], say(quire.RoleTool, result1("a", "fine"), failed))...)
	assert.Equal(t, "user:\n  run both\nassistant:\n  call a run {\"n\":1}\n  call b run {\"n\":2}\ntool:\n  result of a\n    fine\n  result of b\n    no disk\nuser:\n  how is it going?\n", at)

	s := session(900)
	plan, err := s.Next(list)
	require.NoError(t, err)
	require.NoError(t, s.Sent(plan, quire.Usage{}))
	list = append(list, said(quire.RoleAssistant, "They run."), say(quire.RoleTool, failed), say(quire.RoleTool, result1("a", "fine")))
	for name, s := range map[string]*compose.Session{"going on": s, "begun anew": session(900)} {
		after, err := s.Next(list)
		require.NoError(t, err)
		assert.True(t, begins(after.Prompt.Messages, plan.Prompt.Messages), name)
		text := words(&after.Prompt)
		assert.Contains(t, text, `[the late result, an error of call b: run {"n":2}]`)
		assert.Contains(t, text, "no disk")
		assert.Contains(t, text, `[the late result of call a: run {"n":1}]`)
	}
}

// TestSessionJoinsReasoningWithItsCall is row J9.
func TestSessionJoinsReasoningWithItsCall(t *testing.T) {
	r := quire.Reasoning{Model: "m", ID: "rs_1", Data: "sealed"}
	plan, err := session(900).Next([]quire.PromptMessage{said(quire.RoleUser, "look"), say(quire.RoleAssistant, r), say(quire.RoleAssistant, call1("a", "ls")),
		say(quire.RoleTool, result1("a", "x"))})
	require.NoError(t, err)
	require.Len(t, plan.Prompt.Messages, 3)
	assert.Equal(t, []quire.Part{r, call1("a", "ls")}, plan.Prompt.Messages[1].Parts)
	assert.Empty(t, plan.Problems)
}

// TestSessionBeginsAnewWhereTheListParts is row J4.
func TestSessionBeginsAnewWhereTheListParts(t *testing.T) {
	q1, a1 := said(quire.RoleUser, "Q1"), said(quire.RoleAssistant, "A1")
	group := []quire.PromptMessage{said(quire.RoleUser, "look"), say(quire.RoleAssistant, call1("a", "ls")), say(quire.RoleTool, result1("a", "old"))}
	for name, c := range map[string][2][]quire.PromptMessage{
		"edited":            {{q1, a1, said(quire.RoleUser, "OLD")}, {q1, a1, said(quire.RoleUser, "NEW")}},
		"another role":      {{q1, a1, said(quire.RoleUser, "X")}, {q1, said(quire.RoleUser, "A1"), said(quire.RoleUser, "X")}},
		"another list":      {{q1, a1, said(quire.RoleUser, "OLD")}, {said(quire.RoleUser, "else")}},
		"fewer":             {{q1, a1, said(quire.RoleUser, "OLD")}, {q1}},
		"a result replaced": {group, {group[0], group[1], say(quire.RoleTool, result1("a", "new"))}},
		"a call taken back": {group, {group[0], said(quire.RoleUser, "never mind")}},
		"a result came":     {{group[0], group[1], said(quire.RoleUser, "and?")}, {group[0], group[1], said(quire.RoleUser, "and?"), group[2]}},
	} {
		s := session(900)
		before, err := s.Next(c[0])
		require.NoError(t, err, name)
		require.NoError(t, s.Sent(before, quire.Usage{}))
		state := reload(t, s.State())
		stored := session(900)
		stored = compose.NewSession(stored.Options.Model, &compose.SessionOptions{System: "Help.", Budget: 900, Now: stored.Options.Now, State: state})
		want := next(t, session(900), c[1]...)
		assert.Equal(t, want, next(t, s, c[1]...), name)
		assert.Equal(t, want, next(t, stored, c[1]...), "%s, from a stored state", name)
	}
}

// TestSessionSeesEditsInPlace: the list's own memory may be written anew.
func TestSessionSeesEditsInPlace(t *testing.T) {
	list := []quire.PromptMessage{said(quire.RoleUser, "Q1"), said(quire.RoleAssistant, "A1"), said(quire.RoleUser, "OLD")}
	s := session(900)
	next(t, s, list...)
	list[2].Parts[0] = quire.Text{Text: "NEW"}
	assert.Contains(t, next(t, s, list...), "NEW")
}

// TestSessionFillsUpAfterARewind: what left comes back when the list is cut short.
func TestSessionFillsUpAfterARewind(t *testing.T) {
	list := chat(401)
	s := session(2000)
	next(t, s, list...)
	plan, err := s.Next(list[:361])
	require.NoError(t, err)
	run(t, list[:361], &plan.Prompt)
	assert.Greater(t, plan.Used, 1000)
}

// TestSessionShowsTheSameWordsTwice: a user who says the same again means it.
func TestSessionShowsTheSameWordsTwice(t *testing.T) {
	yes := said(quire.RoleUser, "yes")
	got := next(t, session(900), yes, yes, said(quire.RoleAssistant, "Which?"), yes, yes, said(quire.RoleUser, "go"))
	assert.Equal(t, "user:\n  yes\nuser:\n  yes\nassistant:\n  Which?\nuser:\n  yes\nuser:\n  yes\nuser:\n  go\n", got)
}

// TestSessionBeginsAnewAfterAFirstCallThatFailed: nothing is settled by it.
func TestSessionBeginsAnewAfterAFirstCallThatFailed(t *testing.T) {
	s, list := session(2000), chat(401)
	first, err := s.Next(list)
	require.NoError(t, err)
	require.NoError(t, s.Failed(first))
	state := s.State()
	assert.Empty(t, state.Set().Log)
	again, err := s.Next(list)
	require.NoError(t, err)
	assert.Equal(t, first.Prompt, again.Prompt)
}
