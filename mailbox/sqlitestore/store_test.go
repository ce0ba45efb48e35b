package sqlitestore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

func TestMailOutlivesTheProcess(t *testing.T) {
	path := file(t)
	s, err := sqlitestore.Open(t.Context(), path, nil)
	require.NoError(t, err)
	d := mail("Invoices", "The export of invoices fails.", "ada", "ben+x")
	send(t, s, "mia", d)
	before, err := s.Status(t.Context(), "ada")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "closing twice is fine")
	_, err = s.Status(t.Context(), "ada")
	require.ErrorIs(t, err, mailbox.ErrClosed)

	s = open(t, path, nil)
	after, err := s.Status(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, before, after)
	page, err := s.Query(t.Context(), "ben", mailbox.Query{Text: "invoice", Now: day})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	assert.Equal(t, "The export of invoices fails.", page.Rows[0].Snippet)
	items, err := s.Get(t.Context(), "ada", mailbox.Get{IDs: []quire.MessageID{d.ID}})
	require.NoError(t, err)
	require.Len(t, items, 1)
	assert.Equal(t, d.Parts, items[0].Parts)
}

// Few changes are looked up by what changed, many by what is asked for.
func TestSnapshotsTellChangesFewAndMany(t *testing.T) {
	s := open(t, file(t), nil)
	agent := &driver.AgentState{}
	for i := range 100 {
		send(t, s, "mia", mail(fmt.Sprint("Number ", i), "Text.", "ada"))
		agent.Holds = append(agent.Holds, quire.UID(100-i))
	}
	agent.Holds = agent.Holds[10:] // the newest ten are not asked for
	for rev, n := range []int{1, 40, 64, 65, 90} {
		before, err := s.Status(t.Context(), "ada")
		require.NoError(t, err)
		agent.Seen = before.State
		_, err = s.Commit(t.Context(), mailbox.Commit{Address: "ada", Rev: uint64(rev), Agent: agent})
		require.NoError(t, err)
		var flags []mailbox.FlagChange
		var want []quire.UID
		for i := range n {
			uid := quire.UID(100 - i)
			flags = append(flags, mailbox.FlagChange{UID: uid, Set: quire.Flags(1 << rev)})
			if uid <= 90 {
				want = append(want, uid)
			}
		}
		_, err = s.Commit(t.Context(), mailbox.Commit{Address: "ada", Flags: flags})
		require.NoError(t, err)
		snap, err := s.Snapshot(t.Context(), "ada")
		require.NoError(t, err)
		var got []quire.UID
		for _, d := range snap.Changed {
			got = append(got, d.UID)
		}
		assert.Equal(t, want, got, "%d changed", n)
	}
}
