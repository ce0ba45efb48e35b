package sqlitestore_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/oldstore"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// A file of commit 2783c1f holds all that it held: what that program told of it is what
// this one tells. It does so again when the file was closed and is opened once more.
func TestAFileOfAnEarlierProgramIsWhole(t *testing.T) {
	told, err := oldstore.Read("testdata/2783c1f.db.json.gz")
	require.NoError(t, err)
	require.Len(t, told.Boxes, 4)
	old, err := oldstore.Unpack("testdata/2783c1f.db.gz")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "mail.db")
	require.NoError(t, os.WriteFile(path, old, 0o600))
	for range 2 {
		s, err := sqlitestore.Open(t.Context(), path, nil)
		require.NoError(t, err)
		want, got, err := told.Again(t.Context(), s.Store)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		require.NoError(t, s.Close())
	}
}

// A working set of before that nobody can read keeps no other mailbox from being opened:
// it stays as it was, for its agent to say so.
func TestOneWorkingSetThatCannotBeReadKeepsNobodyOut(t *testing.T) {
	old, err := oldstore.Unpack("testdata/2783c1f.db.gz")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "mail.db")
	require.NoError(t, os.WriteFile(path, old, 0o600))
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "UPDATE box SET wset = '{\"through\":' WHERE addr = 'ada'")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	s, err := sqlitestore.Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	snap, err := s.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	assert.Contains(t, string(snap.Agent.State), `{"through":`)
	var state compose.State
	assert.Error(t, state.UnmarshalBinary(snap.Agent.State))
	sent, err := s.Box("mia").Send(t.Context(), quire.Draft{To: []quire.Address{"ada"}, Subject: "Are you well?"})
	require.NoError(t, err)
	assert.Empty(t, sent.Bounced)
}

// A file of format 9, which a daemon wrote, says after it was brought to this format what
// its program said of it, and what it knew of calls is there.
func TestAFileOfFormat9IsWhole(t *testing.T) {
	told, err := oldstore.Unpack("testdata/format9.txt.gz")
	require.NoError(t, err)
	old, err := oldstore.Unpack("testdata/format9.db.gz")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "mail.db")
	require.NoError(t, os.WriteFile(path, old, 0o600))
	line := regexp.MustCompile(`(?m)^(\w+) #(\d+) from=(\S+) sent=\S+ flags="[^"]*" (\{.*\})$`)
	for range 2 {
		s, err := sqlitestore.Open(t.Context(), path, nil)
		require.NoError(t, err)
		n := 0
		for _, m := range line.FindAllStringSubmatch(string(told), -1) {
			uid, err := strconv.ParseUint(m[2], 10, 63)
			require.NoError(t, err)
			items, err := s.Get(t.Context(), quire.Address(m[1]), mailbox.Get{UIDs: []quire.UID{quire.UID(uid)}})
			require.NoError(t, err)
			require.Len(t, items, 1, m[0])
			got, err := codec.EncodeDraft(&items[0].Draft)
			require.NoError(t, err)
			assert.JSONEq(t, m[4], string(got))
			assert.Equal(t, m[3], string(items[0].From))
			thread, err := s.Query(t.Context(), quire.Address(m[1]), mailbox.Query{Thread: items[0].Thread})
			require.NoError(t, err)
			assert.NotEmpty(t, thread.Rows)
			n++
		}
		assert.Equal(t, 45, n)
		receipts, err := s.Receipts(t.Context(), "ada", 0, 1<<62)
		require.NoError(t, err)
		assert.Len(t, receipts, 13)
		for _, r := range receipts {
			assert.True(t, json.Valid(r.Data))
		}
		page, err := s.Query(t.Context(), "ada", mailbox.Query{Text: "search page"})
		require.NoError(t, err)
		assert.NotEmpty(t, page.Rows)
		require.NoError(t, s.Close())
	}
}
