package agent

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
)

// TestAPullThatACrashCutOffSaysTheSame: a step that another process finishes returns what
// this one would have: what is above, what is shown, what does not fit.
func TestAPullThatACrashCutOffSaysTheSame(t *testing.T) {
	steps := [][]quire.Part{
		{pulls("1")},
		{pulls("1"), pulls("2"), use("mail_find", `{"words":"body"}`), pulls("1,2,3"), use("context_drop", `{"uids":[2]}`)},
	}
	said := func(crash bool) (out []string) {
		b := pulling(t, 120, 130, 300)
		small := func(o *settings) { o.Budget = 2000 }
		b.turnStep(b.agent(script(steps[0]), small))
		if crash {
			f := &faulty{at: 2} // commit B of the step
			b.put(&f.mailStore, f)
		}
		_, err := b.agent(script(steps[1]), small).Step(t.Context())
		require.Equal(t, crash, errors.Is(err, errCrash), "%v", err)
		b.between = nil
		b.turn(b.agent(script(), small)) // of a new process
		for _, it := range b.inbox("ada") {
			if it.Kind == quire.KindResult {
				out = append(out, partText(it.Parts[0]))
			}
		}
		return append(out, bytesOf(t, b.prompts[len(b.prompts)-1]))
	}
	want, got := said(false), said(true)
	require.Equal(t, want[:len(want)-1], got[:len(got)-1])
	assert.Contains(t, want[1], "#1 is above.")
	assert.Equal(t, want, got)
}

// turnStep makes one step.
func (b *bench) turnStep(a *Agent) {
	b.t.Helper()
	_, err := a.Step(b.t.Context())
	require.NoError(b.t, err)
}

// TestMailThatWasReleasedDoesNotWakeForEver: an agent that releases its mail and needs the
// room is done with it; else each turn would begin with it again.
func TestMailThatWasReleasedDoesNotWakeForEver(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Newsletter", "news: "+wordsOf(150))
	job := b.send("mia", "Job", "the job")
	model := modelFunc(func(p *quire.Prompt) (*quire.Reply, error) {
		switch n := len(p.Messages); {
		case p.Messages[n-1].Role == quire.RoleUser:
			return &quire.Reply{Parts: []quire.Part{use("context_drop", fmt.Sprintf(`{"uids":[%d]}`, uid))}}, nil
		case len(b.steps)%5 < 4:
			return &quire.Reply{Parts: []quire.Part{use("read", fmt.Sprintf(`{"words":%d}`, 400+len(b.steps)))}}, nil
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	a := b.agent(model, func(o *settings) {
		o.Budget, o.Tools = 1800, []Tool{{Name: "read", Repeatable: true, Run: readWords}}
		o.Composer = compose.New(nil)
	})
	r := b.turn(a)
	st := mustState(t, b)
	require.False(t, st.Resident(uid), "it has left")
	assert.Equal(t, []quire.UID{uid, job}, r.Handled)
	assert.True(t, b.turn(a).Idle)
}

// TestMailThatLeftUnansweredWaits: nothing that was pushed out is called handled.
func TestMailThatLeftUnansweredWaits(t *testing.T) {
	b := newBench(t)
	var uids []quire.UID
	for i := range 3 {
		uids = append(uids, b.send("mia", fmt.Sprint("Job ", i), fmt.Sprintf("job %d: ", i)+wordsOf(120)))
	}
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Now: b.now})
	require.NoError(t, err)
	small := func(o *settings) {
		o.Budget, o.Limits.WakeShare, o.Limits.PullShare = 1500, 90, 90
		o.Tools = []Tool{{Name: "read", Repeatable: true, Run: readWords}}
	}
	var replies [][]quire.Part
	for i := range 6 {
		replies = append(replies, []quire.Part{use("read", fmt.Sprintf(`{"words":%d}`, 500+i)), use("read", fmt.Sprintf(`{"words":%d}`, 600+i))})
	}
	r := b.turn(b.agent(script(replies...), small))
	st := mustState(t, b)
	for _, uid := range uids {
		handled := b.item(uid).Flags.Has(quire.FlagHandled)
		assert.Equal(t, handled, contains(r.Handled, uid))
		assert.True(t, !handled || st.Resident(uid), "%s", uid)
	}
}
