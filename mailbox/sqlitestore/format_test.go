package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox"
)

// at runs SQL on a file behind the store's back.
func at(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	for _, s := range statements {
		_, err := db.Exec(s)
		require.NoError(t, err, s)
	}
}

// number reads a number from a file behind the store's back.
func number(t *testing.T, path, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.QueryRow(query).Scan(&n), query)
	return n
}

// written is a file with one message about invoices.
func written(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mail.db")
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: "m1", To: []quire.Address{"ada"}, Subject: "Invoices",
		Parts: []quire.Part{quire.Text{Text: "invoice " + strings.Repeat("lorem ipsum ", 10_000)}}}}})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return path
}

func refused(t *testing.T, path string, want error, o *Options) {
	t.Helper()
	s, err := Open(t.Context(), path, o)
	require.ErrorIs(t, err, want)
	assert.Nil(t, s)
	var e *mailbox.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "open", e.Op)
}

func TestANewerFormatIsRefusedAndLeftAsItIs(t *testing.T) {
	path := written(t)
	at(t, path, "PRAGMA user_version = "+strconv.Itoa(format+1))
	for _, o := range []*Options{nil, {ReadOnly: true}} {
		refused(t, path, mailbox.ErrNewerFormat, o)
	}
	at(t, path, "PRAGMA user_version = "+strconv.Itoa(format))
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestWhatIsNoMailboxFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("This is no database. ", 500)), 0o600))
	refused(t, path, mailbox.ErrCorrupt, nil)
	other := filepath.Join(t.TempDir(), "other.db")
	at(t, other, "CREATE TABLE box (a)")
	refused(t, other, mailbox.ErrCorrupt, nil)
	at(t, other, "DROP TABLE box", "PRAGMA user_version = 7")
	refused(t, other, mailbox.ErrCorrupt, nil)
	negative := written(t)
	at(t, negative, "PRAGMA user_version = -1")
	refused(t, negative, mailbox.ErrCorrupt, nil)
}

// TestOpeningSaysWhereAndWhatToDo: what keeps a file from being opened names it, and
// says what helps.
func TestOpeningSaysWhereAndWhatToDo(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("no database ", 500)), 0o600))
	missing := filepath.Join(folder, "no", "such", "mail.db")
	for path, want := range map[string]string{
		folder:                         folder + " is a folder: name a file in it, such as " + filepath.Join(folder, "mail.db"),
		missing:                        missing + ": its folder " + filepath.Dir(missing) + " is not there: make it first",
		filepath.Join(text, "mail.db"): text + " is a file and no folder: name another file",
		text:                           text + ": stored data can't be read: ",
	} {
		_, err := Open(t.Context(), path, nil)
		var typed *mailbox.Error
		require.ErrorAs(t, err, &typed)
		assert.Equal(t, "open", typed.Op)
		assert.Contains(t, err.Error(), want)
		assert.Equal(t, path == missing, errors.Is(err, fs.ErrNotExist), "%v", err)
		assert.Equal(t, path == text, errors.Is(err, mailbox.ErrCorrupt), "%v", err)
		assert.NotErrorIs(t, err, mailbox.ErrUnavailable, "trying again does not help")
	}
	_, err := Open(t.Context(), missing, &Options{ReadOnly: true})
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Equal(t, 1, strings.Count(err.Error(), missing), "%v", err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Open(ctx, missing, nil)
	assert.ErrorIs(t, err, context.Canceled)
}

// An empty file is one that a crash left before the first commit.
func TestAnEmptyFileIsANewStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.db")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// Formats before the first that was released were never promised to be read.
func TestAFormatBeforeTheFirstReleaseIsRefused(t *testing.T) {
	path := written(t)
	at(t, path, "PRAGMA user_version = "+strconv.Itoa(firstFormat-1))
	for _, o := range []*Options{nil, {ReadOnly: true}} {
		refused(t, path, mailbox.ErrCorrupt, o)
	}
}

func TestAnIndexOfOtherTermsIsBuiltAnew(t *testing.T) {
	path := written(t)
	at(t, path, "UPDATE meta SET value = '"+strconv.Itoa(rank.Version+1)+"' WHERE key = 'rank'",
		"INSERT INTO search (search) VALUES ('delete-all')")
	found(t, path)
	var version string
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.QueryRow("SELECT value FROM meta WHERE key = 'rank'").Scan(&version))
	assert.Equal(t, strconv.Itoa(rank.Version), version)
}

// found sees that the message is found by its words and scored as by a store
// that never was anything else.
func found(t *testing.T, path string) {
	t.Helper()
	query := func(path string) mailbox.Page {
		s, err := Open(t.Context(), path, nil)
		require.NoError(t, err)
		defer s.Close()
		page, err := s.Query(context.Background(), "ada", mailbox.Query{Text: "invoice lorem"})
		require.NoError(t, err)
		require.Len(t, page.Rows, 1)
		return page
	}
	assert.Equal(t, query(written(t)).Rows[0].Score, query(path).Rows[0].Score)
}
