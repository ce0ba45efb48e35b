package postgresstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/oldstate"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// Formats up to 5 kept a working set and a composer's bytes.
func TestTablesOfFormatFiveKeepWhatAnAgentHas(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server)}
	s := open(t, server, o)
	for _, who := range []quire.Address{"ada", "ben", "cid"} {
		_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("hello", who), mail("again", who)}})
		require.NoError(t, err)
	}
	set, composer := `{"rev":1,"through":2,"seen":"e:5","log":[{"seq":1,"spans":[{"uid":2,"shows":[1]}]}]}`, `{"v":2}`
	box := pgx.Identifier{o.Schema, "box"}.Sanitize()
	for _, sql := range []string{
		"ALTER TABLE " + box + " DROP COLUMN through, DROP COLUMN seen, DROP COLUMN holds, DROP COLUMN state, ADD COLUMN wset BYTEA, ADD COLUMN composer BYTEA",
		"UPDATE " + box + " SET rev = 1, agent = true, wset = '" + set + "', composer = '" + composer + "' WHERE addr = 'ada'",
		"UPDATE " + box + " SET rev = 1, agent = true, composer = '" + composer + "' WHERE addr = 'ben'",
		"UPDATE " + pgx.Identifier{o.Schema, "meta"}.Sanitize() + " SET value = '5' WHERE key = 'format'",
	} {
		query(t, server, sql)
	}
	s = open(t, server, o)
	for who, want := range map[quire.Address]driver.AgentState{
		"ada": {State: oldstate.Join([]byte(set), []byte(composer)), Through: 2, Seen: "e:5", Holds: []quire.UID{2, 1}},
		"ben": {State: []byte(composer)},
		"cid": {},
	} {
		snap, err := s.Snapshot(t.Context(), who)
		require.NoError(t, err)
		assert.Equal(t, want, snap.Agent, who)
	}
	_, err := s.Expunge(t.Context(), "ada", []quire.UID{1})
	assert.ErrorIs(t, err, mailbox.ErrInUse)
}
