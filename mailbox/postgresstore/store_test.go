//go:build unix

package postgresstore_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// Two stores on one schema are what two machines have.
func TestMailReachesOtherMachines(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server), Poll: time.Hour} // only what the server notifies wakes
	here, there := open(t, server, o), open(t, server, o)
	st, err := here.Status(t.Context(), "ada")
	require.NoError(t, err)
	for i := range 20 {
		woken := make(chan mailbox.Woken, 1)
		go func() {
			w, err := here.Wait(context.Background(), "ada", mailbox.Wait{Since: st.State, Deadline: time.Now().Add(time.Minute)})
			assert.NoError(t, err)
			woken <- w
		}()
		_, err := there.Commit(t.Context(), mailbox.Commit{Address: "ben", Sends: []quire.Draft{mail(fmt.Sprint("hello ", i), "ada")}})
		require.NoError(t, err)
		w := <-woken
		require.True(t, w.Matched)
		st.State = w.State
	}
}

// Agents on several machines write to each other and supersede what they wrote:
// locks are taken in one order, so that all of it gets through.
func TestManyMachinesWriteToTheSameMailboxes(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server)}
	const machines, each = 4, 40
	team := []quire.Address{"d", "c", "b", "a"}
	var owned sync.WaitGroup
	for m := range machines {
		s := open(t, server, o)
		owned.Go(func() {
			var before quire.MessageID
			for i := range each {
				d := mail(fmt.Sprint("round ", i), team...)
				if before != "" {
					d.Supersedes = []quire.MessageID{before}
				}
				before = d.ID
				_, err := s.Commit(context.Background(), mailbox.Commit{Address: quire.Address(fmt.Sprint("machine-", m)), Sends: []quire.Draft{d}})
				assert.NoError(t, err)
			}
		})
	}
	owned.Wait()
	s := open(t, server, o)
	for _, addr := range team {
		p, err := s.Query(t.Context(), addr, mailbox.Query{Limit: 1000})
		require.NoError(t, err)
		require.Len(t, p.Rows, machines*each)
		current := 0
		for i, r := range p.Rows {
			assert.Equal(t, quire.UID(machines*each-i), r.UID)
			if !r.Flags.Has(quire.FlagSuperseded) {
				current++
			}
		}
		assert.Equal(t, machines, current, "of each sender the last one stands")
	}
}

// Content that two messages share stays while one of them does, although the other
// one's last delivery goes at the same moment.
func TestSharedContentOutlivesAnExpunge(t *testing.T) {
	server := dsn(t)
	s := open(t, server, &postgresstore.Options{Schema: schema(t, server)})
	ctx := t.Context()
	for i := range 30 {
		text := strings.Repeat(fmt.Sprint("a long report, number ", i, "\n"), 5_000)
		first, second := mail(text, "ada"), mail(text, "ben")
		sent, err := s.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{first}})
		require.NoError(t, err)
		require.Len(t, sent.Sent, 1)
		var owned sync.WaitGroup
		owned.Go(func() {
			time.Sleep(time.Duration(i) * 300 * time.Microsecond) // somewhere within the commit
			_, err := s.Expunge(ctx, "ada", []quire.UID{quire.UID(i + 1)})
			assert.NoError(t, err)
		})
		owned.Go(func() {
			_, err := s.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{second}})
			assert.NoError(t, err)
		})
		owned.Wait()
		items, err := s.Get(ctx, "ben", mailbox.Get{IDs: []quire.MessageID{second.ID}})
		require.NoError(t, err)
		require.Len(t, items, 1)
		b, err := s.Content(ctx, "ben", items[0].Parts[0].(quire.Blob).Digest, 0, 0)
		require.NoError(t, err)
		require.Equal(t, text, string(b))
	}
}

func TestIndexOfAnotherVersionIsBuiltAnew(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server)}
	s := open(t, server, o)
	long := "zeppelin " + strings.Repeat("many words about other things. ", 10_000)
	_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("the invoices, twice: invoices", "ada", "ben"), mail(long, "ben")}})
	require.NoError(t, err)
	find := func(s *mailbox.Store, addr quire.Address, text string) []mailbox.Row {
		p, err := s.Query(t.Context(), addr, mailbox.Query{Text: text, Now: day})
		require.NoError(t, err)
		return p.Rows
	}
	before := find(s, "ben", "invoice")
	require.Len(t, before, 1)
	name := pgx.Identifier{o.Schema}.Sanitize()
	query(t, server, "TRUNCATE "+name+".search")
	query(t, server, "UPDATE "+name+".message SET freq = NULL, words = 0")
	query(t, server, "UPDATE "+name+".meta SET value = '1' WHERE key = 'rank'")
	require.Empty(t, find(s, "ben", "invoice"))
	s = open(t, server, o)
	assert.Equal(t, before, find(s, "ben", "invoice"))
	assert.Len(t, find(s, "ben", "zeppelin"), 1, "text in a blob")
	assert.Len(t, find(s, "ada", "invoice"), 1)
	assert.Empty(t, find(s, "ada", "zeppelin"))
}

func TestNewerTablesAreLeftAlone(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server)}
	open(t, server, o)
	query(t, server, "UPDATE "+pgx.Identifier{o.Schema}.Sanitize()+".meta SET value = '99' WHERE key = 'format'")
	_, err := postgresstore.Open(t.Context(), server, o)
	require.ErrorIs(t, err, mailbox.ErrNewerFormat)
}

func TestNoServer(t *testing.T) {
	_, err := postgresstore.Open(t.Context(), "postgres://127.0.0.1:1/none", &postgresstore.Options{Patience: time.Millisecond})
	require.ErrorIs(t, err, mailbox.ErrUnavailable)
	_, err = postgresstore.Open(t.Context(), "no such thing", nil)
	require.ErrorIs(t, err, mailbox.ErrInvalid)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = postgresstore.Open(ctx, "postgres://127.0.0.1:1/none", nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestNewEpoch(t *testing.T) {
	server := dsn(t)
	s := open(t, server, &postgresstore.Options{Schema: schema(t, server)})
	st, err := s.Status(t.Context(), "ada")
	require.NoError(t, err)
	require.NoError(t, s.NewEpoch(t.Context()))
	_, err = s.Changes(t.Context(), "ada", st.State, 0)
	require.ErrorIs(t, err, mailbox.ErrCannotCalculateChanges)
}

func TestIndexOfFormatThreeGetsSpans(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server)}
	s := open(t, server, o)
	_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("an invoice of 2024", "ada"), mail("zeppelin", "ada")}})
	require.NoError(t, err)
	found := func(s *mailbox.Store, text string) int {
		p, err := s.Query(t.Context(), "ada", mailbox.Query{Text: text, Now: day})
		require.NoError(t, err)
		return len(p.Rows)
	}
	name := pgx.Identifier{o.Schema}.Sanitize()
	query(t, server, "UPDATE "+name+".search SET terms = ARRAY(SELECT replace(t, box || '·0·', box || '·') FROM unnest(terms) t)")
	query(t, server, "UPDATE "+name+".meta SET value = '3' WHERE key = 'format'")
	require.Zero(t, found(s, "invoice"))
	s = open(t, server, o)
	for _, text := range []string{"invoice", "2024", "zeppelin"} {
		assert.Equal(t, 1, found(s, text), text)
	}
}

// A term's newest deliveries are found span by span: common terms and rare ones, and
// those of other mailboxes aside.
func TestSearchOverManySpans(t *testing.T) {
	server := dsn(t)
	s := open(t, server, &postgresstore.Options{Schema: schema(t, server)})
	m := memstore.New(nil)
	defer m.Close()
	const messages = 5000
	for first := 0; first < messages; first += 1000 {
		c := mailbox.Commit{Address: "mia", Now: day}
		for i := first; i < first+1000; i++ {
			text := "all"
			for _, every := range []int{3, 7, 700, 4500} {
				if i%every == every/2 {
					text += fmt.Sprint(" every", every)
				}
			}
			to := []quire.Address{"ada"}
			if i%5 == 0 {
				to = []quire.Address{"ben", "ada"}
			}
			c.Sends = append(c.Sends, mail(text, to...))
		}
		for _, s := range []*mailbox.Store{s, m} {
			_, err := s.Commit(t.Context(), c)
			require.NoError(t, err)
		}
	}
	for _, text := range []string{"all", "every3", "every7", "every700", "every4500", "nothing", "all every7 every4500", "every3 every700"} {
		for _, q := range []mailbox.Query{{Text: text}, {Text: text, Limit: 200, Oldest: true}, {Text: text, From: "mia", Below: 2049}} {
			q.Now = day
			for _, box := range []quire.Address{"ada", "ben"} {
				want, err := m.Query(t.Context(), box, q)
				require.NoError(t, err)
				got, err := s.Query(t.Context(), box, q)
				require.NoError(t, err)
				assert.Equal(t, uids(want), uids(got), "%s: %+v", box, q)
			}
		}
	}
}

func uids(p mailbox.Page) (list []quire.UID) {
	for _, r := range p.Rows {
		list = append(list, r.Delivery.UID)
	}
	return list
}
