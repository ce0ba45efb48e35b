package mailbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// queue has n orders for workers.
func queue(t *testing.T, n int) *mailbox.Store {
	store := memstore.New(nil)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	for i := range n {
		_, err := store.Box("mia").Send(t.Context(), order(fmt.Sprint(i)))
		require.NoError(t, err)
	}
	return store
}

func TestAWorkerTakesWhatItHasHandsFor(t *testing.T) {
	store := queue(t, 10)
	ctx, stop := context.WithCancel(t.Context())
	begun, goOn := make(chan quire.UID, 10), make(chan struct{})
	worked := make(chan error)
	go func() {
		worked <- store.Box("queue").Work(ctx, mailbox.WorkOptions{Holder: "w1", AtOnce: 4}, func(_ context.Context, it *quire.Item) ([]quire.Draft, error) {
			begun <- it.UID
			<-goOn
			return nil, nil
		})
	}()
	seen := map[quire.UID]bool{}
	for range 4 {
		seen[<-begun] = true
	}
	assert.Equal(t, map[quire.UID]bool{1: true, 2: true, 3: true, 4: true}, seen)
	s, err := store.Box("queue").Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 6, s.Pending, "what it has no hand for is for others")
	for range 2 { // each hand takes another one
		goOn <- struct{}{}
		seen[<-begun] = true
	}
	stop()
	close(goOn)
	require.ErrorIs(t, <-worked, context.Canceled)
	s, err = store.Box("queue").Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 4, s.Pending, "and what was done is done")
	assert.Len(t, seen, 6)
}

func TestWorkThatIsStoppedIsPendingAtOnce(t *testing.T) {
	store := queue(t, 3)
	ctx, stop := context.WithCancel(t.Context())
	var begun sync.WaitGroup
	begun.Add(3)
	go func() {
		begun.Wait()
		stop()
	}()
	err := store.Box("queue").Work(ctx, mailbox.WorkOptions{Holder: "w1", AtOnce: 16}, func(ctx context.Context, it *quire.Item) ([]quire.Draft, error) {
		begun.Done()
		<-ctx.Done()
		return nil, ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	items, err := store.Box("queue").Read(t.Context(), 1, 2, 3)
	require.NoError(t, err)
	for _, it := range items {
		assert.True(t, it.Pending(time.Now()), "%s", it.UID)
		assert.Equal(t, quire.Lease{Attempt: 1, Reason: "its worker was stopped"}, it.Lease)
	}
}

// together returns from what is worked on at the same moment, so that it is
// acknowledged together.
func together(t *testing.T, store *mailbox.Store, n int, do func(it *quire.Item) []quire.Draft) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var begun sync.WaitGroup
	begun.Add(n)
	err := store.Box("queue").Work(ctx, mailbox.WorkOptions{Holder: "w1", AtOnce: n, Pause: func(int) time.Duration { return time.Hour }}, func(_ context.Context, it *quire.Item) ([]quire.Draft, error) {
		if it.Subject == "last" {
			stop()
			return nil, nil
		}
		drafts := do(it)
		if begun.Done(); it.UID == 1 {
			begun.Wait()
			_, err := store.Box("mia").Send(t.Context(), order("last"))
			return drafts, err
		}
		begun.Wait()
		return drafts, nil
	})
	require.ErrorIs(t, err, context.Canceled)
}

func TestOneLostLeaseTakesNoOtherWorkWithIt(t *testing.T) {
	store := queue(t, 4)
	together(t, store, 4, func(it *quire.Item) []quire.Draft {
		if it.UID == 2 { // somebody else gets it
			for _, c := range []mailbox.Commit{
				{Leases: []mailbox.LeaseChange{{UID: 2, Holder: "w1", Attempt: 1}}},
				{Claim: &mailbox.Claim{Holder: "w2", For: time.Hour}},
			} {
				c.Address = "queue"
				_, err := store.Commit(t.Context(), c)
				assert.NoError(t, err)
			}
		}
		if it.UID == 3 { // it can't be sent
			return []quire.Draft{{Subject: "to nobody"}}
		}
		return []quire.Draft{{To: []quire.Address{"mia"}, Subject: fmt.Sprint("done: ", it.UID)}}
	})
	page, err := store.Query(t.Context(), "mia", mailbox.Query{})
	require.NoError(t, err)
	got := map[string]bool{}
	for _, r := range page.Rows {
		got[r.Subject] = true
	}
	assert.Equal(t, map[string]bool{"done: #1": true, "done: #4": true}, got)
	items, err := store.Box("queue").Read(t.Context(), 2, 3)
	require.NoError(t, err)
	assert.Equal(t, quire.Lease{Holder: "w2", Attempt: 2}, items[0].Lease)
	assert.Contains(t, items[1].Lease.Reason, "no recipient")
}

// failing is a driver whose reads fail once something was claimed.
type failing struct {
	driver.Driver
	claimed chan struct{}
}

func (f failing) View(ctx context.Context, fn func(driver.Read) error) error {
	close(f.claimed)
	return mailbox.ErrUnavailable
}

func TestWhatCanNotBeHandedOutIsGivenBack(t *testing.T) {
	inner := queue(t, 3)
	store, err := inner.Wrap(func(d driver.Driver) driver.Driver { return failing{d, make(chan struct{})} })
	require.NoError(t, err)
	err = store.Box("queue").Work(t.Context(), mailbox.WorkOptions{Holder: "w1", AtOnce: 3}, func(context.Context, *quire.Item) ([]quire.Draft, error) {
		t.Error("nothing could be read")
		return nil, nil
	})
	require.ErrorIs(t, err, mailbox.ErrUnavailable)
	s, err := inner.Box("queue").Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 3, s.Pending)
}

func TestTheLeasesOfTheOthersAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := queue(t, 2)
		ctx, stop := context.WithCancel(t.Context())
		var told sync.WaitGroup
		told.Add(1)
		err := store.Box("queue").Work(ctx, mailbox.WorkOptions{Holder: "w1", AtOnce: 2, Lease: time.Minute}, func(working context.Context, it *quire.Item) ([]quire.Draft, error) {
			if it.UID == 1 { // somebody else gets it
				for _, c := range []mailbox.Commit{
					{Leases: []mailbox.LeaseChange{{UID: 1, Holder: "w1", Attempt: 1}}},
					{Claim: &mailbox.Claim{Holder: "w2", For: 24 * time.Hour}},
				} {
					c.Address = "queue"
					_, err := store.Commit(ctx, c)
					assert.NoError(t, err)
				}
				<-working.Done()
				assert.ErrorIs(t, context.Cause(working), mailbox.ErrLeaseLost)
				told.Done()
				return nil, nil
			}
			told.Wait()
			time.Sleep(time.Hour) // of the bubble
			assert.NoError(t, working.Err())
			stop()
			return []quire.Draft{{To: []quire.Address{"mia"}, Subject: "done"}}, nil
		})
		require.ErrorIs(t, err, context.Canceled)
		s, err := store.Status(t.Context(), "mia")
		require.NoError(t, err)
		assert.Equal(t, 1, s.Total)
	})
}
