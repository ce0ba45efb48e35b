package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/examples/internal/standin"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// The program of the README runs, and when it runs again its agent knows what was said.
func TestTheProgramRunsAndGoesOn(t *testing.T) {
	claude := standin.NewClaude("Not before the tests pass.", "They pass now.")
	defer claude.Close()
	t.Setenv("ANTHROPIC_API_KEY", "key")
	t.Setenv("ANTHROPIC_BASE_URL", claude.URL)
	t.Chdir(t.TempDir())

	require.NoError(t, run(t.Context()))
	require.NoError(t, run(t.Context()))

	asked := claude.Asked()
	require.Len(t, asked, 2)
	require.Contains(t, asked[0], "Shall we ship?")
	require.NotContains(t, asked[0], "Not before the tests pass.")
	require.Contains(t, asked[1], "Not before the tests pass.", "the second run begins where the first one ended")

	store, err := sqlitestore.Open(t.Context(), "mail.db", nil)
	require.NoError(t, err)
	defer store.Close()
	status, err := store.Status(t.Context(), quire.Address("ada"))
	require.NoError(t, err)
	require.Zero(t, status.Pending, "both questions are handled")
}

// Without a key the program says which one it wants.
func TestWithoutAKey(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "")
	require.NoError(t, os.Unsetenv("ANTHROPIC_BASE_URL"))
	t.Chdir(t.TempDir())
	require.ErrorContains(t, run(t.Context()), "ANTHROPIC_API_KEY")
}
