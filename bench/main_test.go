package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
)

// rows runs a command with -json and reads what it prints.
func rows[T any](t *testing.T, args ...string) []T {
	t.Helper()
	var out, errs bytes.Buffer
	require.Zero(t, run(t.Context(), append(args, "-json"), &out, &errs), errs.String())
	var list []T
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	for d.More() {
		var r T
		require.NoError(t, d.Decode(&r))
		list = append(list, r)
	}
	return list
}

type costRow struct {
	Trace      string   `json:"trace"`
	Budget     int      `json:"budget"`
	Rule       string   `json:"rule"`
	Deaths     string   `json:"deaths"`
	Strategy   string   `json:"strategy"`
	Calls      int      `json:"calls"`
	Cost       float64  `json:"cost_per_call"`
	Hit        float64  `json:"hit"`
	Mean       float64  `json:"mean_prompt"`
	Missing    float64  `json:"missing"`
	Name       *float64 `json:"name_recall"`
	Body       *float64 `json:"body_recall"`
	BodyTokens *float64 `json:"body_tokens"`
	Pulls      float64  `json:"pulls"`
	PullCost   float64  `json:"pull_cost"`
	Total      float64  `json:"total"`
	Bound      *float64 `json:"bound_ratio"`
	Best       *float64 `json:"best_ratio"`
	Violations int      `json:"violations"`
	Over       int      `json:"over_budget"`
}

// TestCostOnASyntheticTrace: what keeps all that is needed never beats the bound,
// breaks no budget, and rent-or-buy is not far from the best of them.
func TestCostOnASyntheticTrace(t *testing.T) {
	args := []string{"cost", "-trace", "synth-task-32k,synth-iid-32k", "-calls", "120", "-rule", "claude", "-rule", "blocks of 16", "-deaths", "oracle"}
	list := rows[costRow](t, args...)
	require.Len(t, list, 2*2*11)
	byName := map[string]costRow{}
	for _, r := range list {
		require.Equal(t, 120, r.Calls)
		byName[r.Trace+r.Rule+r.Strategy] = r
		switch r.Strategy {
		case "recompose", "evict-in-place", "watermark100", "rent-or-buy", "value":
			assert.Zero(t, r.Missing, r)
			assert.Zero(t, r.Over, r)
			require.NotNil(t, r.Bound)
			assert.GreaterOrEqual(t, *r.Bound, 1.0, r)
			assert.GreaterOrEqual(t, *r.Best, 1.0, r)
		case "slide", "append-reset", "summarise20":
			assert.Positive(t, r.Missing, r)
		}
	}
	for _, at := range []string{"synth-task-32kclaude", "synth-iid-32kblocks of 16"} {
		assert.Less(t, byName[at+"rent-or-buy"].Cost, byName[at+"evict-in-place"].Cost)
		assert.Less(t, byName[at+"rent-or-buy"].Cost, byName[at+"slide"].Cost/3)
	}
	if !raced.On {
		assert.Equal(t, list, rows[costRow](t, args...), "the same at every run")
	}
}

func TestSpeedPrintsRows(t *testing.T) {
	raced.Skip(t)
	type row struct {
		Case    string `json:"case"`
		Impl    string `json:"impl"`
		Items   int    `json:"items"`
		History int    `json:"history"`
		Ns      int64  `json:"ns_op"`
		Allocs  int64  `json:"allocs_op"`
		Bytes   int64  `json:"bytes_op"`
	}
	list := rows[row](t, "speed", "-window", "20", "-history", "30")
	require.Len(t, list, 4)
	for _, r := range list {
		assert.Positive(t, r.Ns)
		assert.Positive(t, r.Allocs)
	}
	assert.Equal(t, 20, list[0].Items)
	assert.Equal(t, 30, list[3].History)
}

func TestWrongCommandLines(t *testing.T) {
	for _, args := range [][]string{{}, {"price"}, {"cost", "-rule", "nobody"}, {"cost", "-strategy", "magic"}, {"cost", "-deaths", "all"},
		{"cost", "-misses", "dear"}, {"cost", "-excerpts", "none"}, {"cost", "-half", "both"}, {"cost", "-strategy", "watermark60-60"},
		{"cost", "-budget", "x"}, {"cost", "extra"}, {"speed", "-window", "x"}, {"speed", "extra"},
		{"gaps", "extra"}, {"gaps", "-calls", "0"}, {"gaps", "-seed", "x"}} {
		var out, errs bytes.Buffer
		assert.Equal(t, 2, run(context.Background(), args, &out, &errs), args)
		assert.NotEmpty(t, errs.String(), args)
		assert.Empty(t, out.String(), args)
	}
	var out, errs bytes.Buffer
	assert.Equal(t, 1, run(context.Background(), []string{"cost", "-trace", "none"}, &out, &errs))
	assert.Contains(t, errs.String(), "-trace")
	assert.Zero(t, run(context.Background(), []string{"help"}, &out, &errs))
	assert.True(t, strings.Contains(out.String(), "bench cost"))
}
