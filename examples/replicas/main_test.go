package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/postgresstore"
	"github.com/quire-dev/quire/providers/scripted"
)

// process is one replica: a store of its own, and an agent that says who it is.
type process struct {
	store *mailbox.Store
	agent *agent.Agent
	ended chan error
	kill  context.CancelFunc
}

func begin(t *testing.T, store *mailbox.Store, name string) *process {
	t.Helper()
	model := scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) {
		reply := scripted.Text("I am " + name + ".")
		return &reply, nil
	})
	ada, err := newReplica(store, model, name, time.Second)
	require.NoError(t, err)
	ctx, kill := context.WithCancel(context.WithoutCancel(t.Context()))
	p := &process{store: store, agent: ada, ended: make(chan error, 1), kill: kill}
	go func() { p.ended <- ada.Run(ctx) }()
	t.Cleanup(kill)
	return p
}

// ask sends mail number n, waits for its answer and returns it.
func ask(t *testing.T, store *mailbox.Store, n int) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	mia := store.Box("mia")
	_, err := mia.Send(ctx, quire.Mail("ada", fmt.Sprint("Question ", n), "Who are you?"))
	require.NoError(t, err)
	_, err = mia.Wait(ctx, mailbox.Wait{Match: mailbox.Query{From: "ada", Above: quire.UID(n - 1)}})
	require.NoError(t, err)
	page, err := mia.Find(ctx, mailbox.Query{From: "ada"})
	require.NoError(t, err)
	require.Len(t, page.Rows, n, "each question is answered once")
	return page.Rows[0].Snippet
}

// takeOver has one replica follow another one, for stores that open gives: each call is
// what one process opens.
func takeOver(t *testing.T, open func() *mailbox.Store) {
	people := open()
	first := begin(t, open(), "first")
	assert.Equal(t, "I am first.", ask(t, people, 1))
	second := begin(t, open(), "second")
	assert.Equal(t, "I am first.", ask(t, people, 2), "the second one waits")

	require.NoError(t, first.agent.Shutdown(t.Context()))
	assert.ErrorIs(t, <-first.ended, agent.ErrShutdown)
	assert.Equal(t, "I am second.", ask(t, people, 3))

	// The second one is gone without a word: its store hears nothing any more.
	third := begin(t, open(), "third")
	require.NoError(t, second.store.Close())
	assert.Equal(t, "I am third.", ask(t, people, 4))
	second.kill()
	<-second.ended
	third.kill()
	assert.ErrorIs(t, <-third.ended, context.Canceled)
}

// It leaves a schema of its own behind, with a name that says so.
func TestReplicasOverPostgres(t *testing.T) {
	dsn := os.Getenv("QUIRE_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("no PostgreSQL to test with: set QUIRE_POSTGRES_DSN")
	}
	schema := fmt.Sprintf("replicas_%d", time.Now().UnixNano())
	takeOver(t, func() *mailbox.Store {
		store, err := postgresstore.Open(t.Context(), dsn, &postgresstore.Options{Schema: schema})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, store.Close()) })
		return store
	})
}

// mortal is what one process opened of a store in memory: once closed it fails, and the
// others go on.
type mortal struct {
	driver.Driver
	ctx  context.Context
	stop context.CancelFunc
}

func (m mortal) View(ctx context.Context, fn func(driver.Read) error) error {
	if m.ctx.Err() != nil {
		return mailbox.ErrClosed
	}
	return m.Driver.View(ctx, fn)
}

func (m mortal) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	if m.ctx.Err() != nil {
		return false, mailbox.ErrClosed
	}
	return m.Driver.Update(ctx, u, fn)
}

func (m mortal) Close() error {
	m.stop()
	return nil
}

// The same without a server: the lease is the store's, whatever keeps it.
func TestReplicasOverOneStore(t *testing.T) {
	d := memstore.NewDriver("")
	takeOver(t, func() *mailbox.Store {
		ctx, stop := context.WithCancel(context.Background())
		t.Cleanup(stop)
		return mailbox.New(mortal{d, ctx, stop}, nil)
	})
}
