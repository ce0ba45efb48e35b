//go:build unix

package postgresstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// Format 2 had no low marks; the rest is the same. What one store compacts is
// compacted for all.
func TestTablesOfFormatTwoGetLowMarks(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server)}
	s := open(t, server, o)
	_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("hello", "ada")}})
	require.NoError(t, err)
	first, err := s.Status(t.Context(), "ada")
	require.NoError(t, err)
	name := pgx.Identifier{o.Schema}.Sanitize()
	query(t, server, "DROP TABLE "+name+".low")
	query(t, server, "UPDATE "+name+".meta SET value = '2' WHERE key = 'format'")
	here, there := open(t, server, o), open(t, server, o)
	gone, err := here.Expunge(t.Context(), "ada", []quire.UID{1})
	require.NoError(t, err)
	low, err := here.Compact(t.Context(), "ada", gone)
	require.NoError(t, err)
	assert.Equal(t, gone, low)
	_, err = there.Changes(t.Context(), "ada", first.State, 0)
	require.ErrorIs(t, err, mailbox.ErrCannotCalculateChanges)
	c, err := there.Changes(t.Context(), "ada", gone, 0)
	require.NoError(t, err)
	assert.Equal(t, mailbox.Changes{State: gone}, c)
}
