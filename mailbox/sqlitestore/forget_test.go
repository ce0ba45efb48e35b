package sqlitestore

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	require.ErrorIs(t, s.file.Scrub(t.Context()), mailbox.ErrBusy)
	_, err = c.ExecContext(t.Context(), "COMMIT")
	require.NoError(t, err)
	s.file.read.give(c)
	require.NoError(t, s.file.Scrub(t.Context()))
	info, err := os.Stat(path + "-wal")
	require.NoError(t, err)
	assert.Zero(t, info.Size())
}
