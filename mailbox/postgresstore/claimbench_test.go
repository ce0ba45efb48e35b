//go:build unix

package postgresstore_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// BenchmarkClaims has 8 workers take one message each from one mailbox and
// acknowledge it, until there are none: two commits a message.
func BenchmarkClaims(b *testing.B) {
	server := dsn(b)
	s := open(b, server, &postgresstore.Options{Schema: schema(b, server)})
	fillQueue(b, s)
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
	emptied(b, s)
}

// fillQueue sends b.N messages to ada.
func fillQueue(b *testing.B, s *mailbox.Store) {
	for first := 0; first < b.N; first += 1000 {
		c := mailbox.Commit{Address: "mia"}
		for range min(1000, b.N-first) {
			c.Sends = append(c.Sends, quire.Draft{ID: mailbox.NewID(), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: "work"}}})
		}
		_, err := s.Commit(b.Context(), c)
		require.NoError(b, err)
	}
}

// emptied checks that all of it was worked on.
func emptied(b *testing.B, s *mailbox.Store) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "claims/s")
	p, err := s.Query(b.Context(), "ada", mailbox.Query{Not: quire.FlagHandled})
	require.NoError(b, err)
	require.Empty(b, p.Rows)
}

// BenchmarkWork is the same by Box.Work, with one message in hand and with 16.
func BenchmarkWork(b *testing.B) {
	for _, n := range []int{1, 16} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchWork(b, n) })
	}
}

func benchWork(b *testing.B, atOnce int) {
	server := dsn(b)
	s := open(b, server, &postgresstore.Options{Schema: schema(b, server)})
	fillQueue(b, s)
	var commits atomic.Int64
	s, err := s.Wrap(func(d driver.Driver) driver.Driver { return updates{d, &commits} })
	require.NoError(b, err)
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var owned sync.WaitGroup
	for i := range 8 {
		owned.Go(func() {
			err := s.Box("ada").Work(ctx, mailbox.WorkOptions{Holder: fmt.Sprint("worker-", i), AtOnce: atOnce}, func(context.Context, *quire.Item) ([]quire.Draft, error) {
				if left.Add(-1) == 0 {
					stop()
				}
				return nil, nil
			})
			assert.ErrorIs(b, err, context.Canceled)
		})
	}
	owned.Wait()
	b.ReportMetric(float64(commits.Load())/float64(b.N), "commits/op")
	emptied(b, s)
}

// updates counts commits.
type updates struct {
	driver.Driver
	commits *atomic.Int64
}

func (c updates) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	c.commits.Add(1)
	return c.Driver.Update(ctx, u, fn)
}
