//go:build unix

package postgresstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/postgresstore"

	"github.com/quire-dev/quire"
)

// A network that swallows what is sent, or the answer, holds up nobody for ever, also
// when his context has no deadline; and what may have happened is called so.
func TestANetworkThatFallsSilent(t *testing.T) {
	bound, end := context.WithTimeout(t.Context(), 5*time.Minute)
	defer end()
	assert.Zero(t, fallSilent(bound, t, true, true), "what has an id is repeated until it is known")
	for _, loseAnswer := range []bool{false, true} {
		assert.Positive(t, fallSilent(bound, t, loseAnswer, false), "where it was told to commit nobody knows")
	}
	require.NoError(t, bound.Err())
}

// fallSilent lets the network fall silent at each message of a commit, and counts the
// commits of which nobody knows.
func fallSilent(ctx context.Context, t *testing.T, loseAnswer, id bool) (unknown int) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server), Conns: 1, Answer: 100 * time.Millisecond, Patience: time.Minute}
	w := newWire(t, server)
	defer w.close()
	s, err := postgresstore.Open(ctx, w.dsn(), o)
	require.NoError(t, err)
	defer s.Close()
	w.silent.Store(true)
	w.loseAnswer.Store(loseAnswer)
	for cut := int64(1); ; cut++ {
		_, err := s.Status(ctx, "ada")
		require.NoError(t, err)
		c := mailbox.Commit{Address: "ada", Sends: []quire.Draft{mail("x", "ben")}, Now: day}
		if id {
			c.ID = fmt.Sprint(cut)
		}
		w.left.Store(cut)
		_, err = s.Commit(context.WithoutCancel(ctx), c)
		uncut := w.left.Swap(0) > 0
		if err != nil {
			unknown++
			require.ErrorIs(t, err, mailbox.ErrOutcomeUnknown)
			require.ErrorIs(t, err, mailbox.ErrUnavailable)
			var e *mailbox.Error
			require.ErrorAs(t, err, &e)
		}
		items, err2 := s.Get(ctx, "ben", mailbox.Get{IDs: []quire.MessageID{c.Sends[0].ID}})
		require.NoError(t, err2)
		if err == nil {
			assert.Len(t, items, 1, "message %d, answer lost: %v", cut, loseAnswer)
		}
		if uncut {
			assert.GreaterOrEqual(t, cut, int64(5))
			return unknown
		}
	}
}

// What the server says is an error of the store's own, and says what became of a commit.
func TestWhatTheServerSaysHasAName(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server), Patience: 50 * time.Millisecond}
	s := open(t, server, o)
	place := pgx.Identifier{o.Schema}.Sanitize()
	for sqlstate, want := range map[string]error{
		"57014": mailbox.ErrUnavailable, "25P03": mailbox.ErrUnavailable, "53200": mailbox.ErrUnavailable, "58030": mailbox.ErrUnavailable,
		"22021": mailbox.ErrInvalid, "54000": mailbox.ErrInvalid, "3F000": mailbox.ErrReplaced, "55P03": mailbox.ErrBusy, "53100": mailbox.ErrFull,
	} {
		query(t, server, fmt.Sprintf(`CREATE OR REPLACE FUNCTION %s.odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'odd' USING ERRCODE = '%s'; END $$;
			CREATE OR REPLACE TRIGGER odd BEFORE INSERT ON %s.message EXECUTE FUNCTION %s.odd()`, place, sqlstate, place, place))
		_, err := s.Commit(t.Context(), mailbox.Commit{Address: "ada", Sends: []quire.Draft{mail("x", "ben")}, Now: day})
		require.ErrorIs(t, err, want, sqlstate)
		require.NotErrorIs(t, err, mailbox.ErrOutcomeUnknown, "%s: it was rolled back", sqlstate)
		var e *mailbox.Error
		require.True(t, errors.As(err, &e), sqlstate)
	}
	query(t, server, "DROP SCHEMA "+place+" CASCADE")
	_, err := s.Commit(t.Context(), mailbox.Commit{ID: "1", Address: "ada", Sends: []quire.Draft{mail("x", "ben")}, Now: day})
	require.ErrorIs(t, err, mailbox.ErrReplaced)
	_, err = s.Query(t.Context(), "ada", mailbox.Query{})
	require.ErrorIs(t, err, mailbox.ErrReplaced)
}

// A statement that waits for somebody's lock is given up by the server in time, and the
// commit is tried again.
func TestAStatementHasATimeLimit(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server), Answer: 200 * time.Millisecond, Patience: 200 * time.Millisecond}
	s := open(t, server, o)
	_, err := s.Commit(t.Context(), mailbox.Commit{Address: "ada", Sends: []quire.Draft{mail("x", "ben")}, Now: day})
	require.NoError(t, err)
	other, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	defer other.Close(context.Background())
	_, err = other.Exec(t.Context(), "BEGIN; LOCK TABLE "+pgx.Identifier{o.Schema, "box"}.Sanitize())
	require.NoError(t, err)
	bound, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	_, err = s.Commit(context.WithoutCancel(bound), mailbox.Commit{Address: "ada", Sends: []quire.Draft{mail("x", "ben")}, Now: day})
	require.ErrorIs(t, err, mailbox.ErrUnavailable)
	require.NotErrorIs(t, err, mailbox.ErrOutcomeUnknown)
	_, err = other.Exec(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	_, err = s.Commit(bound, mailbox.Commit{Address: "ada", Sends: []quire.Draft{mail("x", "ben")}, Now: day})
	require.NoError(t, err)
	require.NoError(t, bound.Err())
}
