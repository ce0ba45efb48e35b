package sqlitestore_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// BenchmarkClaims has 8 workers take one message each from one mailbox and
// acknowledge it, until there are none: two commits a message.
func BenchmarkClaims(b *testing.B) {
	s, err := sqlitestore.Open(b.Context(), filepath.Join(b.TempDir(), "mail.db"), nil)
	require.NoError(b, err)
	defer s.Close()
	for first := 0; first < b.N; first += 1000 {
		c := mailbox.Commit{Address: "mia"}
		for range min(1000, b.N-first) {
			c.Sends = append(c.Sends, quire.Draft{ID: mailbox.NewID(), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: "work"}}})
		}
		_, err := s.Commit(b.Context(), c)
		require.NoError(b, err)
	}
	b.ResetTimer()
	var owned sync.WaitGroup
	for i := range 8 {
		owned.Go(func() {
			holder := fmt.Sprint("worker-", i)
			for {
				done, err := s.Commit(b.Context(), mailbox.Commit{Address: "ada", Claim: &mailbox.Claim{Holder: holder}})
				if !assert.NoError(b, err) || len(done.Claimed) == 0 {
					return
				}
				c := done.Claimed[0]
				_, err = s.Commit(b.Context(), mailbox.Commit{Address: "ada", Leases: []mailbox.LeaseChange{{UID: c.UID, Holder: holder, Attempt: c.Attempt, Done: true}}})
				assert.NoError(b, err)
			}
		})
	}
	owned.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "claims/s")
	p, err := s.Query(b.Context(), "ada", mailbox.Query{Not: quire.FlagHandled})
	require.NoError(b, err)
	require.Empty(b, p.Rows)
}
