package sqlitestore_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/oldstore"
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
