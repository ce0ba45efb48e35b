package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// hosting runs a host over a new file until the test ends, with a model that most calls of
// are counted.
func hosting(t *testing.T, model providers.Model, most int) (*sqlitestore.Store, *host) {
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "host.db"), &sqlitestore.Options{Normal: true})
	require.NoError(t, err)
	h := newHost(store.Store, model, most)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- h.run(ctx) }()
	t.Cleanup(func() {
		stop()
		assert.ErrorIs(t, <-ended, context.Canceled)
		assert.NoError(t, store.Close())
	})
	return store, h
}

// quiet waits until nothing waits in the mailboxes of agents.
func quiet(t *testing.T, store *sqlitestore.Store) {
	require.Eventually(t, func() bool {
		list, err := store.Mailboxes(t.Context(), mailbox.MailboxQuery{Pending: true, Skip: func(m *mailbox.Mailbox) bool { return m.Address == "mia" }})
		return err == nil && len(list) == 0
	}, time.Minute, 5*time.Millisecond)
}

func TestEveryMailIsReadOnceByFewAtATime(t *testing.T) {
	const addresses, mails, most = 40, 200, 3
	var awake, peak, calls atomic.Int32
	store, _ := hosting(t, scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) {
		if n := awake.Add(1); n > peak.Load() {
			peak.Store(n)
		}
		defer awake.Add(-1)
		calls.Add(1)
		reply := scripted.Text("Read.")
		return &reply, nil
	}), most)
	for n := range mails {
		_, err := store.Box("mia").Send(t.Context(), quire.Mail(addressOf(n%addresses), "", fmt.Sprint("Mail ", n)))
		require.NoError(t, err)
	}
	quiet(t, store)
	assert.LessOrEqual(t, peak.Load(), int32(most))
	assert.LessOrEqual(t, calls.Load(), int32(mails))
	for n := range addresses {
		page, err := store.Query(t.Context(), addressOf(n), mailbox.Query{Incoming: true, Has: quire.FlagHandled, Kinds: []quire.Kind{""}, Limit: 100})
		require.NoError(t, err)
		assert.Len(t, page.Rows, mails/addresses, "%s", addressOf(n))
	}
}

func TestWhoseModelIsAwayNaps(t *testing.T) {
	var calls atomic.Int32
	store, h := hosting(t, scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) {
		calls.Add(1)
		return nil, &providers.Error{Code: providers.CodeAuth}
	}), 2)
	_, err := store.Box("mia").Send(t.Context(), quire.Mail(addressOf(1), "", "Are you there?"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.naps) == 1 && len(h.awake) == 0
	}, time.Minute, 5*time.Millisecond)
	before := calls.Load()
	_, err = store.Box("mia").Send(t.Context(), quire.Mail("mia", "", "Another commit, so that the host looks"))
	require.NoError(t, err)
	_, err = store.Box("mia").Send(t.Context(), quire.Mail("people", "", "Nobody's agent"))
	require.NoError(t, err)
	time.Sleep(50 * time.Millisecond) // in which a loop without naps makes many calls
	assert.Equal(t, before, calls.Load())
}

func TestTheDemo(t *testing.T) {
	require.NoError(t, demo(t.Context(), options{addresses: 8, awake: 3, mails: 12, thinks: time.Millisecond}))
}
