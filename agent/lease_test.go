package agent

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// stuck is a store whose process can be cut off from it.
type stuck struct {
	mailStore
	off atomic.Bool
}

func (s *stuck) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	if s.off.Load() {
		return mailbox.Committed{}, mailbox.ErrUnavailable
	}
	return s.mailStore.Commit(ctx, c)
}

// replica is an agent of ada in a process of its own.
func replica(t *testing.T, b *bench, holder string, model modelFunc) *Agent {
	t.Helper()
	return b.agent(model, func(o *settings) {
		o.Lease = Lease{Holder: holder, For: 60 * time.Millisecond}
		o.Now, o.Sleep = nil, nil
		o.OnPlan, o.OnStep = nil, nil
	})
}

func slowly(calls *atomic.Int32, started chan<- struct{}, until <-chan struct{}) modelFunc {
	return func(*quire.Prompt) (*quire.Reply, error) {
		if calls.Add(1) == 1 {
			close(started)
		}
		<-until
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	}
}

func TestOneProcessAtATimeRunsAnAgent(t *testing.T) {
	mem := memstore.New(nil)
	defer mem.Close()
	first := &stuck{}
	one, two := &bench{t: t, store: mem, now: day}, &bench{t: t, store: mem, now: day}
	one.put(&first.mailStore, first)
	_, err := mem.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: "m1", To: []quire.Address{"ada"}, Subject: "Go"}}})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var calls [2]atomic.Int32
	var started [2]chan struct{}
	var over [2]chan error
	gone, free := make(chan struct{}), make(chan struct{})
	close(free)
	run := func(i int, b *bench, holder string, until <-chan struct{}) {
		started[i], over[i] = make(chan struct{}), make(chan error, 1)
		a := replica(t, b, holder, slowly(&calls[i], started[i], until))
		go func() { over[i] <- a.Run(ctx) }()
	}
	run(0, one, "one", gone)
	<-started[0] // it is in the middle of a paid call
	run(1, two, "two", free)
	first.off.Store(true) // and can't reach the store any more
	<-started[1]          // so that the other one takes over
	require.Eventually(t, func() bool {
		s, err := mem.Status(ctx, "ada")
		return err == nil && s.Pending == 0
	}, 20*time.Second, time.Millisecond)
	first.off.Store(false)
	close(gone) // its call returns: what it says is not committed any more
	require.Never(t, func() bool { return len(over[0]) > 0 }, 100*time.Millisecond, 10*time.Millisecond, "it waits for its turn again")
	page, err := mem.Query(ctx, "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}})
	require.NoError(t, err)
	assert.Len(t, page.Rows, 1, "one answer, by the second")
	stop()
	for i := range over {
		assert.ErrorIs(t, <-over[i], context.Canceled)
	}
	_, err = mem.Commit(t.Context(), mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: "three"}})
	assert.NoError(t, err, "they gave the address back")
}

func TestAnAgentThatIsFencedOutCommitsNothing(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		// Another process takes over while the model thinks.
		b.now = b.now.Add(time.Hour)
		_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: "two"}, Now: b.now})
		require.NoError(t, err)
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	a.fence = 1
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: "one"}, Now: b.now})
	require.NoError(t, err)
	_, err = a.Turn(t.Context())
	assert.True(t, errors.Is(err, mailbox.ErrLeaseLost), err)
	page, err := b.store.Query(t.Context(), "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}})
	require.NoError(t, err)
	assert.Empty(t, page.Rows)
}
