package agent

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// waiter is a store whose waits are the test's.
type waiter struct {
	mailStore
	wait func(mailbox.Wait) error
}

func (w *waiter) Wait(ctx context.Context, _ quire.Address, q mailbox.Wait) (mailbox.Woken, error) {
	if err := w.wait(q); err != nil {
		return mailbox.Woken{}, err
	}
	return mailbox.Woken{}, ctx.Err()
}

// onWait makes the agents' waits the test's.
func (b *bench) onWait(wait func(mailbox.Wait) error) {
	w := &waiter{wait: wait}
	b.put(&w.mailStore, w)
}

func TestRunWaitsForWhatIsNew(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	var waits []mailbox.Wait
	b.onWait(func(q mailbox.Wait) error {
		waits = append(waits, q)
		s, err := b.store.Status(t.Context(), "ada")
		require.NoError(t, err)
		assert.Equal(t, s.State, q.Since, "what was there already does not wake again")
		if len(waits) == 1 {
			b.send("mia", "Ask", "ask")
			return nil
		}
		return errCrash
	})
	a := b.agent(script([]quire.Part{text("ok")}, []quire.Part{use("mail_send", reversible)}))
	assert.ErrorIs(t, a.Run(t.Context()), errCrash)
	require.Len(t, waits, 2)
	assert.True(t, waits[0].Deadline.IsZero())
	assert.Equal(t, day.Add(2*time.Hour), waits[1].Deadline, "the question's deadline wakes")
	assert.Len(t, b.prompts, 3)
}

func TestRunDoesNotSpinOnWhatCantBeDone(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	waits := 0
	b.onWait(func(mailbox.Wait) error {
		if waits++; waits == 5 {
			return errCrash
		}
		return nil
	})
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) { return &quire.Reply{}, nil })
	assert.ErrorIs(t, a.Run(t.Context()), errCrash)
	assert.Len(t, b.prompts, 3, "three tries, then it waits however often it is woken for nothing")
}

func TestStalledTurnsCountOnlyInARow(t *testing.T) {
	b := newBench(t)
	empty := b.agent(func(*quire.Prompt) (*quire.Reply, error) { return &quire.Reply{}, nil })
	good := b.agent(script())
	for i := range 4 {
		b.send("mia", "Go", "go "+string(rune('a'+i)))
		fails(t, empty, limitEmpty)
		fails(t, empty, limitEmpty)
		assert.Empty(t, mustStatus(t, empty).Parked)
		b.turn(good)
	}
	b.send("mia", "Go", "stuck")
	for range 3 {
		fails(t, empty, limitEmpty)
	}
	assert.NotEmpty(t, mustStatus(t, empty).Parked)
	b.send("mia", "Go", "new")
	fails(t, empty, limitEmpty)
	assert.Empty(t, mustStatus(t, empty).Parked, "new mail gives it three more tries")
}

func TestAResultBeforeALongToolIsStored(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	ran := 0
	tools := []Tool{
		{Name: "once", Run: func(context.Context, Call) ([]quire.Part, error) { ran++; return []quire.Part{text("once ran")}, nil }},
		{Name: "long", Repeatable: true, Run: func(context.Context, Call) ([]quire.Part, error) {
			if ran++; ran == 2 {
				runtime.Goexit()
			}
			return []quire.Part{text("long ran")}, nil
		}},
	}
	model := script([]quire.Part{use("once", `{}`), use("long", `{}`)})
	opt := func(o *settings) { o.Tools = tools }
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = b.agent(model, opt).Step(t.Context()) })
	wg.Wait()
	b.turn(b.agent(model, opt))
	assert.Contains(t, b.last(), "once ran")
	assert.Contains(t, b.last(), "long ran")
	assert.NotContains(t, b.last(), "Outcome unknown")
}

func TestTheStateSaysWhatWasSeen(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	before, err := b.store.Status(t.Context(), "ada")
	require.NoError(t, err)
	b.turn(b.agent(script()))
	snap, err := b.store.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, before.State, snap.Agent.Seen)
}
