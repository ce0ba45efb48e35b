package sqlitestore

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/drivertest"
)

// TestCanaries: nothing of what was forgotten is in the file or its log, but where the
// certificate says so.
func TestCanaries(t *testing.T) {
	raced.Skip(t)
	path := t.TempDir() + "/mail.db"
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	drivertest.Canaries(t, s.Store, func(ctx context.Context) ([]byte, error) {
		var all bytes.Buffer
		for _, name := range []string{path, path + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			all.Write(b)
		}
		return all.Bytes(), nil
	})
	require.NoError(t, s.Close())
	again, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer again.Close()
	assert.Equal(t, "ok", text(t, path, "PRAGMA integrity_check"))
}

func text(t *testing.T, path, query string) string {
	t.Helper()
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	var list []string
	rows, err := s.file.write.db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		list = append(list, line)
	}
	return strings.Join(list, "\n")
}

// Writers get on while a file is scrubbed, and a reader that holds the log is named.
func TestAScrubThatCantCutTheLogSaysSo(t *testing.T) {
	path := t.TempDir() + "/mail.db"
	s, err := Open(t.Context(), path, &Options{Busy: 50 * time.Millisecond})
	require.NoError(t, err)
	defer s.Close()
	c, err := s.file.read.take(t.Context())
	require.NoError(t, err)
	_, err = c.ExecContext(t.Context(), "BEGIN")
	require.NoError(t, err)
	var n int
	require.NoError(t, c.QueryRowContext(t.Context(), "SELECT count(*) FROM message").Scan(&n))
	_, err = s.Box("mia").Send(t.Context(), drivertestMail("ada"))
	require.NoError(t, err)
	cert, err := s.Forget(t.Context(), mailbox.Forget{From: "mia"})
	require.ErrorIs(t, err, mailbox.ErrBusy)
	assert.Len(t, cert.Messages, 1, "it has gone, but for the log")
	_, err = c.ExecContext(t.Context(), "COMMIT")
	require.NoError(t, err)
	s.file.read.give(c)
	require.NoError(t, s.file.Scrub(t.Context()))
	info, err := os.Stat(path + "-wal")
	require.NoError(t, err)
	assert.Zero(t, info.Size())
}

// After a scrub no page has bytes that nothing refers to: rows are shrunk, so that what
// they said can't be looked for in the bytes of the file.
func TestAScrubLeavesNothingBetweenRows(t *testing.T) {
	path := t.TempDir() + "/mail.db"
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	dirty := func() (list []uint32) {
		require.NoError(t, s.file.read.transaction(t.Context(), func(c *conn) error {
			p := &scrubbing{ctx: t.Context(), tx: kept{c}}
			last, err := p.begin()
			if err == nil {
				list, err = p.look(1, last)
			}
			return err
		}))
		return list
	}
	for i := range 300 {
		_, err := s.Box("mia").Send(t.Context(), quire.Draft{To: []quire.Address{"ada"}, Subject: fmt.Sprint("Job ", i), Parts: []quire.Part{quire.Text{Text: strings.Repeat(fmt.Sprint("word", i, " "), i)}}})
		require.NoError(t, err)
	}
	_, err = s.Expunge(t.Context(), "ada", []quire.UID{3, 20, 70, 71, 72, 73, 250})
	require.NoError(t, err)
	require.NotEmpty(t, dirty(), "what was deleted is there still")
	cert, err := s.Forget(t.Context(), mailbox.Forget{From: "mia"})
	require.NoError(t, err)
	assert.Len(t, cert.Messages, 293)
	assert.Empty(t, dirty())
	assert.Equal(t, 4, number(t, path, "SELECT v FROM search_config WHERE k = 'automerge'"), "the index merges by itself again")
}

// A scrub that did not end left the index as it has it meanwhile: opening puts that right.
func TestOpeningHasTheIndexMergeAgain(t *testing.T) {
	path := written(t)
	at(t, path, "INSERT INTO search (search, rank) VALUES ('automerge', 0)")
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.Equal(t, 4, number(t, path, "SELECT v FROM search_config WHERE k = 'automerge'"))
}
