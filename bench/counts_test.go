package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/bench/internal/counts"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// TestCountsOnRecordedRuns holds what the docs say of recorded runs: after 20 calls
// of a session the calibrated count is within 2% in the mean, and no more than one
// call in a hundred is reported above the bound for 0.99.
func TestCountsOnRecordedRuns(t *testing.T) {
	raced.Skip(t)
	dir := os.Getenv("QUIRE_DATA")
	if dir == "" {
		t.Skip("QUIRE_DATA is not set: no recorded runs to learn from")
	}
	late := 0
	for _, r := range rows[counts.Row](t, "counts", "-data", dir) {
		if r.Calls == "21-" {
			late++
			assert.Less(t, r.After, 0.02, "%+v", r)
		}
		assert.Less(t, r.After, r.Before, "%+v", r)
		if r.Calls == "all" {
			assert.LessOrEqual(t, r.Over*100, r.Bounded, "%+v", r)
		}
	}
	assert.Positive(t, late)
}

// recorded writes a session whose provider counts more than we do, and 2,000 tokens
// that the record does not show.
func recorded(t *testing.T, calls int) string {
	t.Helper()
	dir := t.TempDir()
	var b strings.Builder
	seen := 0
	say := func(role, text, usage string) {
		fmt.Fprintf(&b, `{"role":%q,"content":%q%s}`+"\n", role, text, usage)
		seen += tiktoken.O200k().CountText(text)
	}
	for i := range calls {
		say("user", strings.Repeat(fmt.Sprintf("Sentence %d is about nothing. ", i), 20+7*(i%5)), "")
		say("assistant", strings.Repeat("Indeed it is not. ", 10), fmt.Sprintf(`,"usage":{"prompt_tokens":%d,"completion_tokens":9}`, 2000+seen*6/5))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "talks"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "talks", "a.jsonl"), []byte(b.String()), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "note.json"), []byte("no record"), 0o600))
	return dir
}

func TestCountsLearnAConstantAndARatio(t *testing.T) {
	list := rows[counts.Row](t, "counts", "-data", recorded(t, 40))
	require.Len(t, list, 8)
	late := list[2]
	assert.Equal(t, []any{"talks", "21-", 20}, []any{late.Data, late.Calls, late.N})
	assert.Greater(t, late.Before, 0.2)
	assert.Less(t, late.After, 0.005)
	assert.Zero(t, list[3].Over, "%+v", list[3])
	assert.Equal(t, 39, list[3].Bounded)
}

func TestCountsWithoutRecords(t *testing.T) {
	var out, errs strings.Builder
	assert.Equal(t, 1, run(t.Context(), []string{"counts", "-data", t.TempDir()}, &out, &errs))
	assert.Contains(t, errs.String(), "no record with usage")
	assert.Equal(t, 2, run(t.Context(), []string{"counts"}, &out, &errs))
}
