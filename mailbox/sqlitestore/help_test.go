package sqlitestore_test

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

var day = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func open(t *testing.T, path string, o *sqlitestore.Options) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), path, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "with space & 100%?#.db") }

func mail(subject, body string, to ...quire.Address) quire.Draft {
	return quire.Draft{ID: mailbox.NewID(), To: to, Subject: subject, Parts: []quire.Part{quire.Text{Text: body}}}
}

func send(t *testing.T, s *sqlitestore.Store, from quire.Address, drafts ...quire.Draft) mailbox.Committed {
	t.Helper()
	c, err := s.Commit(t.Context(), mailbox.Commit{Address: from, Sends: drafts, Now: day})
	require.NoError(t, err)
	return c
}

func status(t *testing.T, s *sqlitestore.Store, addr quire.Address) mailbox.Status {
	t.Helper()
	st, err := s.Status(t.Context(), addr)
	require.NoError(t, err)
	return st
}

// raw is a connection to the file that knows nothing of the store.
func raw(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String())
	require.NoError(t, err)
	c, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = c.Close() // a test may have closed it
		assert.NoError(t, db.Close())
	})
	return c
}

func execute(t *testing.T, c *sql.Conn, query string, args ...any) {
	t.Helper()
	_, err := c.ExecContext(context.WithoutCancel(t.Context()), query, args...)
	require.NoError(t, err, query)
}

// fails sees that an error is the store's own and wraps want.
func fails(t *testing.T, err, want error, what ...any) {
	t.Helper()
	require.ErrorIs(t, err, want, what...)
	var e *mailbox.Error
	require.ErrorAs(t, err, &e, what...)
}
