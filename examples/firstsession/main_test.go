package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/examples/internal/standin"
)

// The program of the README runs: its list grows far beyond the budget, and what it
// sends does not.
func TestTheLoopOutgrowsItsBudget(t *testing.T) {
	claude := standin.NewClaude("Noted.")
	defer claude.Close()
	t.Setenv("ANTHROPIC_API_KEY", "key")
	t.Setenv("ANTHROPIC_BASE_URL", claude.URL)

	var typed strings.Builder
	for i := range 40 {
		fmt.Fprintf(&typed, "Line %d.%s\n", i, strings.Repeat(" This goes on and on.", 700))
	}
	path := filepath.Join(t.TempDir(), "typed")
	require.NoError(t, os.WriteFile(path, []byte(typed.String()), 0o600))
	in, err := os.Open(path)
	require.NoError(t, err)
	defer in.Close()
	stdin := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = stdin }()

	require.NoError(t, run(t.Context()))

	asked := claude.Asked()
	require.Len(t, asked, 40)
	last := asked[39]
	require.True(t, strings.Contains(last, "Line 39."), "the newest line is there")
	require.False(t, strings.Contains(last, "Line 0."), "the oldest one left")
	require.Less(t, len(last), typed.Len()/2)
}
