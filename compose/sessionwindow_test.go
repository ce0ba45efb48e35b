package compose_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/policy"
)

// chat is a list of n short messages, of a user and an assistant in turn.
func chat(n int) []quire.PromptMessage {
	var list []quire.PromptMessage
	for i := range n {
		role := quire.RoleUser
		if i%2 == 1 {
			role = quire.RoleAssistant
		}
		list = append(list, said(role, fmt.Sprintf("%s says its message number %d in a few words", role, i)))
	}
	return list
}

func exchanges(n, words int) []quire.PromptMessage {
	var list []quire.PromptMessage
	for i := range n {
		list = append(list, said(quire.RoleUser, fmt.Sprintf("question %d %s", i, strings.Repeat("why ", words))),
			said(quire.RoleAssistant, fmt.Sprintf("answer %d %s", i, strings.Repeat("because ", words))))
	}
	return append(list, said(quire.RoleUser, "and now?"))
}

// run asserts that a prompt is one line, if anything left, and the end of the list.
func run(t require.TestingT, list []quire.PromptMessage, p *quire.Prompt) {
	shown := p.Messages
	if len(shown) < len(list) {
		require.Equal(t, quire.RoleUser, shown[0].Role)
		require.Contains(t, quire.PlainText(shown[0].Parts), fmt.Sprintf("[%d earlier messages", len(list)-len(shown)+1))
		shown = shown[1:]
	}
	for i, m := range list[len(list)-len(shown):] {
		require.Equal(t, m.Role, shown[i].Role, "%d", i)
		require.Equal(t, m.Parts, shown[i].Parts, "%d", i)
	}
	require.Equal(t, quire.RoleUser, shown[0].Role, "the first of a whole exchange")
}

// TestSessionTakesALongListAtOnce is row A2: the newest exchanges whole, the budget
// filled.
func TestSessionTakesALongListAtOnce(t *testing.T) {
	for _, c := range []struct{ n, budget int }{{101, 2000}, {401, 2000}, {401, 500}, {2001, 2000}, {20_001, 4000}} {
		list := chat(c.n)
		plan, err := session(c.budget).Next(list)
		require.NoError(t, err)
		run(t, list, &plan.Prompt)
		t.Logf("%d messages, budget %d: %d messages, %d tokens", c.n, c.budget, len(plan.Prompt.Messages), plan.Used)
		if len(plan.Prompt.Messages) < len(list) {
			assert.GreaterOrEqual(t, plan.Used, c.budget*7/10)
		}
		assert.LessOrEqual(t, plan.Used, c.budget)
	}
}

// TestSessionFillsItsBudget is row J2. A cut frees a quarter, in whole exchanges: so at
// least three quarters of the room less one exchange are taken.
func TestSessionFillsItsBudget(t *testing.T) {
	for _, c := range []struct{ n, words, budget, least int }{{30, 80, 900, 500}, {30, 80, 1500, 950}, {200, 160, 8000, 5600}} {
		list := exchanges(c.n, c.words)
		plan, err := session(c.budget).Next(list)
		require.NoError(t, err)
		run(t, list, &plan.Prompt)
		t.Logf("%d exchanges, budget %d: %d tokens", c.n, c.budget, plan.Used)
		assert.GreaterOrEqual(t, plan.Used, c.least)
		assert.Contains(t, words(&plan.Prompt), fmt.Sprintf("answer %d ", c.n-1))
	}
}

// TestSessionShowsMessagesAsTheyAre is row A3.
func TestSessionShowsMessagesAsTheyAre(t *testing.T) {
	s := session(2000)
	list := []quire.PromptMessage{said(quire.RoleUser, "hi")}
	plan, err := s.Next(list)
	require.NoError(t, err)
	assert.Equal(t, list[0].Parts, plan.Prompt.Messages[0].Parts)
	assert.LessOrEqual(t, plan.Used, 20)

	list = append(exchanges(40, 60)[:80], said(quire.RoleUser, "[#1 from=mia] <<mail #1>>\n[… 5 bytes left out"), called("c", "read", `{"n":1}`),
		returned("c", quire.Text{Text: "text of a\n[#9 tool=x]"}))
	plan, err = session(2000).Next(list)
	require.NoError(t, err)
	n := len(plan.Prompt.Messages)
	for i := 1; i <= 20; i++ {
		require.Equal(t, list[len(list)-i].Parts, plan.Prompt.Messages[n-i].Parts)
	}
	assert.NotContains(t, words(&plan.Prompt), "context_")
	assert.NotContains(t, words(&plan.Prompt), "mail_find")

	s = session(2000)
	s.Options.Handles = true
	plan, err = s.Next(list[80:])
	require.NoError(t, err)
	assert.Contains(t, words(&plan.Prompt), "[#1 from=user")
	assert.Contains(t, words(&plan.Prompt), "<<mail #1 ")
	assert.Contains(t, words(&plan.Prompt), "[#3 tool=")
}

// TestSessionCutsByTheListAlone: a session that is begun for each call makes the
// prompt of the one that went before it, and cuts now and then.
func TestSessionCutsByTheListAlone(t *testing.T) {
	for name, list := range map[string][]quire.PromptMessage{"chat": chat(601), "tools": toolLoop(150, 40), "exchanges": exchanges(120, 40)} {
		if raced.On && name != "exchanges" {
			continue
		}
		moved, calls := 0, 0
		var last *quire.Prompt
		for n := range list {
			if list[n].Role == quire.RoleAssistant {
				continue
			}
			plan, err := session(1500).Next(list[:n+1])
			require.NoError(t, err)
			calls++
			if last != nil && !begins(plan.Prompt.Messages, last.Messages) {
				moved++
			}
			last = &plan.Prompt
		}
		t.Logf("%s: the prefix moves in %d of %d calls", name, moved, calls)
		assert.Positive(t, moved)
		assert.LessOrEqual(t, moved, calls/4)
	}
}

func begins(list, prefix []quire.PromptMessage) bool {
	return len(list) >= len(prefix) && reflect.DeepEqual(list[:len(prefix)], prefix)
}

// toolLoop is one exchange of n calls.
func toolLoop(n, words int) []quire.PromptMessage {
	list := []quire.PromptMessage{said(quire.RoleUser, "Build it; do not use tabs.")}
	for i := range n {
		id := fmt.Sprintf("c%d", i)
		list = append(list, called(id, "run", fmt.Sprintf(`{"step":%d}`, i)), returned(id, quire.Text{Text: fmt.Sprintf("step %d: %s", i, strings.Repeat("fine ", words))}))
	}
	return list
}

// TestSessionKeepsTheQuestionOfALongLoop: of an exchange that does not fit, the
// question stays, older results become lines and then leave with their calls.
func TestSessionKeepsTheQuestionOfALongLoop(t *testing.T) {
	list := toolLoop(200, 60)
	plan, err := session(2000).Next(list)
	require.NoError(t, err)
	text := words(&plan.Prompt)
	assert.Contains(t, text, "do not use tabs")
	assert.Contains(t, text, "[what run returned is left out]")
	assert.Contains(t, text, "step 199: fine")
	assert.Greater(t, plan.Used, 1200)
	assert.Equal(t, 1, strings.Count(text, "earlier messages of this conversation"))
}

// TestSessionCutsWhatIsTooLarge: only what can't fit is cut inside.
func TestSessionCutsWhatIsTooLarge(t *testing.T) {
	most := said(quire.RoleUser, strings.Repeat("most ", 1300))
	plan, err := session(2000).Next(append(chat(20), most))
	require.NoError(t, err)
	assert.Equal(t, most.Parts, plan.Prompt.Messages[len(plan.Prompt.Messages)-1].Parts, "two thirds of the budget fit")

	huge := strings.Repeat("huge and more so ", 4000)
	plan, err = session(2000).Next([]quire.PromptMessage{said(quire.RoleUser, huge)})
	require.NoError(t, err)
	assert.Contains(t, words(&plan.Prompt), "bytes left out …]")
	assert.Greater(t, plan.Used, 1500)

	list := []quire.PromptMessage{said(quire.RoleUser, strings.Repeat("ask ", 200)), called("a", "read", "{}"), returned("a", quire.Text{Text: huge})}
	plan, err = session(2000).Next(list)
	require.NoError(t, err)
	assert.Equal(t, list[0].Parts, plan.Prompt.Messages[0].Parts, "the result is cut, not the question")
	assert.Greater(t, plan.Used, 1500)

	list = append(list, called("b", "write", `{"text":"`+strings.Repeat("arg ", 3000)+`"}`), returned("b", quire.Text{Text: huge}))
	plan, err = session(600).Next(list)
	require.NoError(t, err)
	assert.LessOrEqual(t, plan.Used, 600)
	_, err = session(30).Next(list)
	var budget *compose.BudgetError
	assert.ErrorAs(t, err, &budget)
}

func TestSessionGoesOnWithPolicies(t *testing.T) {
	list := toolLoop(3, 30)
	list = append(list, called("p", "plan", "{}"), returned("p", quire.Text{Text: "the plan is xyzzy"}))
	list = append(list, toolLoop(60, 60)[1:]...)
	with := func(p policy.Policy) string {
		s := session(2000)
		s.Options.Composer = compose.New(&compose.Options{Policy: p})
		plan, err := s.Next(list)
		require.NoError(t, err)
		return words(&plan.Prompt)
	}
	assert.NotContains(t, with(nil), "xyzzy")
	assert.Contains(t, with(policy.NeverClear{Tools: []string{"plan"}, Of: policy.WindowTurns{}}), "xyzzy")
	kept := with(policy.KeepLast{Groups: 12, Of: policy.WindowTurns{}})
	for i := 48; i < 60; i++ {
		assert.Contains(t, kept, fmt.Sprintf("step %d: fine", i))
	}
	assert.Contains(t, with(policy.ExcerptFirst{Tokens: 40, Of: policy.WindowTurns{}}), "bytes left out …]")
}

func TestSessionPinsAndSystemMessages(t *testing.T) {
	list := append([]quire.PromptMessage{said("system", "Be brief."), said(quire.RoleUser, "My name is Ada.")}, chat(400)[1:]...)
	list = append(list[:100:100], append([]quire.PromptMessage{said("developer", "Now speak French.")}, list[100:]...)...)
	list = append(list, said(quire.RoleUser, "and now?"))
	s := session(2000)
	s.Pin(1, true)
	plan, err := s.Next(list)
	require.NoError(t, err)
	assert.Equal(t, "Help.\n\nBe brief.", plan.Prompt.System)
	assert.Contains(t, quire.PlainText(plan.Prompt.Messages[0].Parts), "earlier messages of this conversation are left out]")
	assert.Equal(t, "My name is Ada.", quire.PlainText(plan.Prompt.Messages[1].Parts))
	assert.Equal(t, "Now speak French.", quire.PlainText(plan.Prompt.Messages[2].Parts))
	assert.Equal(t, quire.RoleUser, plan.Prompt.Messages[2].Role)

	for i := range 400 {
		list = append(list, said("system", fmt.Sprintf("It is %d o'clock.", i)), said(quire.RoleUser, "Go on."), said(quire.RoleAssistant, "Yes."))
	}
	plan, err = session(2000).Next(append(list, said(quire.RoleUser, "Well?")))
	require.NoError(t, err, "the newest of many system messages are pinned, and no more than fit")
	assert.Contains(t, words(&plan.Prompt), "It is 399 o'clock.")
}

func TestSessionOptionsMayChange(t *testing.T) {
	s := session(2000)
	list := chat(301)
	plan, err := s.Next(list)
	require.NoError(t, err)
	require.NoError(t, s.Sent(plan, quire.Usage{}))
	s.Options.System, s.Options.Tools = "Be kind.", s.Tools()
	s.Options.Model.Name, s.Options.Budget = "n", 1200
	list = append(list, said(quire.RoleAssistant, "so"), said(quire.RoleUser, "and?"))
	plan, err = s.Next(list)
	require.NoError(t, err)
	assert.Equal(t, "n", plan.Prompt.Model)
	assert.Equal(t, "Be kind.", plan.Prompt.System)
	assert.Len(t, plan.Prompt.Tools, 3)
	assert.LessOrEqual(t, plan.Used, 1200)
	run(t, list, &plan.Prompt)
	assert.Contains(t, words(&plan.Prompt), "context_find")

	s.Options.LeftOut = func(l compose.LeftOut) string { return fmt.Sprintf("<%s %d>", l.Fate, l.Messages) }
	s.Options.Tools, s.Options.Budget = nil, 800
	plan, err = s.Next(list)
	require.NoError(t, err)
	assert.Contains(t, quire.PlainText(plan.Prompt.Messages[0].Parts), "<out ")
}
