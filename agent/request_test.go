package agent

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// request asks how a message of ada's stands.
func (b *bench) request(uid quire.UID) Request {
	b.t.Helper()
	r, err := RequestStatus(b.t.Context(), b.store, "ada", b.item(uid).ID, b.now)
	require.NoError(b.t, err)
	require.Equal(b.t, uid, r.UID)
	r.UID = 0
	return r
}

func TestARequestIsAcceptedRunningAndDone(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Go", "go")
	other := b.send("ben", "Later", "later")
	assert.Equal(t, Request{State: RequestAccepted}, b.request(uid))
	looked, calls := 0, 0
	model := speaks([]quire.Part{use("look", `{}`)}, []quire.Part{text("Looked.")})
	stream := model.stream
	model.stream = func(p *quire.Prompt, yield func(quire.Delta, error) bool) {
		switch calls++; calls {
		case 1:
			assert.Equal(t, Request{State: RequestRunning, Turn: 1, Attempt: 1}, b.request(uid), "in the first call")
			assert.Equal(t, Request{State: RequestAccepted}, b.request(other))
		case 2:
			assert.Equal(t, Request{State: RequestRunning, Turn: 1, Attempt: 3}, b.request(uid), "in the second call")
		}
		stream(p, yield)
	}
	a := b.streaming(model, func(o *settings) {
		o.Limits.Wake, o.Answer = 1, true
		o.Tools = []Tool{{Name: "look", Run: func(context.Context, Call) ([]quire.Part, error) {
			looked++
			assert.Equal(t, Request{State: RequestRunning, Turn: 1, Attempt: 2}, b.request(uid), "while a tool runs")
			return say("ok"), nil
		}}}
	})
	b.turn(a)
	assert.Equal(t, 1, looked)
	turns, err := b.store.Query(t.Context(), "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}})
	require.NoError(t, err)
	reply := b.inbox("mia")[0]
	require.Equal(t, b.item(uid).ID, reply.InReplyTo)
	assert.Equal(t, Request{State: RequestDone, Turn: 1, Message: turns.Rows[0].ID, Reply: reply.ID}, b.request(uid))
	assert.Equal(t, Request{State: RequestAccepted}, b.request(other))
	b.turn(a)
	r := b.request(other)
	assert.Equal(t, []any{RequestDone, uint64(2), b.inbox("ben")[0].ID}, []any{r.State, r.Turn, r.Reply})
}

func TestARequestThatAToolHandledIsDoneInItsTurn(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Go", "go")
	b.turn(b.agent(script([]quire.Part{use("mail_send", `{"reply_to":1,"text":"Here.","done":true}`)})))
	step := b.inbox("ada")[1]
	require.Equal(t, quire.KindTurn, step.Kind)
	assert.Equal(t, Request{State: RequestDone, Turn: 1, Message: step.ID, Reply: b.inbox("mia")[0].ID}, b.request(uid))
}

func TestARequestWaitsForAnAnswer(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Go", "go")
	a := b.agent(script([]quire.Part{use("mail_send", `{"to":"ben","subject":"Which one?","text":"?","reply_by":"1h"}`)}))
	b.turn(a)
	r := b.request(uid)
	assert.Equal(t, []any{RequestWaiting, "ben was asked: Which one?", day.Add(time.Hour), uint64(1)}, []any{r.State, r.Reason, r.Until, r.Turn})
	b.now = day.Add(time.Minute)
	b.send("ben", "Re: Which one?", "The first.", func(d *quire.Draft) { d.InReplyTo = b.inbox("ben")[0].ID })
	b.turn(a)
	assert.Equal(t, RequestDone, b.request(uid).State)
}

func TestARequestWaitsForALimit(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Go", "go")
	a := b.agent(script([]quire.Part{use("build", `{}`)}), func(o *settings) {
		o.Tools = []Tool{noop("build")}
		o.Limits.TokensPerHour = 1900 // one call, and not two
	})
	_, err := a.Turn(t.Context())
	require.Error(t, err)
	r := b.request(uid)
	assert.Equal(t, []any{RequestWaiting, day.Add(time.Hour), uint64(1)}, []any{r.State, r.Until, r.Turn}, r.Reason)
	b.now = day.Add(time.Hour)
	assert.Equal(t, Request{State: RequestRunning, Turn: 1}, b.request(uid))
	b.turn(a)
	assert.Equal(t, RequestDone, b.request(uid).State)
}

func TestARequestThatFailsAgainAndAgainWaitsForSomebody(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Go", "go")
	refuses := modelFunc(func(*quire.Prompt) (*quire.Reply, error) {
		return nil, &providers.Error{Provider: "test", Code: providers.CodeRefused}
	})
	a := b.agent(refuses)
	assert.Equal(t, RequestAccepted, b.request(uid).State)
	_, err := a.Turn(t.Context()) // not even a prompt without it is taken
	require.Error(t, err)
	r := b.request(uid)
	assert.Equal(t, RequestAccepted, r.State)
	assert.Contains(t, r.Reason, "refused")
	b.turn(b.agent(script())) // it is well again
	assert.Equal(t, RequestDone, b.request(uid).State)
}

func TestARequestThatNobodyWillDo(t *testing.T) {
	b := newBench(t)
	back := b.send("mia", "Back", "back")
	old := b.send("mia", "Old", "old")
	oldID := b.item(old).ID
	b.send("mia", "New", "new", func(d *quire.Draft) { d.Supersedes = []quire.MessageID{oldID} })
	dead := b.send("mia", "Dead", "dead")
	commit := func(c mailbox.Commit) {
		_, err := b.store.Commit(t.Context(), c)
		require.NoError(t, err)
	}
	commit(mailbox.Commit{Address: "mia", Retract: []quire.MessageID{b.item(back).ID}, Now: b.now})
	for range 2 {
		claimed, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Claim: &mailbox.Claim{Holder: "w", Attempts: 1, Limit: 9}, Now: b.now})
		require.NoError(t, err)
		for _, c := range claimed.Claimed {
			l := mailbox.LeaseChange{UID: c.UID, Holder: "w", Attempt: c.Attempt, Reason: "the printer burns"}
			commit(mailbox.Commit{Address: "ada", Leases: []mailbox.LeaseChange{l}, Now: b.now})
		}
	}
	r := b.request(dead)
	assert.Equal(t, []any{RequestFailed, "the printer burns"}, []any{r.State, r.Reason})
	b.now = day.Add(2 * time.Hour)
	for _, uid := range []quire.UID{back, old} {
		r := b.request(uid)
		assert.Equal(t, RequestFailed, r.State)
		assert.NotEmpty(t, r.Reason)
	}
	_, err := RequestStatus(t.Context(), b.store, "ada", "no such id", b.now)
	require.ErrorIs(t, err, mailbox.ErrNotFound)
	var e *mailbox.Error
	require.ErrorAs(t, err, &e)
	b.send("mia", "Go", "go")
	b.turn(b.agent(script()))
	turns, err := b.store.Query(t.Context(), "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}})
	require.NoError(t, err)
	require.NotEmpty(t, turns.Rows)
	_, err = RequestStatus(t.Context(), b.store, "ada", turns.Rows[0].ID, b.now)
	require.ErrorIs(t, err, mailbox.ErrInvalid)
}

func TestARequestThatSomebodyElseHandled(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Go", "go")
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: uid, Set: quire.FlagHandled}}})
	require.NoError(t, err)
	assert.Equal(t, Request{State: RequestDone}, b.request(uid))
	expired := b.send("mia", "Late", "late", func(d *quire.Draft) { d.ValidUntil = day.Add(time.Hour) })
	b.now = day.Add(time.Hour)
	assert.Equal(t, Request{State: RequestFailed, Reason: "its time was over before it was handled"}, b.request(expired))
}
