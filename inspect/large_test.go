package inspect

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/scripted"
)

// BenchmarkPages serves each kind of page of an agent with 10,000 calls and 100,000
// messages in a file, which QUIRE_PAGES_FILE names if it is to be kept for the next run.
// What is remembered of receipts is forgotten before each.
func BenchmarkPages(b *testing.B) {
	const calls, messages = 10_000, 100_000
	store := large(b, calls, messages)
	for _, path := range []string{"/", "/agent?box=ada", "/calls?box=ada", "/cache?box=ada&upto=5000", "/call?box=ada&n=5000&with=9000", "/mail?box=ada", "/mail?box=ada&q=release+4711",
		"/mail?box=ada&threads=1", "/message?box=ada&n=5", "/message?box=ada&n=50000", "/questions", "/dead", "/spending?days=366", "/spending?days=366&by=thread"} {
		b.Run(strings.TrimPrefix(path, "/"), func(b *testing.B) {
			h, err := New(store, nil)
			require.NoError(b, err)
			for b.Loop() {
				clear(h.sums.blocks)
				r := httptest.NewRecorder()
				h.ServeHTTP(r, httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil))
				require.Equal(b, http.StatusOK, r.Code, "%s: %s", path, r.Body)
			}
		})
	}
}

// large is a file in which ada made so many calls, and got so many messages.
func large(b *testing.B, calls, messages int) *mailbox.Store {
	b.Helper()
	path := cmp.Or(os.Getenv("QUIRE_PAGES_FILE"), b.TempDir()+"/large.db")
	file, err := sqlitestore.Open(b.Context(), path, &sqlitestore.Options{Normal: true})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, file.Close()) })
	profile, known := models.Find("claude-sonnet-5")
	require.True(b, known)
	now := time.Now().Add(-200 * 24 * time.Hour)
	tick := func() time.Time { now = now.Add(20 * time.Second); return now }
	model := scripted.Func(func(_ context.Context, n int, _ *quire.Prompt) (*quire.Reply, error) {
		reply := scripted.Text(fmt.Sprintf("That was call %d of release %d.", n, n*7))
		if n%8 != 0 { // most calls are one of several in a turn: that is half the commits
			reply = scripted.Call("context_pull", fmt.Sprintf(`{"uids":[%d]}`, 1+n/2))
		}
		reply.Usage = quire.Usage{Input: 4000, CachedInput: 3000, CacheWrite: 100, Output: 20}
		return &reply, nil
	})
	a, err := agent.New(file.Box("ada"), model, &agent.Options{Profile: profile, Budget: 6000, Now: tick})
	require.NoError(b, err)
	draft := func(n int) quire.Draft {
		d := quire.Mail("ada", fmt.Sprint("Release ", n), fmt.Sprintf("Mail %d about release %d: it has something to say, and says it at length, with the number %x.", n, n, n*2654435761))
		d.ID = mailbox.NewID()
		return d
	}
	made := func() int { // a run before may have made some
		status, err := a.Status(b.Context())
		require.NoError(b, err)
		return int(status.Calls)
	}
	for n := 0; made() < calls; n++ {
		_, err := file.Box("mia").With(mailbox.BoxOptions{Now: tick}).Send(b.Context(), draft(n))
		require.NoError(b, err)
		_, err = a.Turn(b.Context())
		require.NoError(b, err)
	}
	st, err := file.Status(b.Context(), "ada")
	require.NoError(b, err)
	for n := st.Total; n < messages; n += 500 { // what was dealt with elsewhere
		c := mailbox.Commit{Address: "mia", Now: tick()}
		for i := range 500 {
			c.Sends = append(c.Sends, draft(n+i))
		}
		_, err := file.Commit(b.Context(), c)
		require.NoError(b, err)
		done := mailbox.Commit{Address: "ada", Now: now}
		for i := range 500 {
			done.Flags = append(done.Flags, mailbox.FlagChange{UID: quire.UID(n + i + 1), Set: quire.FlagHandled})
		}
		_, err = file.Commit(b.Context(), done)
		require.NoError(b, err)
	}
	return file.Store
}
