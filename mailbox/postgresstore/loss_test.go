//go:build unix

package postgresstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

var day = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func mail(body string, to ...quire.Address) quire.Draft {
	return quire.Draft{ID: mailbox.NewID(), To: to, Parts: []quire.Part{quire.Text{Text: body}}}
}

// writing is a few agents that write to each other while a test does harm.
type writing struct {
	mu    sync.Mutex
	acked map[quire.MessageID]quire.Address // recipient
	other []error                           // that are no ErrUnavailable
	owned sync.WaitGroup
	// harm is called by a writer after each acknowledgement with their number so
	// far: harm is measured by progress, so that a slow machine suffers no more of it
	// than a quick one. It says whether the writers are to go on.
	harm func(acked int) bool
	over bool
}

// busy lets agents write more than they should.
var busy = mailbox.Rules{Limits: mailbox.Limits{Rate: 1 << 30}}

// write lets agents send messages, n each or as many as harm wants; id says whether
// their commits have one.
func write(ctx context.Context, s *mailbox.Store, agents, n int, id bool, harm func(acked int) bool) *writing {
	w := &writing{acked: map[quire.MessageID]quire.Address{}, harm: harm}
	for a := range agents {
		w.owned.Go(func() {
			from, to := quire.Address(fmt.Sprint("agent-", a)), quire.Address(fmt.Sprint("agent-", (a+1)%agents))
			rev := uint64(0)
			for i := 0; i < n && w.goesOn(); i++ {
				d := mail(fmt.Sprintf("message %d", i), to)
				// Carried out twice it is stale: it has changed the revision itself.
				c := mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Rev: rev, Agent: &driver.AgentState{State: []byte("state")}, Now: day}
				if id {
					c.ID = fmt.Sprint("commit-", i)
				}
				done, err := s.Commit(ctx, c)
				w.note(d.ID, to, done, err)
				if rev = done.Rev; err != nil {
					// A server that dies may show neither the commit nor that it is under
					// way, and has it after it recovered. A commit waits for the other one.
					_, err := s.Commit(ctx, mailbox.Commit{Address: from})
					w.note("", "", mailbox.Committed{}, err)
					snap, err := s.Snapshot(ctx, from)
					w.note("", "", mailbox.Committed{}, err)
					rev = snap.Rev
				}
			}
		})
	}
	return w
}

func (w *writing) goesOn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.over
}

func (w *writing) note(id quire.MessageID, to quire.Address, done mailbox.Committed, err error) {
	if acked := w.count(id, to, done, err); acked > 0 && !w.harm(acked) {
		w.mu.Lock()
		w.over = true
		w.mu.Unlock()
	}
}

// count is how much is acknowledged when this was; 0 when it was not.
func (w *writing) count(id quire.MessageID, to quire.Address, done mailbox.Committed, err error) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil && done.Replayed:
		w.other = append(w.other, errors.New("a commit that was made once says that it was repeated"))
	case err == nil && id != "":
		w.acked[id] = to
		return len(w.acked)
	case err != nil && !errors.Is(err, mailbox.ErrUnavailable):
		w.other = append(w.other, err)
	}
	return 0
}

// whole sees that each mailbox holds what was acknowledged, each message once, under
// numbers without a gap.
func (w *writing) whole(t *testing.T, s *mailbox.Store, agents int) (total int) {
	t.Helper()
	found := map[quire.MessageID]quire.Address{}
	for a := range agents {
		addr := quire.Address(fmt.Sprint("agent-", a))
		q := mailbox.Query{Oldest: true, Limit: 1000, Now: day}
		next := quire.UID(1)
		for {
			p, err := s.Query(t.Context(), addr, q)
			require.NoError(t, err)
			for _, r := range p.Rows {
				assert.Equal(t, next, r.UID)
				assert.NotContains(t, found, r.ID, "a message twice")
				found[r.ID] = addr
				next++
			}
			if q.Cursor = p.Next; !p.More {
				break
			}
		}
		st, err := s.Status(t.Context(), addr)
		require.NoError(t, err)
		assert.Equal(t, int(next)-1, st.Total)
		total += st.Total
	}
	for id, to := range w.acked {
		assert.Equal(t, to, found[id], "an acknowledged message is lost")
	}
	return total
}

// Connections break at any point of a commit: what had an id is carried out once
// all the same, without the caller noticing.
func TestBrokenConnectionsLoseNothing(t *testing.T) {
	name := "quire-test-" + string(mailbox.NewID())
	t.Setenv("PGAPPNAME", name) // whose connections are ended
	server := dsn(t)
	const agents, each, every = 4, 100, 3
	// Only so many connections are ended, and patience outlasts them all.
	o := &postgresstore.Options{Schema: schema(t, server), Rules: busy, Patience: time.Hour}
	s := open(t, server, o)
	k := newKiller(t, server, name)
	w := write(t.Context(), s, agents, each, true, func(acked int) bool {
		return acked%every != 0 || k.breakConnections(t)
	})
	w.owned.Wait()
	require.Empty(t, w.other)
	assert.Len(t, w.acked, agents*each, "with ids, all of them are carried out")
	assert.Equal(t, agents*each, w.whole(t, s, agents))
	assert.Greater(t, k.broken, agents*each/every/2, "connections were broken in the middle of something")
	t.Logf("%d connections ended in the middle of something", k.broken)
}

// killer has the server end connections.
type killer struct {
	name   string // of their application
	mu     sync.Mutex
	c      *pgx.Conn
	broken int
}

func newKiller(t *testing.T, server, name string) *killer {
	config, err := pgx.ParseConfig(server)
	require.NoError(t, err)
	config.RuntimeParams["application_name"] = "quire-test-killer"
	c, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close(context.Background())) })
	return &killer{name: name, c: c}
}

// breakConnections ends two connections that are being used, and one that is not.
func (k *killer) breakConnections(t *testing.T) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	var n int
	err := k.c.QueryRow(context.Background(), `
SELECT count(pg_terminate_backend(pid)) FILTER (WHERE state <> 'idle') FROM (
	(SELECT pid, state FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle' ORDER BY random() LIMIT 2)
	UNION ALL
	(SELECT pid, state FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle' ORDER BY random() LIMIT 1)) k`, k.name).Scan(&n)
	k.broken += n
	return assert.NoError(t, err)
}
