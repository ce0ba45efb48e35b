package agent_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/oldstore"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// An agent goes on in a file that an earlier program wrote, and left in the middle of a
// step.
func TestAnAgentGoesOnInAnOldFile(t *testing.T) {
	told, err := oldstore.Read("../mailbox/sqlitestore/testdata/2783c1f.db.json.gz")
	require.NoError(t, err)
	old, err := oldstore.Unpack("../mailbox/sqlitestore/testdata/2783c1f.db.gz")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "mail.db")
	require.NoError(t, os.WriteFile(path, old, 0o600))
	s, err := sqlitestore.Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, told.GoOn(t.Context(), s.Store))
	require.NoError(t, told.Kept(t.Context(), s.Store))
}
