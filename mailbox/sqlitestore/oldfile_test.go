package sqlitestore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/oldstore"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// A file of commit 2783c1f holds all that it held: what that program told of it is what
// this one tells. It does so again when the file was closed and is opened once more.
func TestAFileOfAnEarlierProgramIsWhole(t *testing.T) {
	told, err := oldstore.Read("testdata/2783c1f.db.json.gz")
	require.NoError(t, err)
	require.Len(t, told.Boxes, 4)
	old, err := oldstore.Unpack("testdata/2783c1f.db.gz")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "mail.db")
	require.NoError(t, os.WriteFile(path, old, 0o600))
	for range 2 {
		s, err := sqlitestore.Open(t.Context(), path, nil)
		require.NoError(t, err)
		want, got, err := told.Again(t.Context(), s.Store)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		require.NoError(t, s.Close())
	}
}
