package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/bench/internal/overhead"
	"github.com/quire-dev/quire/internal/raced"
)

// TestOverhead: every adapter beside its bare client. That both send the same bytes is
// checked by the command itself.
func TestOverhead(t *testing.T) {
	list := rows[overhead.Row](t, "overhead", "-n", "3", "-tokens", "2000")
	require.NotEmpty(t, list)
	for _, r := range list {
		assert.Equal(t, 3, r.Calls, r.Adapter)
		assert.GreaterOrEqual(t, r.Tokens, 2000, r.Adapter)
		assert.Greater(t, r.Bytes, 4*2000, r.Adapter)
		for _, ms := range []float64{r.Bare50, r.Quire50, r.Read, r.Compose, r.HTTP, r.Commit} {
			assert.Positive(t, ms, r.Adapter)
		}
		assert.InDelta(t, r.Quire50-r.Bare50, r.Added50, 1e-9)
	}
}

type sizeRow struct {
	Program  string  `json:"program"`
	Modules  int     `json:"modules"`
	Packages int     `json:"packages"`
	Bytes    int64   `json:"bytes"`
	Stripped int64   `json:"stripped"`
	Again    float64 `json:"again_seconds"`
	Cold     float64 `json:"cold_seconds"`
}

func TestSize(t *testing.T) {
	raced.Skip(t)
	list := rows[sizeRow](t, "size", "-only", "core")
	require.Len(t, list, 1)
	r := list[0]
	assert.Equal(t, "core", r.Program)
	assert.Greater(t, r.Packages, r.Modules)
	assert.Greater(t, r.Bytes, r.Stripped)
	assert.Greater(t, r.Stripped, int64(1_000_000))
	assert.Positive(t, r.Again)
	assert.Zero(t, r.Cold)
}

func TestWrongFlagsOfAdapterCommands(t *testing.T) {
	for _, args := range [][]string{{"overhead", "-n", "0"}, {"overhead", "-only", "nobody"}, {"overhead", "x"}, {"size", "-only", "nobody"}, {"size", "x"}} {
		var out, errs bytes.Buffer
		assert.Equal(t, 2, run(t.Context(), args, &out, &errs), args)
		assert.NotEmpty(t, errs.String())
	}
}
