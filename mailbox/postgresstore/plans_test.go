//go:build unix

package postgresstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// What a message costs does not grow with a mailbox whose tables nobody has analysed since
// they were empty. Rows that the server looked at are counted, and not time.
func TestPlansOfAnEmptyDatabaseDoNotStay(t *testing.T) {
	server := dsn(t)
	name := schema(t, server)
	o := &postgresstore.Options{Schema: name, Conns: 1}
	open(t, server, o)
	db, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	defer db.Close(t.Context())
	for _, table := range []string{"delivery", "message", "box"} {
		_, err = db.Exec(t.Context(), "ALTER TABLE "+pgx.Identifier{name, table}.Sanitize()+" SET (autovacuum_enabled = false)")
		require.NoError(t, err)
	}
	s, err := postgresstore.Open(t.Context(), server, o)
	require.NoError(t, err)
	const n = 4000
	var before quire.MessageID
	for i := 0; i < n; {
		var list []quire.Draft
		for range 100 {
			d := mail(fmt.Sprint("message ", i), "ada")
			d.InReplyTo, before = before, d.ID // which is looked for in the mailbox
			list = append(list, d)
			i++
		}
		_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: list, Now: day})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close()) // the server counts what a connection did when it ends
	var written, read int
	require.Eventually(t, func() bool {
		err := db.QueryRow(t.Context(), "SELECT sum(n_tup_ins) FILTER (WHERE relname = 'delivery'), sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables WHERE schemaname = $1", name).Scan(&written, &read)
		return assert.NoError(t, err) && written >= n
	}, time.Minute, 50*time.Millisecond)
	assert.Positive(t, read)
	assert.Less(t, read, n*n/4, "rows read while %d messages were sent: with one plan for all they are n×n", n)
	t.Logf("%d rows a message", read/n)
}
