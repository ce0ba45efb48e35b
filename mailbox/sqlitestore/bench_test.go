package sqlitestore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// benchmarkFiles makes a store whose mailbox of "ada" has that many messages: a
// tenth of them mail, the rest own turns. 1,000 of them are resident.
func benchmarkStore(b *testing.B, messages int) *sqlitestore.Store {
	b.Helper()
	ctx := context.Background()
	s, err := sqlitestore.Open(ctx, filepath.Join(b.TempDir(), "mail.db"), &sqlitestore.Options{Normal: true})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	const batch = 500
	for first := 1; first <= messages; first += batch {
		mail := mailbox.Commit{Address: "mia", Now: day}
		own := mailbox.Commit{Address: "ada", Now: day}
		for n := first; n < first+batch; n++ {
			d := quire.Draft{ID: mailbox.NewID(), Subject: fmt.Sprint("Message ", n), To: []quire.Address{"ada"},
				Parts: []quire.Part{quire.Text{Text: fmt.Sprintf("common n%d word%d ", n, n%100) + strings.Repeat("lorem ipsum dolor ", n%40)}}}
			if n%10 == 0 {
				mail.Sends = append(mail.Sends, d)
				own.Flags = append(own.Flags, mailbox.FlagChange{UID: quire.UID(first + len(mail.Sends) - 1), Set: quire.FlagHandled})
				continue
			}
			d.Kind = quire.KindTurn
			own.Sends = append(own.Sends, d)
		}
		for _, c := range []mailbox.Commit{mail, own} {
			_, err := s.Commit(ctx, c)
			require.NoError(b, err)
		}
	}
	st, err := s.Status(ctx, "ada")
	require.NoError(b, err)
	require.Equal(b, messages, st.Total)
	require.Zero(b, st.Pending)
	_, err = s.Commit(ctx, mailbox.Commit{Address: "ada", Agent: residents(messages, st.State), Now: day})
	require.NoError(b, err)
	return s
}

// residents is the state of an agent that holds 1,000 messages, spread over the mailbox.
func residents(messages int, seen quire.State) *driver.AgentState {
	s := &driver.AgentState{State: make([]byte, 40_000), Through: quire.UID(messages), Seen: seen}
	for i := range 1000 {
		s.Holds = append(s.Holds, quire.UID((i+1)*messages/1000))
	}
	return s
}

// BenchmarkHistory compares calls at a mailbox of 1,000 and one of 100,000
// messages, with an agent that holds 1,000: what an agent does at
// every step must not take longer with a longer past.
func BenchmarkHistory(b *testing.B) {
	for _, messages := range []int{1000, 100_000} {
		b.Run(fmt.Sprint("messages=", messages), func(b *testing.B) {
			ctx, s := context.Background(), benchmarkStore(b, messages)
			fails := func(b *testing.B, err error) {
				if err != nil {
					b.Fatal(err)
				}
			}
			b.Run("snapshot", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					snap, err := s.Snapshot(ctx, "ada")
					fails(b, err)
					if len(snap.Agent.Holds) != 1000 || len(snap.Arrived) > 0 {
						b.Fatal("not the mailbox that was made")
					}
				}
			})
			b.Run("status", func(b *testing.B) {
				for b.Loop() {
					_, err := s.Status(ctx, "ada")
					fails(b, err)
				}
			})
			since, err := s.Status(ctx, "ada")
			require.NoError(b, err)
			for name, w := range map[string]mailbox.Wait{"wait": {Since: since.State, Deadline: day}, "wait-first": {Deadline: day}} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						_, err := s.Wait(ctx, "ada", w)
						fails(b, err)
					}
				})
			}
			for name, q := range map[string]mailbox.Query{
				"pending": {Pending: true, Oldest: true}, "newest": {Limit: 10}, "mail": {Kinds: []quire.Kind{quire.KindMail, quire.KindEvent, quire.KindNote}, Limit: 10},
				"from": {From: "mia", Limit: 10}, "from-nobody": {From: "eve"}, "one": {Above: 499, Below: 501, Limit: 1}, "common-word": {Text: "common", Limit: 10}, "rare-word": {Text: "n7", Limit: 10},
				"common-word-of-nobody": {Text: "common", From: "eve"},
			} {
				b.Run("query="+name, func(b *testing.B) {
					for b.Loop() {
						_, err := s.Query(ctx, "ada", q)
						fails(b, err)
					}
				})
			}
			b.Run("changes", func(b *testing.B) {
				for b.Loop() {
					_, err := s.Changes(ctx, "ada", since.State, 0)
					fails(b, err)
				}
			})
			b.Run("turn", func(b *testing.B) { benchmarkTurn(b, s, messages, false) })
			b.Run("turn-with-set", func(b *testing.B) { benchmarkTurn(b, s, messages, true) })
		})
	}
}

// benchmarkTurn commits a reply and a result, with the state of an agent that holds
// nothing, or 1,000 messages.
func benchmarkTurn(b *testing.B, s *sqlitestore.Store, messages int, set bool) {
	ctx := context.Background()
	snap, err := s.Snapshot(ctx, "ada")
	require.NoError(b, err)
	rev, large := snap.Rev, residents(messages, snap.State)
	small := &driver.AgentState{State: make([]byte, 2000), Through: snap.Agent.Through, Seen: snap.State}
	b.ReportAllocs()
	for b.Loop() {
		c := mailbox.Commit{ID: string(mailbox.NewID()), Address: "ada", Rev: rev, Now: day, Agent: small, Receipt: &driver.Receipt{Call: rev + 1, Data: make([]byte, 500)}}
		if set {
			c.Agent = large
		}
		for _, kind := range []quire.Kind{quire.KindTurn, quire.KindResult} {
			c.Sends = append(c.Sends, quire.Draft{ID: mailbox.NewID(), Kind: kind, Parts: []quire.Part{quire.Text{Text: "The tests pass now; the export of invoices was slow since it read each one twice."}}})
		}
		done, err := s.Commit(ctx, c)
		if err != nil {
			b.Fatal(err)
		}
		rev = done.Rev
	}
}

// BenchmarkDurableCommit syncs the disk at each commit.
func BenchmarkDurableCommit(b *testing.B) {
	ctx := context.Background()
	s, err := sqlitestore.Open(ctx, filepath.Join(b.TempDir(), "mail.db"), nil)
	require.NoError(b, err)
	defer s.Close()
	for b.Loop() {
		d := quire.Draft{ID: mailbox.NewID(), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: "hello"}}}
		if _, err := s.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}}); err != nil {
			b.Fatal(err)
		}
	}
}
