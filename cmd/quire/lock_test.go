package main

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

// lock begins to write to a file, as another process would, until the returned function
// is called.
func lock(t *testing.T, db string) func() {
	t.Helper()
	other, err := sql.Open("sqlite", db)
	require.NoError(t, err)
	c, err := other.Conn(t.Context())
	require.NoError(t, err)
	_, err = c.ExecContext(t.Context(), "BEGIN EXCLUSIVE")
	require.NoError(t, err)
	return func() {
		_, err := c.ExecContext(context.Background(), "ROLLBACK")
		require.NoError(t, err)
		require.NoError(t, c.Close())
		require.NoError(t, other.Close())
	}
}

// change changes a file behind the store's back.
func change(t *testing.T, db, statement string, args ...any) {
	t.Helper()
	other, err := sql.Open("sqlite", db)
	require.NoError(t, err)
	_, err = other.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err)
	require.NoError(t, other.Close())
}

func TestANewerFormatIsRefused(t *testing.T) {
	db := place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "Hello")
	change(t, db, "PRAGMA user_version = 99")
	for _, args := range [][]string{{"ls"}, {"send", "--box", "mia", "--to", "ada", "Hello"}} {
		r := do(t, "", append(args, "--json")...)
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.stderr, `"error":"newerFormat"`)
		require.Contains(t, r.stderr, "use that version")
	}
}

func TestAnOlderFormatSaysWhatBringsItUpToDate(t *testing.T) {
	db := place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "Hello")
	change(t, db, "PRAGMA user_version = 6")
	r := do(t, "", "ls")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.stderr, "doctor --repair")
}
