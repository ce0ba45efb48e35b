//go:build unix && (amd64 || arm64)

package sqlitestore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// A disk that is full, or broken, at any call of a commit to the file system: the
// commit fails with a typed error, reading goes on, and when the disk is well again
// the same commit goes through, once.
func TestADiskThatFailsAtAnyCallLosesNothing(t *testing.T) {
	for name, fault := range map[string]struct {
		code  int32
		lasts bool
		typed error
	}{
		"full":            {sqlite3.SQLITE_FULL, true, mailbox.ErrFull},
		"full for once":   {sqlite3.SQLITE_FULL, false, mailbox.ErrFull},
		"broken":          {sqlite3.SQLITE_IOERR_WRITE, true, mailbox.ErrUnavailable},
		"broken for once": {sqlite3.SQLITE_IOERR_FSYNC, false, mailbox.ErrUnavailable},
	} {
		for _, reopen := range []bool{false, true} {
			t.Run(name, func(t *testing.T) { failEverywhere(t, fault.code, fault.lasts, reopen, fault.typed) })
		}
	}
}

func failEverywhere(t *testing.T, code int32, lasts, reopen bool, typed error) {
	path := file(t)
	d := watchDisk(t, filepath.Dir(path))
	s, err := sqlitestore.Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	_, err = s.Commit(t.Context(), step(1))
	require.NoError(t, err)
	// Every call, or some of them, others each time.
	unknown, stride, failed := 0, max(1, 360/crashes(t)), 0
	call := rand.IntN(stride) + 1
	for n := uint64(2); ; n++ {
		left, reached := call, false
		call += stride
		d.fails(func(event) int32 {
			if left--; left > 0 || left < 0 && !lasts {
				return 0
			}
			reached = true
			return code
		})
		_, err := s.Commit(t.Context(), step(n))
		if err != nil {
			failed++
			fails(t, err, typed)
			assert.False(t, typed == mailbox.ErrFull && errors.Is(err, mailbox.ErrOutcomeUnknown), "what had no room is not there: %v", err)
			if errors.Is(err, mailbox.ErrOutcomeUnknown) {
				unknown++
			}
			readable(t, s, n-1)
		}
		d.fails(nil)
		if reopen {
			require.NoError(t, s.Close())
			s, err = sqlitestore.Open(context.Background(), path, nil)
			require.NoError(t, err)
		}
		_, err = s.Commit(t.Context(), step(n))
		require.NoError(t, err)
		if !reached {
			wholeSteps(t, s, n)
			break
		}
	}
	require.Equal(t, []string{"ok"}, integrity(t, path))
	assert.Greater(t, failed, 90/stride)
	t.Logf("%d commits failed, of %d nobody knows", failed, unknown)
}

// readable sees that reading goes on, and finds the steps up to n or one more.
func readable(t *testing.T, s *sqlitestore.Store, n uint64) {
	t.Helper()
	snap, err := s.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, n, snap.Rev)
	assert.Equal(t, int(n), status(t, s, "ben").Total)
}
