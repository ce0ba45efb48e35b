//go:build unix

package postgresstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/oldstore"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// A database of commit 2783c1f holds all that it held: what that program told of it is
// what this one tells; and its agent goes on.
func TestADatabaseOfAnEarlierProgramIsWhole(t *testing.T) {
	server := dsn(t)
	told, err := oldstore.Read("testdata/2783c1f.sql.json.gz")
	require.NoError(t, err)
	dump, err := oldstore.Unpack("testdata/2783c1f.sql.gz")
	require.NoError(t, err)
	const loaded = "quire_2783c1f" // as the dump names it
	query(t, server, "DROP SCHEMA IF EXISTS "+loaded+" CASCADE")
	query(t, server, string(dump))
	name := schema(t, server)
	query(t, server, "ALTER SCHEMA "+loaded+" RENAME TO "+pgx.Identifier{name}.Sanitize())
	for range 2 {
		s, err := postgresstore.Open(t.Context(), server, &postgresstore.Options{Schema: name})
		require.NoError(t, err)
		want, got, err := told.Again(t.Context(), s)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		require.NoError(t, s.Close())
	}
	s := open(t, server, &postgresstore.Options{Schema: name})
	require.NoError(t, told.GoOn(t.Context(), s))
	require.NoError(t, told.Kept(t.Context(), s))
}
