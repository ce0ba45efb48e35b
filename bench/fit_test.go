package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/policy"
)

// TestFitPrintsATable: from recorded runs, one that the policy can be given.
func TestFitPrintsATable(t *testing.T) {
	raced.Skip(t)
	dir := os.Getenv("QUIRE_DATA")
	if dir == "" {
		t.Skip("QUIRE_DATA names no folder of recorded runs")
	}
	var out, errs bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"fit", "-data", dir, "-half", "fit"}, &out, &errs), errs.String())
	var r policy.Rates
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	assert.Equal(t, "value by rates of recorded runs, half: fit", policy.Name(policy.Value{Rates: r}))
	assert.Greater(t, r.Given.Uses[3], r.Given.Uses[1], "what was used is used again")
	assert.Greater(t, r.Own.Latest[4], r.Own.Latest[1], "what holds more of what nothing newer holds")
	assert.Less(t, r.Given.Latest[0], 0.1, "what holds nothing of that")
	for _, rate := range append(r.Own.Uses[:], r.Given.Uses[:]...) {
		assert.InDelta(t, 0.6, rate, 0.6)
	}
}

// TestFitSaysWhatIsTooLittle: an agent without a past, and one that is not there.
func TestFitSaysWhatIsTooLittle(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mail.db")
	store, err := sqlitestore.Open(t.Context(), file, nil)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	var out, errs bytes.Buffer
	assert.Equal(t, 1, run(context.Background(), []string{"fit", "-db", file, "-agent", string(quire.Address("ada"))}, &out, &errs))
	assert.Contains(t, errs.String(), "ada")
	assert.Empty(t, out.String())
	for _, args := range [][]string{{"fit"}, {"fit", "-db", file}, {"fit", "-data", "x", "-db", "y", "-agent", "a"}, {"fit", "-data", "x", "-half", "both"}, {"fit", "more"}} {
		errs.Reset()
		assert.Equal(t, 2, run(context.Background(), args, &out, &errs), args)
		assert.NotEmpty(t, errs.String())
	}
}
