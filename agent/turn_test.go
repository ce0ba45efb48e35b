package agent

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

func TestMailWakesAndIsHandledAtTheEnd(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Hello", "Please say hello back.")
	a := b.agent(script([]quire.Part{use("mail_send", `{"reply_to":1,"text":"Hello, mia."}`)}))

	first, err := a.Step(t.Context())
	require.NoError(t, err)
	assert.False(t, first.Ended)
	assert.Equal(t, 1, first.Calls)
	assert.True(t, b.item(uid).Flags.Has(quire.FlagPulled|quire.FlagAnswered))
	assert.False(t, b.item(uid).Flags.Has(quire.FlagHandled), "the turn has not ended yet")

	second, err := a.Step(t.Context())
	require.NoError(t, err)
	assert.True(t, second.Ended)
	assert.Equal(t, "Done.", second.Text)
	assert.Equal(t, []quire.UID{uid}, second.Handled)
	assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))

	got := b.inbox("mia")
	require.Len(t, got, 1)
	assert.Equal(t, "Re: Hello", got[0].Subject)
	assert.Equal(t, "Hello, mia.", quire.PlainText(got[0].Parts))
	assert.Equal(t, quire.Address("ada"), got[0].From)

	idle := b.turn(a)
	assert.True(t, idle.Idle)
	assert.Empty(t, idle.Parked)
	assert.Len(t, b.prompts, 2, "nothing waits: no call")
}

func TestTheTurnAndItsResultsAreStored(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	a := b.agent(script([]quire.Part{text("I look."), use("mail_find", `{}`), use("no_such_tool", `{}`)}))
	b.turn(a)
	var kinds []quire.Kind
	for _, it := range b.inbox("ada") {
		kinds = append(kinds, it.Kind)
	}
	assert.Equal(t, []quire.Kind{quire.KindMail, quire.KindTurn, quire.KindResult, quire.KindResult, quire.KindTurn}, kinds)
	assert.Contains(t, b.last(), `There is no tool "no_such_tool". The tools are: context_drop, context_pin, context_pull, mail_done, mail_find, mail_send.`)

	snap, err := b.store.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	assert.Empty(t, snap.Journal, "both commits were made")
	receipts, err := b.store.Receipts(t.Context(), "ada", 0, 100)
	require.NoError(t, err)
	assert.Len(t, receipts, 2, "one receipt for each call")
	assert.NotEmpty(t, receipts[0].Data)
}

func TestDropWithTextEndsTheTurn(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Hello", "hi")
	a := b.agent(script([]quire.Part{text("Noted."), use("context_drop", `{"uids":[1]}`)}))
	r := b.turn(a)
	assert.Equal(t, 1, r.Steps, "letting go costs no call of its own")
	assert.Equal(t, []quire.UID{uid}, r.Handled)
	assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))

	b.send("mia", "Next", "and now?")
	b.turn(a)
	assert.Contains(t, b.last(), "#1 released. It may stay visible for some calls; don't rely on it; context_pull brings it back.")
}

func TestWhatIsDeferredIsNotHandled(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Later", "do this tonight")
	a := b.agent(script([]quire.Part{use("mail_done", `{"uids":[1],"later":"2h"}`)}))
	b.turn(a)
	assert.False(t, b.item(uid).Flags.Has(quire.FlagHandled))
	assert.True(t, b.turn(a).Idle, "it is put off")

	b.now = b.now.Add(3 * 3600e9)
	r := b.turn(a)
	assert.Equal(t, 1, r.Steps)
	assert.Contains(t, b.last(), "#1 waits for you again; it stands above.")
	assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
	assert.True(t, b.turn(a).Idle)
}

func TestMailOfTheSameTextIsNotSilent(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Ping", "ping")
	a := b.agent(script())
	b.turn(a)
	b.send("mia", "Ping", "ping")
	r := b.turn(a)
	assert.Equal(t, []quire.UID{3}, r.Handled)
	assert.Contains(t, b.last(), "#3 from mia came; it says the same as #1 above.")
	assert.True(t, b.turn(a).Idle)
}

func TestMailOfTheSameTextIsShownWhenTheFirstWasReleased(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Ping", "ping")
	b.turn(b.agent(script([]quire.Part{text("ok"), use("context_drop", `{"uids":[1]}`)})))
	b.send("mia", "Ping", "ping")
	b.turn(b.agent(script()))
	assert.NotContains(t, b.last(), "says the same")
	assert.Contains(t, b.last(), "[#4 from=mia")
}

func TestOpenTurnGoesOnInANewProcess(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	model := script([]quire.Part{use("mail_find", `{}`)})
	_, err := b.agent(model).Step(t.Context())
	require.NoError(t, err)
	b.send("mia", "More", "more")
	other := b.agent(model)
	st, err := other.Status(t.Context())
	require.NoError(t, err)
	assert.True(t, st.Open)
	r, err := other.Step(t.Context())
	require.NoError(t, err)
	assert.True(t, r.Ended)
	assert.NotContains(t, b.last(), "More", "mail in the middle of a turn waits for the next one")
	assert.Equal(t, uint64(1), mustStatus(t, other).Turns)
}

func mustStatus(t *testing.T, a *Agent) Status {
	t.Helper()
	s, err := a.Status(t.Context())
	require.NoError(t, err)
	return s
}

func TestStepsOfASecondAgentAreStale(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	other := b.agent(script())
	slow := b.agent(modelFunc(func(*quire.Prompt) (*quire.Reply, error) {
		_, err := other.Step(t.Context())
		require.NoError(t, err)
		return &quire.Reply{Parts: []quire.Part{text("late")}}, nil
	}))
	_, err := slow.Step(t.Context())
	require.Error(t, err)
	var failure *mailbox.Error
	assert.ErrorAs(t, err, &failure)
	for _, it := range b.inbox("ada") {
		assert.NotContains(t, quire.PlainText(it.Parts), "late")
	}
}

func TestMailToOneselfIsANote(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.agent(script([]quire.Part{use("mail_send", `{"to":"ada","text":"remember the milk"}`), use("mail_send", `{"to":["ada","ben"],"text":"to both"}`)}))
	b.turn(a)
	assert.Contains(t, b.last(), "Noted in your own mailbox.")
	assert.Contains(t, b.last(), "Sent to ben.")
	assert.True(t, b.turn(a).Idle, "a note wakes nobody")
	assert.Len(t, b.inbox("ben"), 1)
}

func TestAnswerMailsWhatTheReplySays(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Time?", "What time is it?")
	r := b.turn(b.agent(script([]quire.Part{text("It is noon.")}), func(o *settings) { o.Answer = true }))
	assert.Equal(t, "It is noon.", r.Text)
	got := b.inbox("mia")
	require.Len(t, got, 1)
	assert.Equal(t, "It is noon.", quire.PlainText(got[0].Parts))
	assert.Equal(t, "Re: Time?", got[0].Subject)
	assert.True(t, b.item(1).Flags.Has(quire.FlagAnswered))

	b.send("mia", "And now?", "And now?")
	b.turn(b.agent(script([]quire.Part{use("mail_send", `{"reply_to":3,"text":"One."}`)}), func(o *settings) { o.Answer = true }))
	assert.Len(t, b.inbox("mia"), 2, "she was answered in the turn")
}

func TestWhatIsOpenedAgainIsNamed(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "One", "the first job")
	a := b.agent(script())
	b.turn(a)
	require.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Now: b.now,
		Flags: []mailbox.FlagChange{{UID: uid, Clear: quire.FlagHandled}}})
	require.NoError(t, err)
	r := b.turn(a)
	assert.Contains(t, b.last(), "#1 waits for you still; it stands above.")
	assert.Equal(t, []quire.UID{uid}, r.Handled)
}
