package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

func order(text string) quire.Draft {
	return quire.Draft{To: []quire.Address{"queue"}, Subject: text, Parts: []quire.Part{quire.Text{Text: text}}}
}

func handle(t *testing.T, store *mailbox.Store, addr quire.Address) *mailbox.Box {
	t.Helper()
	return store.Box(addr)
}

func at0(int) time.Duration { return 0 }

func TestWorkersShareAMailbox(t *testing.T) {
	store := memstore.New(nil)
	defer store.Close()
	mia := handle(t, store, "mia")
	const n = 40
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			err := handle(t, store, "queue").Work(ctx, mailbox.WorkOptions{Holder: fmt.Sprint("w", i)}, func(_ context.Context, it *quire.Item) ([]quire.Draft, error) {
				return []quire.Draft{{To: []quire.Address{it.From}, InReplyTo: it.ID, Subject: "done: " + it.Subject}}, nil
			})
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
	for i := range n {
		_, err := mia.Send(t.Context(), order(fmt.Sprint(i)))
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		s, err := mia.Status(t.Context())
		return err == nil && s.Total >= n
	}, 30*time.Second, time.Millisecond)
	stop()
	wg.Wait()
	page, err := mia.Find(t.Context(), mailbox.Query{Limit: 100})
	require.NoError(t, err)
	seen := map[string]int{}
	for _, r := range page.Rows {
		seen[r.Subject]++
	}
	assert.Len(t, page.Rows, n, "each order was answered once")
	assert.Len(t, seen, n)
	s, err := handle(t, store, "queue").Status(t.Context())
	require.NoError(t, err)
	assert.Zero(t, s.Pending)
}

func TestWorkThatFailsIsTriedAgainAndThenGivenUp(t *testing.T) {
	store := memstore.New(nil)
	defer store.Close()
	sent, err := handle(t, store, "mia").Send(t.Context(), order("print"))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	tries := 0
	w := mailbox.WorkOptions{Holder: "w", Attempts: 3, Pause: at0}
	go func() {
		_, _ = handle(t, store, "mia").Wait(ctx, mailbox.Wait{})
		stop()
	}()
	err = handle(t, store, "queue").Work(ctx, w, func(context.Context, *quire.Item) ([]quire.Draft, error) {
		tries++
		return []quire.Draft{{To: []quire.Address{"mia"}, Subject: "never sent"}}, errors.New("no paper")
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 3, tries)
	page, err := handle(t, store, "mia").Find(t.Context(), mailbox.Query{})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	assert.Equal(t, sent.ID, page.Rows[0].InReplyTo)
	assert.Contains(t, page.Rows[0].Snippet, "no paper")
}

func TestWorkWhoseLeaseIsLostIsToldAndAnswersNothing(t *testing.T) {
	store := memstore.New(nil)
	defer store.Close()
	for _, what := range []string{"slow", "next"} {
		_, err := handle(t, store, "mia").Send(t.Context(), order(what))
		require.NoError(t, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	err := handle(t, store, "queue").Work(ctx, mailbox.WorkOptions{Holder: "w1", Lease: 30 * time.Millisecond}, func(work context.Context, it *quire.Item) ([]quire.Draft, error) {
		if it.Subject == "next" { // the worker goes on
			stop()
			return nil, nil
		}
		// Somebody takes the lease away, as the store would after its end.
		_, err := store.Commit(ctx, mailbox.Commit{Address: "queue", Leases: []mailbox.LeaseChange{{UID: it.UID, Holder: "w1", Attempt: 1}}})
		require.NoError(t, err)
		_, err = store.Commit(ctx, mailbox.Commit{Address: "queue", Claim: &mailbox.Claim{Holder: "w2", For: time.Hour}})
		require.NoError(t, err)
		<-work.Done()
		assert.ErrorIs(t, context.Cause(work), mailbox.ErrLeaseLost)
		return []quire.Draft{{To: []quire.Address{"mia"}, Subject: "too late"}}, nil
	})
	require.ErrorIs(t, err, context.Canceled)
	s, err := handle(t, store, "mia").Status(t.Context())
	require.NoError(t, err)
	assert.Zero(t, s.Total)
}

func TestWorkWhoseAnswerIsNotAcceptedFails(t *testing.T) {
	store := memstore.New(nil)
	defer store.Close()
	_, err := handle(t, store, "mia").Send(t.Context(), order("x"))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	err = handle(t, store, "queue").Work(ctx, mailbox.WorkOptions{Holder: "w", Pause: at0}, func(_ context.Context, it *quire.Item) ([]quire.Draft, error) {
		if it.Lease.Attempt == 2 {
			assert.Contains(t, it.Lease.Reason, "no recipient")
			stop()
		}
		return []quire.Draft{{Subject: "to nobody"}}, nil
	})
	require.ErrorIs(t, err, context.Canceled)
}
