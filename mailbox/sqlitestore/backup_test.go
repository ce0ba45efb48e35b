package sqlitestore_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// foreign sees that a store does not know a state, and has the mailbox.
func foreign(t *testing.T, s *sqlitestore.Store, state quire.State, total int) {
	t.Helper()
	_, err := s.Changes(t.Context(), "ada", state, 0)
	fails(t, err, mailbox.ErrCannotCalculateChanges)
	assert.Equal(t, total, status(t, s, "ada").Total)
	page, err := s.Query(t.Context(), "ada", mailbox.Query{Text: "first", Now: day})
	require.NoError(t, err)
	assert.Len(t, page.Rows, 1)
}

func TestABackupIsWholeAndBeginsANewEpoch(t *testing.T) {
	ctx, path := t.Context(), file(t)
	s := open(t, path, nil)
	send(t, s, "mia", mail("one", "first", "ada"))
	state := status(t, s, "ada").State
	copied := filepath.Join(t.TempDir(), "copy.db")
	require.NoError(t, s.Backup(ctx, copied))
	send(t, s, "mia", mail("two", "later", "ada"))
	_, err := s.Changes(ctx, "ada", state, 0)
	require.NoError(t, err, "the store itself goes on")
	b := open(t, copied, nil)
	foreign(t, b, state, 1)
	send(t, b, "mia", mail("other", "x", "ada"))
	assert.Equal(t, 2, status(t, b, "ada").Total)

	fails(t, s.Backup(ctx, copied), mailbox.ErrInvalid, "onto a file that is there")
	assert.Equal(t, 2, status(t, b, "ada").Total)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	other := filepath.Join(t.TempDir(), "other.db")
	fails(t, s.Backup(ended, other), context.Canceled)
	left, err := os.ReadDir(filepath.Dir(other))
	require.NoError(t, err)
	assert.Empty(t, left)
	require.NoError(t, s.Close())
	fails(t, s.Backup(ctx, other), mailbox.ErrClosed)
}

func TestARestoredCopyBeginsANewEpoch(t *testing.T) {
	path := file(t)
	s, err := sqlitestore.Open(t.Context(), path, nil)
	require.NoError(t, err)
	send(t, s, "mia", mail("one", "first", "ada"))
	require.NoError(t, s.Close())
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	s = open(t, path, nil)
	send(t, s, "mia", mail("two", "second", "ada"))
	state := status(t, s, "ada").State

	restored := file(t)
	require.NoError(t, os.WriteFile(restored, old, 0o600))
	r, err := sqlitestore.OpenRestored(t.Context(), restored, nil)
	require.NoError(t, err)
	defer r.Close()
	foreign(t, r, state, 1)
	_, err = sqlitestore.OpenRestored(t.Context(), t.TempDir(), nil)
	require.Error(t, err)
}

func TestARebuildKeepsTheMailAndBeginsANewEpoch(t *testing.T) {
	path := file(t)
	s := open(t, path, nil)
	send(t, s, "mia", mail("one", "first", "ada"))
	state := status(t, s, "ada").State
	execute(t, raw(t, path), "INSERT INTO search (search) VALUES ('delete-all')")
	require.NoError(t, s.Rebuild(t.Context()))
	foreign(t, s, state, 1)
}
