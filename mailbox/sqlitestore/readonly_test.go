package sqlitestore_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

func TestAStoreOpenedForReadingReadsAndRefusesToWrite(t *testing.T) {
	ctx, path := t.Context(), file(t)
	_, err := sqlitestore.Open(ctx, path, &sqlitestore.Options{ReadOnly: true})
	fails(t, err, fs.ErrNotExist, "a file that is not there")
	writer := open(t, path, nil)
	send(t, writer, "mia", mail("one", "first", "ada"))
	s := open(t, path, &sqlitestore.Options{ReadOnly: true, Poll: time.Millisecond})
	page, err := s.Query(ctx, "ada", mailbox.Query{Text: "first", Now: day})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	woken, err := s.Wait(ctx, "ada", mailbox.Wait{Now: func() time.Time { return day }})
	require.NoError(t, err)
	assert.True(t, woken.Matched)
	for what, write := range map[string]func() error{
		"Commit": func() error {
			_, err := s.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("two", "x", "ada")}})
			return err
		},
		"Expunge": func() error { _, err := s.Expunge(ctx, "ada", []quire.UID{1}); return err },
		"Compact": func() error {
			_, err := s.Compact(ctx, "ada", status(t, s, "ada").State)
			return err
		},
		"NewEpoch": func() error { return s.NewEpoch(ctx) },
		"Rebuild":  func() error { return s.Rebuild(ctx) },
	} {
		fails(t, write(), mailbox.ErrReadOnly, what)
	}
	assert.Equal(t, 1, status(t, s, "ada").Total)
	send(t, writer, "mia", mail("two", "x", "ada"))
	assert.Equal(t, 2, status(t, s, "ada").Total, "it sees what others write")
}

func TestAFileWithoutTheRightToWriteIsReadOnly(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write to any file")
	}
	path := file(t)
	s, err := sqlitestore.Open(t.Context(), path, nil)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, os.Chmod(path, 0o400))
	_, err = sqlitestore.Open(t.Context(), path, nil)
	fails(t, err, mailbox.ErrReadOnly)
}

// A file that becomes read-only while it is open: SQLite refuses each write.
func TestWhatSQLiteRefusesToWriteIsReadOnly(t *testing.T) {
	path := file(t)
	open(t, path, nil)
	c := raw(t, path)
	execute(t, c, "PRAGMA query_only = 1")
	_, err := c.ExecContext(context.Background(), "DELETE FROM box")
	require.Error(t, err)
	assert.ErrorIs(t, sqlitestore.Typed(err), mailbox.ErrReadOnly)
}

// A backup has no epoch until it is opened for writing: it can be read before, and what
// one opening says of a moment means nothing to the next.
func TestABackupCanBeReadAsItIs(t *testing.T) {
	ctx := t.Context()
	path, backup := filepath.Join(t.TempDir(), "mail.db"), filepath.Join(t.TempDir(), "backup.db")
	s, err := sqlitestore.Open(ctx, path, nil)
	require.NoError(t, err)
	_, err = s.Box("mia").Send(ctx, quire.Mail("ada", "", "Hello"))
	require.NoError(t, err)
	before, err := s.Status(ctx, "ada")
	require.NoError(t, err)
	require.NoError(t, s.Backup(ctx, backup))
	require.NoError(t, s.Close())

	var states []quire.State
	for range 2 {
		r, err := sqlitestore.Open(ctx, backup, &sqlitestore.Options{ReadOnly: true})
		require.NoError(t, err)
		page, err := r.Query(ctx, "ada", mailbox.Query{})
		require.NoError(t, err)
		assert.Len(t, page.Rows, 1)
		_, err = r.Changes(ctx, "ada", page.State, 0)
		require.NoError(t, err)
		_, err = r.Changes(ctx, "ada", before.State, 0)
		require.ErrorIs(t, err, mailbox.ErrCannotCalculateChanges)
		states = append(states, page.State)
		require.NoError(t, r.Close())
	}
	assert.NotEqual(t, states[0], states[1])
	w, err := sqlitestore.Open(ctx, backup, nil)
	require.NoError(t, err)
	defer w.Close()
	_, err = w.Changes(ctx, "ada", states[1], 0)
	assert.ErrorIs(t, err, mailbox.ErrCannotCalculateChanges)
}
