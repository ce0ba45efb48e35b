package sqlitestore

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// everything makes the store run its statements, but for those of opening, Backup
// and Rebuild, and for queries that have to look at all that there is: all by what
// is due, and flags of what is not pending.
func everything(t *testing.T, s *Store) {
	ctx := t.Context()
	later := time.Now().Add(time.Hour)
	long := strings.Repeat("content ", 20_000)
	draft := func(id string, d quire.Draft) quire.Draft {
		d.ID, d.To = quire.MessageID(id), []quire.Address{"ada"}
		return d
	}
	text := []quire.Part{quire.Text{Text: long}}
	commit := func(c mailbox.Commit) {
		_, err := s.Commit(ctx, c)
		require.NoError(t, err)
	}
	commit(mailbox.Commit{ID: "1", Address: "mia", Sends: []quire.Draft{draft("a", quire.Draft{Parts: text}), draft("b", quire.Draft{Supersedes: []quire.MessageID{"a"}, InReplyTo: "a", Auto: quire.AutoReplied})}})
	items, err := s.Get(ctx, "ada", mailbox.Get{UIDs: []quire.UID{1}, IDs: []quire.MessageID{"b"}})
	require.NoError(t, err)
	blob := items[0].Parts[0].(quire.Blob)
	commit(mailbox.Commit{ID: "2", Address: "ada", Agent: &driver.AgentState{State: []byte("x"), Holds: []quire.UID{2}},
		Sends: []quire.Draft{draft("c", quire.Draft{Kind: quire.KindNote, Parts: []quire.Part{blob}})},
		Flags: []mailbox.FlagChange{{UID: 2, VisibleAt: &later}}, Counts: []mailbox.CountChange{{UID: 1, Count: quire.Count{Key: "k"}}},
		Receipt: &driver.Receipt{Call: 1}, Journal: []driver.JournalEntry{{Step: "s"}}, Done: []string{"t"}})
	_, err = s.Commit(ctx, mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: "p"}, Claim: &mailbox.Claim{Holder: "w", To: "ada+x"}})
	require.NoError(t, err)
	_, err = s.Commit(ctx, mailbox.Commit{Address: "ada", Claim: &mailbox.Claim{Holder: "w"}, Leases: nil})
	require.NoError(t, err)
	ok := func(_ any, err error) { require.NoError(t, err) }
	snap, err := s.Snapshot(ctx, "ada")
	require.NoError(t, err)
	_, err = s.Status(ctx, "ada")
	ok(nil, err)
	_, err = s.Content(ctx, "ada", blob.Digest, 0, 9)
	ok(nil, err)
	_, err = s.Changes(ctx, "ada", snap.State, 0)
	ok(nil, err)
	_, err = s.Receipts(ctx, "ada", 0, 9)
	ok(nil, err)
	for _, q := range []mailbox.Query{
		{}, {Oldest: true}, {Pending: true}, {Pending: true, Oldest: true}, {Pending: true, Due: true}, {Pending: true, Has: quire.FlagPulled, Oldest: true},
		{From: "mia"}, {From: "mia", Kinds: []quire.Kind{quire.KindMail}}, {Kinds: []quire.Kind{quire.KindMail, quire.KindNote}}, {Kinds: []quire.Kind{quire.KindMail}, Above: 1, Incoming: true, Oldest: true},
		{Thread: "a"}, {Thread: "a", Kinds: []quire.Kind{quire.KindMail}}, {Above: 1, Below: 3}, {Text: "content"}, {Text: "content", From: "mia"}, {Collapse: true}, {To: "ada+x"},
	} {
		_, err := s.Query(ctx, "ada", q)
		ok(nil, err)
	}
	for _, c := range []mailbox.Candidates{{Text: "content", Below: 3, Limit: 9}, {UIDs: []quire.UID{1, 2}}, {UIDs: []quire.UID{1, 3}}} {
		_, err := s.Candidates(ctx, "ada", c)
		ok(nil, err)
	}
	now := func() time.Time { return later }
	for _, w := range []mailbox.Wait{{}, {Since: snap.State}, {Match: mailbox.Query{Thread: "a"}}, {Match: mailbox.Query{From: "mia"}}} {
		w.Deadline, w.Now, w.Looked = later, now, later
		_, err := s.Wait(ctx, "ada", w)
		ok(nil, err)
	}
	_, err = s.Expunge(ctx, "ada", []quire.UID{1})
	ok(nil, err)
	_, err = s.Compact(ctx, "ada", snap.State)
	ok(nil, err)
	require.NoError(t, s.NewEpoch(ctx))
}

// Every statement looks up what it needs by an index: none reads a whole table or
// sorts what it could read in order.
func TestNoStatementReadsMoreWithALongerPast(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), &Options{Readers: 1})
	require.NoError(t, err)
	defer s.Close()
	everything(t, s)
	checked := 0
	for _, p := range []*pool{s.file.read, s.file.write} {
		err := p.transaction(t.Context(), func(c *conn) error {
			for query := range c.statements {
				for _, line := range plan(t, c, query) {
					checked++
					assert.False(t, grows(query, line), "%s\n\t%s", line, query)
				}
			}
			return nil
		})
		require.NoError(t, err)
	}
	assert.Greater(t, checked, 80)
}

// grows says whether a step of a plan takes longer the more there is.
func grows(query, step string) bool {
	has := func(s string, any ...string) bool {
		return slices.ContainsFunc(any, func(one string) bool { return strings.Contains(s, one) })
	}
	switch {
	case strings.HasPrefix(step, "SCAN j VIRTUAL TABLE"), step == "SCAN CONSTANT ROW", step == "SCAN tail", step == "SCAN (subquery-1)" && has(query, "ORDER BY rowid DESC LIMIT ?)"): // a list of ours, or what is bounded
		return false
	case strings.HasPrefix(step, "SCAN search VIRTUAL TABLE"): // of the index, bounded
		return !has(query, "search MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?", "DELETE FROM search WHERE rowid = ?")
	case strings.HasPrefix(step, "SCAN"):
		return true
	case strings.HasPrefix(step, "USE TEMP B-TREE"): // of what is bounded: an answer, the journal, holders, what is open
		return !has(query, "ORDER BY j.key", "FROM journal", "ORDER BY b.addr", "INDEXED BY delivery_open")
	case strings.HasPrefix(step, "SEARCH d ") && has(query, "json_each"): // one by one
		return !has(step, "uid=?", "rowid=?")
	case strings.HasPrefix(step, "SEARCH d "), strings.HasPrefix(step, "SEARCH delivery "):
		// Not by mailbox alone, nor by something that many deliveries share.
		if has(query, "ORDER BY uid DESC LIMIT 1 OFFSET ?") { // the nth newest: n is a limit
			return !has(step, "sender_base=?")
		}
		return !has(step, "uid", "msg=?", "rowid=?", "modseq>", "created>", "sent>", "delivery_visible", "delivery_due", "delivery_open", "delivery_queue")
	}
	return false
}

func plan(t *testing.T, c *conn, query string) []string {
	t.Helper()
	rows, err := c.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	if err != nil { // numbered parameters are fewer
		rows, err = c.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query)
	}
	require.NoError(t, err, query)
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	return steps
}
