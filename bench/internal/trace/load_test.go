package trace

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/tokenizer"
)

// records writes five runs and, between short sessions, three long ones.
func records(t *testing.T) string {
	dir := t.TempDir()
	write := func(folder, name string, calls int) {
		messages := []string{fmt.Sprintf(`{"role":"user","content":"job %s"}`, name)}
		for i := range calls {
			messages = append(messages, fmt.Sprintf(`{"role":"assistant","content":"answer %d"}`, i), `{"role":"user","content":"go on"}`)
		}
		require.NoError(t, os.MkdirAll(filepath.Join(dir, folder), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder, name), []byte(`{"messages":[`+strings.Join(messages, ",")+`]}`+"\n"), 0o644))
	}
	for i := range 5 {
		write("swebench-runs", fmt.Sprintf("run-%d.json", i), i+1)
	}
	for i, calls := range []int{longSession, 3, longSession, 2, longSession} {
		write("claude-code-sessions", fmt.Sprintf("long%d.jsonl", i), calls)
	}
	return dir
}

// found says of each trace how many calls each of its lives has.
func found(t *testing.T, dir string, half Half, want func(string) bool) map[string][]int {
	traces, err := Load(t.Context(), dir, half, tokenizer.Approx{}, want, func(string) {})
	require.NoError(t, err)
	out := map[string][]int{}
	for _, tr := range traces {
		for _, l := range tr.Lives {
			out[tr.Name] = append(out[tr.Name], len(l.Calls))
		}
	}
	return out
}

// TestHalves: every run is in one half; what is wanted does not move a session from
// one to the other, nor does a session that is too short.
func TestHalves(t *testing.T) {
	dir := records(t)
	any := func(string) bool { return true }
	assert.Equal(t, map[string][]int{"swe-runs": {1, 2, 3, 4, 5}, "swe-life": {15},
		"session-long0": {50}, "session-long2": {50}, "session-long4": {50}}, found(t, dir, All, any))
	assert.Equal(t, map[string][]int{"swe-runs": {1, 3, 5}, "swe-life": {9},
		"session-long0": {50}, "session-long4": {50}}, found(t, dir, Fit, any))
	assert.Equal(t, map[string][]int{"swe-runs": {2, 4}, "swe-life": {6}, "session-long2": {50}}, found(t, dir, Held, any))
	only := func(name string) bool { return name == "session-long2" }
	assert.Equal(t, map[string][]int{"session-long2": {50}}, found(t, dir, Held, only))
	assert.Empty(t, found(t, dir, Fit, only))
}
