package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/scripted"
)

func TestEachMissHasItsCause(t *testing.T) {
	clock := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	var out strings.Builder
	require.NoError(t, day(t.Context(), &provider{clock: &clock, forget: 10}, &clock, &out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 14)
	for call, want := range map[int]string{
		1:  "the first call",
		2:  "no prefix below 1024",
		4:  "as it should be",
		5:  "the last call was 2h1m0s ago, and the cache keeps for 5m0s",
		6:  "as it should be",
		7:  "the system prompt changed",
		8:  "as it should be",
		10: "the provider forgot",
		11: "a cut (over budget)",
		12: "as it should be",
	} {
		assert.Contains(t, lines[call-1], want)
	}
	assert.Contains(t, lines[9], "promised 90%, read 0%")
}

// A provider that never reads is not taken for one whose cache works.
func TestACacheThatNeverWorksIsNoticed(t *testing.T) {
	clock := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	var out strings.Builder
	model := scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) {
		reply := scripted.Text("It is fine.")
		reply.Usage = quire.Usage{Input: 4000, Output: 4}
		return &reply, nil
	})
	require.NoError(t, day(t.Context(), model, &clock, &out))
	assert.NotContains(t, out.String(), "as it should be")
	assert.Contains(t, out.String(), "the provider forgot")
}
