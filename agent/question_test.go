package agent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// ask makes ada ask mia, and returns the question as mia has it.
func ask(t *testing.T, b *bench, args string) quire.Item {
	t.Helper()
	b.send("mia", "Go", "go")
	b.turn(b.agent(script([]quire.Part{use("mail_send", args)})))
	got := b.inbox("mia")
	require.Len(t, got, 1)
	return got[0]
}

func answer(t *testing.T, b *bench, q quire.Item, body string) {
	t.Helper()
	d := quire.Draft{ID: messageID(b.now, "answer", body), To: []quire.Address{"ada"}, Kind: quire.KindAnswer, Subject: "Re: " + q.Subject,
		InReplyTo: q.ID, References: []quire.MessageID{q.ID}, Parts: []quire.Part{quire.Text{Text: body}}}
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: b.now})
	require.NoError(t, err)
}

const reversible = `{"to":"mia","subject":"Publish?","text":"Now?","options":["now","later"],"reply_by":"2h","default":"later","reversible":true}`
const irreversible = `{"to":"mia","subject":"Delete?","text":"All?","options":["yes","no"],"reply_by":"2h"}`

func TestQuestionCarriesItsTerms(t *testing.T) {
	b := newBench(t)
	q := ask(t, b, reversible)
	assert.Equal(t, quire.KindQuestion, q.Kind)
	assert.Equal(t, &quire.Question{Options: []string{"now", "later"}, ReplyBy: day.Add(2 * time.Hour), Default: "later", Reversible: true}, q.Question)
	st := mustStatus(t, b.agent(script()))
	assert.Equal(t, 1, st.Questions)
	assert.Equal(t, q.To, st.Asked)
	assert.Equal(t, day.Add(2*time.Hour), st.Due)
}

func TestAReversibleQuestionTakesItsDefault(t *testing.T) {
	b := newBench(t)
	q := ask(t, b, reversible)
	a := b.agent(script())
	assert.True(t, b.turn(a).Idle)
	b.now = b.now.Add(2 * time.Hour)
	r := b.turn(a)
	assert.Equal(t, 1, r.Steps)
	assert.Contains(t, b.last(), `Nobody answered the question "Publish?" in time. Its default is taken: later.`)
	got := b.inbox("mia")
	require.Len(t, got, 2, "the other side is told too")
	assert.Equal(t, quire.KindEvent, got[1].Kind)
	assert.Equal(t, q.ID, got[1].InReplyTo)
	assert.True(t, b.turn(a).Idle, "told once")

	answer(t, b, q, "now")
	b.turn(a)
	assert.Contains(t, b.last(), `answers the question "Publish?" after its deadline, when the default "later" had been taken. Take it as a correction`)
	assert.True(t, b.turn(a).Idle)
}

func TestAnIrreversibleQuestionIsLeftUndecided(t *testing.T) {
	b := newBench(t)
	ask(t, b, irreversible)
	b.now = b.now.Add(3 * time.Hour)
	a := b.agent(script())
	b.turn(a)
	assert.Contains(t, b.last(), "so nothing is decided")
	assert.NotContains(t, b.last(), "default is taken")
	assert.Zero(t, mustStatus(t, a).Questions)
}

func TestAnAnswerInTimeClosesTheQuestion(t *testing.T) {
	b := newBench(t)
	q := ask(t, b, reversible)
	answer(t, b, q, "now")
	a := b.agent(script())
	r := b.turn(a)
	assert.Len(t, r.Handled, 1)
	assert.Zero(t, mustStatus(t, a).Questions)
	b.now = b.now.Add(3 * time.Hour)
	assert.True(t, b.turn(a).Idle)
	assert.NotContains(t, b.last(), "Nobody answered")
}

func TestAnswersOfOthersDoNotCount(t *testing.T) {
	b := newBench(t)
	q := ask(t, b, reversible)
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "eve", Now: b.now, Sends: []quire.Draft{{ID: messageID(b.now, "eve"), To: []quire.Address{"ada"},
		Kind: quire.KindAnswer, InReplyTo: q.ID, Parts: []quire.Part{quire.Text{Text: "now"}}}}})
	require.NoError(t, err)
	a := b.agent(script())
	b.turn(a)
	assert.Equal(t, 1, mustStatus(t, a).Questions)
}

func TestOpenQuestionsAreLimited(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.agent(script([]quire.Part{use("mail_send", reversible), use("mail_send", irreversible)}), func(o *settings) { o.Limits.Questions = 1 })
	b.turn(a)
	assert.False(t, b.steps[0].Results[0].IsError)
	assert.True(t, b.steps[0].Results[1].IsError)
	assert.Contains(t, partText(b.steps[0].Results[1]), "you have 1 open questions")
	assert.Len(t, b.inbox("mia"), 1)
}

const escalated = `{"to":"mia","subject":"Publish?","text":"Now?","options":["now","later"],"reply_by":"2h","default":"later","reversible":true,"escalate":"zoe"}`

func TestAQuestionIsPassedOnBeforeItsDefaultIsTaken(t *testing.T) {
	b := newBench(t)
	first := ask(t, b, escalated)
	assert.Equal(t, quire.Address("zoe"), first.Question.Escalate)
	b.now = b.now.Add(5 * time.Hour)
	a := b.agent(script())
	b.turn(a)
	assert.Contains(t, b.last(), `Nobody answered the question "Publish?" in time. It is passed on to zoe, who has until `)
	assert.NotContains(t, b.last(), "default is taken")
	got := b.inbox("zoe")
	require.Len(t, got, 1)
	assert.Equal(t, quire.KindQuestion, got[0].Kind)
	assert.Equal(t, &quire.Question{Options: []string{"now", "later"}, ReplyBy: b.now.Add(2 * time.Hour), Default: "later", Reversible: true}, got[0].Question)
	assert.Equal(t, "mia did not answer this in time; it is up to you now.\n\nNow?", partText(got[0].Parts[0]))
	assert.Len(t, b.inbox("mia"), 2, "she is told")
	st := mustStatus(t, a)
	assert.Equal(t, 1, st.Questions)
	assert.Equal(t, b.now.Add(2*time.Hour), st.Due)
	assert.True(t, b.turn(a).Idle, "passed on once")

	b.now = b.now.Add(2 * time.Hour)
	b.turn(a)
	assert.Contains(t, b.last(), "Its default is taken: later.")
	got = b.inbox("zoe")
	require.Len(t, got, 2)
	assert.Equal(t, got[0].ID, got[1].InReplyTo)
	assert.Len(t, b.inbox("mia"), 3)
	assert.Zero(t, mustStatus(t, a).Questions)
}

func TestEitherAnswerClosesAQuestionThatWasPassedOn(t *testing.T) {
	for _, who := range []quire.Address{"mia", "zoe"} {
		b := newBench(t)
		q := ask(t, b, escalated)
		b.now = b.now.Add(2 * time.Hour)
		a := b.agent(script())
		b.turn(a)
		if who == "zoe" {
			q = b.inbox("zoe")[0]
		}
		_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: who, Now: b.now, Sends: []quire.Draft{{ID: messageID(b.now, string(who)), To: []quire.Address{"ada"},
			Kind: quire.KindAnswer, InReplyTo: q.ID, Parts: []quire.Part{quire.Text{Text: "now"}}}}})
		require.NoError(t, err)
		b.turn(a)
		assert.Zero(t, mustStatus(t, a).Questions, who)
		b.now = b.now.Add(9 * time.Hour)
		assert.True(t, b.turn(a).Idle, who)
	}
}

func TestAnAnswerToNobodysQuestionClosesNone(t *testing.T) {
	b := newBench(t)
	ask(t, b, reversible)
	b.send("mia", "Hello", "an answer to nothing")
	a := b.agent(script())
	b.turn(a)
	assert.Equal(t, 1, mustStatus(t, a).Questions)
}

func TestAnAnswerThatWasTakenBackAnswersNothing(t *testing.T) {
	b := newBench(t)
	answer(t, b, ask(t, b, reversible), "now")
	page, err := b.store.Query(t.Context(), "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindAnswer}})
	require.NoError(t, err)
	_, err = b.store.Commit(t.Context(), mailbox.Commit{Address: "mia", Retract: []quire.MessageID{page.Rows[0].ID}, Now: b.now})
	require.NoError(t, err)
	a := b.agent(script())
	b.turn(a)
	assert.Equal(t, 1, mustStatus(t, a).Questions)
	b.now = b.now.Add(3 * time.Hour)
	b.turn(a)
	assert.Contains(t, b.last(), "Its default is taken: later.")
}

// TestAnAnswerThatIsHeldCountsOnceItIsAccepted: whoever must be accepted first decides
// nothing before.
func TestAnAnswerThatIsHeldCountsOnceItIsAccepted(t *testing.T) {
	b := newBench(t)
	strict := false
	b.store = memstore.New(&mailbox.Options{Rules: mailbox.Rules{Contact: func(from, to quire.Address) mailbox.Contact {
		if strict && to == "ada" && from == "mia" {
			return mailbox.ContactAsk
		}
		return mailbox.ContactAllow
	}}})
	q := ask(t, b, reversible)
	strict = true
	answer(t, b, q, "now")
	a := b.agent(script())
	b.turn(a) // somebody new writes
	assert.Equal(t, 1, mustStatus(t, a).Questions)
	page, err := b.store.Query(t.Context(), "ada", mailbox.Query{Has: quire.FlagHeld})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	_, err = b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: page.Rows[0].UID, Clear: quire.FlagHeld}}, Now: b.now})
	require.NoError(t, err)
	b.turn(a)
	assert.Zero(t, mustStatus(t, a).Questions)
}

func TestItIsSaidThatAQuestionCouldNotBePassedOn(t *testing.T) {
	b := newBench(t)
	b.store = memstore.New(&mailbox.Options{Rules: mailbox.Rules{Contact: func(_, to quire.Address) mailbox.Contact {
		if to == "zoe" {
			return mailbox.ContactRefuse
		}
		return mailbox.ContactAllow
	}}})
	ask(t, b, escalated)
	b.now = b.now.Add(5 * time.Hour)
	b.turn(b.agent(script()))
	assert.Contains(t, b.last(), "Mail to zoe was not delivered")
}

// Two questions of one subject that are due at once: each gets its event. As one id with
// two contents they made a commit that no store takes, and ended the agent for good.
func TestTwoQuestionsOfOneSubjectAreDueTogether(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.agent(script([]quire.Part{use("mail_send", reversible), use("mail_send", reversible)}))
	b.turn(a)
	require.Len(t, b.inbox("mia"), 2)
	b.now = b.now.Add(2 * time.Hour)
	b.turn(a)
	got := b.inbox("mia")
	require.Len(t, got, 4)
	assert.ElementsMatch(t, []quire.MessageID{got[0].ID, got[1].ID}, []quire.MessageID{got[2].InReplyTo, got[3].InReplyTo})
}
