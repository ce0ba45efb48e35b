//go:build unix

package postgresstore_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// crashes is how many times a server is killed: QUIRE_CRASHES, if it is set.
func crashes(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("QUIRE_CRASHES"), "6"))
	require.NoError(t, err, "QUIRE_CRASHES")
	if testing.Short() {
		t.Skip("it starts a server of its own, and kills it again and again")
	}
	return n
}

// The server dies and comes back while agents write: half of the time to agents
// whose commits have an id.
func TestServerThatCrashesLosesNothing(t *testing.T) {
	n := crashes(t)
	c, err := newCluster("")
	if err != nil {
		t.Skipf("no PostgreSQL programs to start a server with: %v", err)
	}
	t.Cleanup(c.remove)
	const agents, rounds = 4, 50 // of crashes on one schema, for its check to stay quick
	for from := 0; from < n; from += rounds {
		to := min(from+rounds, n)
		for _, id := range []bool{true, false} {
			first, last := from, (from+to)/2
			if !id {
				first, last = last, to
			}
			if first < last {
				c.crashWhileWriting(t, agents, first, last, id)
			}
		}
	}
}

func (c *cluster) crashWhileWriting(t *testing.T, agents, first, last int, id bool) {
	s := open(t, c.dsn(), &postgresstore.Options{Schema: fmt.Sprint("crash ", first), Rules: busy, Patience: time.Hour})
	var mu sync.Mutex
	next := time.Now().UnixNano() % 17
	n, limit := first, 1<<20
	w := write(t.Context(), s, agents, limit, id, func(acked int) bool {
		mu.Lock()
		defer mu.Unlock()
		if int64(acked) < next || n >= last {
			return n < last
		}
		// Some acknowledgements come between two crashes: the number is not round, so
		// that the other agents are anywhere in their commits.
		next = int64(acked) + 1 + time.Now().UnixNano()%17
		how := []func() error{c.crash, c.killServer, c.killBackend}[n%3]
		n++
		return assert.NoError(t, how()) && n < last
	})
	w.owned.Wait()
	require.Empty(t, w.other)
	total := w.whole(t, s, agents)
	t.Logf("crashes %d to %d: %d acknowledged, %d there", first+1, n, len(w.acked), total)
	assert.Equal(t, last, n)
	if id {
		assert.Len(t, w.acked, total, "what has an id is carried out once, and acknowledged")
	}
}

// killServer kills the server's first process; the others end when they notice.
func (c *cluster) killServer() error {
	b, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	// Until the last of them has gone, another server does not start.
	for end := time.Now().Add(time.Minute); err == nil; {
		if err = c.start(); err == nil || time.Now().After(end) {
			return err
		}
		err = nil
	}
	return err
}

// killBackend kills one of the processes that work for the store: the server then
// ends all of them, and recovers.
func (c *cluster) killBackend() error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, c.dsn())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var pid int
	if err = conn.QueryRow(ctx, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, random() LIMIT 1").Scan(&pid); err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}
