//go:build unix

package postgresstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
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
}

// busy lets agents write more than they should.
var busy = mailbox.Rules{Limits: mailbox.Limits{Rate: 1 << 30}}

// write lets agents send n messages each; id says whether their commits have one.
func write(ctx context.Context, s *postgresstore.Store, agents, n int, id bool) *writing {
	w := &writing{acked: map[quire.MessageID]quire.Address{}}
	for a := range agents {
		w.owned.Add(1)
		go func() {
			defer w.owned.Done()
			from, to := quire.Address(fmt.Sprint("agent-", a)), quire.Address(fmt.Sprint("agent-", (a+1)%agents))
			rev := uint64(0)
			for i := range n {
				d := mail(fmt.Sprintf("message %d", i), to)
				// Carried out twice it is stale: it has changed the revision itself.
				c := mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Rev: rev, Composer: []byte("state"), Now: day}
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
		}()
	}
	return w
}

func (w *writing) note(id quire.MessageID, to quire.Address, done mailbox.Committed, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil && !done.Replayed:
		if id != "" {
			w.acked[id] = to
		}
	case err == nil:
		w.other = append(w.other, errors.New("a commit that was made once says that it was repeated"))
	case !errors.Is(err, mailbox.ErrUnavailable):
		w.other = append(w.other, err)
	}
}

// whole sees that each mailbox holds what was acknowledged, each message once, under
// numbers without a gap.
func (w *writing) whole(t *testing.T, s *postgresstore.Store, agents int) (total int) {
	t.Helper()
	found := map[quire.MessageID]quire.Address{}
	for a := range agents {
		addr := quire.Address(fmt.Sprint("agent-", a))
		q := mailbox.Query{Sort: mailbox.SortOldest, Limit: 1000, Now: day}
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
	server := dsn(t)
	const agents, each = 4, 150
	o := &postgresstore.Options{Schema: schema(t, server), Rules: busy}
	s := open(t, server, o)
	ctx, stop := context.WithCancel(context.Background())
	broken := 0
	var killer sync.WaitGroup
	killer.Add(1)
	go func() {
		defer killer.Done()
		broken = breakConnections(ctx, t, server, o.Schema)
	}()
	w := write(t.Context(), s, agents, each, true)
	w.owned.Wait()
	stop()
	killer.Wait()
	require.Empty(t, w.other)
	assert.Len(t, w.acked, agents*each, "with ids, all of them are carried out")
	assert.Equal(t, agents*each, w.whole(t, s, agents))
	assert.Greater(t, broken, 20, "connections were broken")
}

// breakConnections has the server end the connections of one schema's users, again
// and again.
func breakConnections(ctx context.Context, t *testing.T, server, schema string) (n int) {
	c, err := pgx.Connect(context.Background(), server)
	if !assert.NoError(t, err) {
		return 0
	}
	defer c.Close(context.Background())
	for ctx.Err() == nil {
		var hit int
		err := c.QueryRow(context.Background(), "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query <> '' AND (query LIKE '%delivery%' OR query LIKE '%box%' OR query ILIKE 'commit%' OR query LIKE '%message%') AND datname = current_database() ORDER BY random() LIMIT 2) k").Scan(&hit)
		if !assert.NoError(t, err) {
			return n
		}
		n += hit
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
	return n
}

// The server dies and comes back while agents write.
func TestServerThatCrashesLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a server of its own, several times")
	}
	c, err := newCluster()
	if err != nil {
		t.Skipf("no PostgreSQL programs to start a server with: %v", err)
	}
	t.Cleanup(c.remove)
	const agents = 4
	each := 1500
	if n, err := strconv.Atoi(os.Getenv("QUIRE_CRASHES")); err == nil {
		each = max(75*n, 1)
	}
	for _, id := range []bool{true, false} {
		s := open(t, c.dsn(), &postgresstore.Options{Schema: fmt.Sprint("ids ", id), Rules: busy})
		w := write(t.Context(), s, agents, each, id)
		done := make(chan struct{})
		go func() { w.owned.Wait(); close(done) }()
		crashes := 0
		for over := false; !over; {
			select {
			case <-done:
				over = true
			case <-time.After(300 * time.Millisecond):
				require.NoError(t, c.crash())
				require.NoError(t, c.start())
				crashes++
			}
		}
		require.Empty(t, w.other)
		total := w.whole(t, s, agents)
		t.Logf("%d crashes; %d of %d acknowledged, %d there", crashes, len(w.acked), agents*each, total)
		assert.Positive(t, crashes)
		if id {
			assert.Len(t, w.acked, agents*each)
			assert.Equal(t, agents*each, total)
		}
	}
}
