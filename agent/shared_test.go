package agent

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// rival is one of several processes that run ada without a lease. Its replies differ from
// the others'.
func rival(t *testing.T, store *mailbox.Store, name string, w *watched, mu *sync.Mutex) *Agent {
	t.Helper()
	b := &bench{t: t, store: store, now: day}
	work := Tool{Name: "work", Run: func(context.Context, Call) ([]quire.Part, error) {
		time.Sleep(2 * time.Millisecond)
		return []quire.Part{text("worked by " + name)}, nil
	}}
	a := b.agent(script(), func(o *settings) {
		o.Now, o.Sleep, o.OnPlan, o.OnStep = nil, nil, nil, nil
		o.Tools, o.Answer = []Tool{work}, true
		o.Limits.Backoff, o.Limits.Wake = 5*time.Millisecond, 1
		o.OnError = func(err error) {
			mu.Lock()
			defer mu.Unlock()
			w.errs = append(w.errs, err)
		}
	})
	a.chain[0].Model = modelFunc(func(p *quire.Prompt) (*quire.Reply, error) {
		last := p.Messages[len(p.Messages)-1]
		if _, ok := last.Parts[0].(quire.ToolResult); ok {
			return &quire.Reply{Parts: []quire.Part{text("Done by " + name)}}, nil
		}
		return &quire.Reply{Parts: []quire.Part{text("I am " + name), quire.ToolCall{ID: fmt.Sprintf("c%d", len(p.Messages)), Name: "work", Args: "{}"}}}, nil
	})
	return a
}

func TestSeveralProcessesWithoutALease(t *testing.T) {
	for _, kind := range []string{"memory", "sqlite"} {
		for _, n := range []int{2, 3, 5} {
			t.Run(fmt.Sprintf("%s, %d", kind, n), func(t *testing.T) {
				store := memstore.New(nil)
				if kind == "sqlite" {
					s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"), nil)
					require.NoError(t, err)
					store = s.Store
				}
				defer store.Close()
				share(t, store, n)
			})
		}
	}
}

func share(t *testing.T, store *mailbox.Store, n int) {
	b := &bench{t: t, store: store, now: time.Now()}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const mails = 12
	for i := range mails {
		b.send("mia", fmt.Sprintf("Job %d", i), fmt.Sprintf("job number %d", i))
	}
	var w watched
	var mu sync.Mutex
	var wg sync.WaitGroup
	ends := make([]error, n)
	for i := range n {
		a := rival(t, store, fmt.Sprintf("process %d", i), &w, &mu)
		wg.Go(func() { ends[i] = a.Run(ctx) })
	}
	require.Eventually(t, func() bool {
		s, err := store.Status(ctx, "ada")
		return err == nil && s.Pending == 0
	}, time.Minute, 5*time.Millisecond, "the mail is done")
	stop()
	wg.Wait()
	going := 0
	for _, err := range ends {
		switch {
		case errors.Is(err, context.Canceled):
			going++
		case assert.ErrorIs(t, err, ErrShared):
			assert.ErrorContains(t, err, "Options.Lease")
		}
	}
	assert.Positive(t, going, "one goes on")
	for _, err := range w.errs {
		assert.ErrorIs(t, err, ErrShared)
	}
	answers := map[quire.MessageID]int{}
	for _, it := range b.inbox("mia") {
		if it.Kind == quire.KindMail {
			answers[it.InReplyTo]++
		}
	}
	assert.Len(t, answers, mails)
	for id, k := range answers {
		assert.Equal(t, 1, k, id)
	}
	calls, results := map[quire.MessageID]int{}, map[quire.MessageID]int{}
	for _, it := range b.inbox("ada") {
		switch it.Kind {
		case quire.KindTurn:
			calls[it.ID] = len(callsOf(it.Parts))
		case quire.KindResult:
			results[it.InReplyTo]++
		}
	}
	for id, k := range results {
		assert.Equal(t, calls[id], k, "one result for each call")
	}
	snap, err := store.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	assert.Empty(t, snap.Journal)
}

// TestTheSlowerProcessIsNotInConflict: both ask the model at the same time.
func TestTheSlowerProcessIsNotInConflict(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	other := b.agent(script([]quire.Part{text("the other's")}))
	n := 0
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if n++; n == 1 {
			b.turn(other)
		}
		return &quire.Reply{Parts: []quire.Part{text("mine")}}, nil
	})
	_, err := a.Turn(t.Context())
	require.ErrorIs(t, err, ErrShared)
	assert.ErrorIs(t, err, mailbox.ErrStale)
	assert.NotErrorIs(t, err, mailbox.ErrConflict)
	assert.ErrorContains(t, err, "another process runs the agent: give Options.Lease to both")
}

// overtaken is an agent whose first n replies come later than another process's.
func overtaken(b *bench, n int) *Agent {
	b.untilIdle()
	return b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if n--; n >= 0 {
			b.turn(b.agent(script()))
			b.send("mia", "Go", fmt.Sprint("go ", n))
		}
		return &quire.Reply{Parts: []quire.Part{text("mine")}}, nil
	})
}

func TestAProcessThatIsOvertakenGoesOn(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	require.ErrorIs(t, overtaken(b, maxShared-1).Run(t.Context()), errCrash)
	s, err := b.store.Status(t.Context(), "ada")
	require.NoError(t, err)
	assert.Zero(t, s.Pending)

	b = newBench(t)
	b.send("mia", "Go", "go")
	require.ErrorIs(t, overtaken(b, 100).Run(t.Context()), ErrShared)
	assert.Len(t, b.prompts, 2*maxShared)
}

// TestTheSameReplyOfTwoProcesses: even then one of them only goes on.
func TestTheSameReplyOfTwoProcesses(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	ran := 0
	opt := func(o *settings) {
		o.Tools = []Tool{{Name: "work", Repeatable: true, Run: func(context.Context, Call) ([]quire.Part, error) { ran++; return nil, errCrash }}}
		o.OnPlan = nil
	}
	reply := []quire.Part{quire.ToolCall{ID: "c", Name: "work", Args: "{}"}}
	r := &replaying{}
	b.put(&r.mailStore, r)
	_, err := b.agent(script(reply), opt).Turn(t.Context())
	require.ErrorIs(t, err, ErrShared)
	assert.Zero(t, ran, "the other runs it")
}

// replaying is a store where somebody else made each commit a moment before.
type replaying struct{ mailStore }

func (r *replaying) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	if _, err := r.mailStore.Commit(ctx, c); err != nil {
		return mailbox.Committed{}, err
	}
	return r.mailStore.Commit(ctx, c)
}
