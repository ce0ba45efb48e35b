package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/bench/internal/frontier"
	"github.com/quire-dev/quire/internal/raced"
)

// sample puts the recorded session that the repository has into a folder of records.
func sample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	session, err := os.ReadFile(filepath.Join("..", "examples", "replay", "sample.jsonl"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "claude-code-sessions"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "claude-code-sessions", "sample.jsonl"), session, 0o644))
	return dir
}

// TestPricedMisses: what it costs to compose is the same whether misses are charged or
// not; charged, they come on top, and only append-only has none.
func TestPricedMisses(t *testing.T) {
	raced.Skip(t)
	args := []string{"cost", "-data", sample(t), "-trace", "session-sample", "-budget", "6000", "-rule", "claude", "-deaths", "default", "-check=false"}
	free := rows[costRow](t, args...)
	priced := rows[costRow](t, append(args, "-misses", "priced")...)
	require.GreaterOrEqual(t, len(free), 10)
	require.Len(t, priced, len(free))
	for i, r := range priced {
		assert.InDelta(t, r.Cost+r.PullCost, r.Total, 1e-6, r.Strategy)
		assert.Equal(t, r.Strategy != "append-only", r.PullCost > 0 && r.Pulls > 0, r.Strategy)
		assert.Zero(t, free[i].PullCost)
		assert.Equal(t, r.Cost, free[i].Total)
		require.NotNil(t, r.BodyTokens)
		r.PullCost, r.Total = 0, r.Cost
		assert.Equal(t, free[i], r, "the rest is the same")
	}
	var out, errs bytes.Buffer
	require.Zero(t, run(t.Context(), append(args, "-misses", "priced"), &out, &errs), errs.String())
	assert.Regexp(t, `strategy +calls +cost +pulls +pull cost +total +hit .* body +body tok `, out.String())
	out.Reset()
	require.Zero(t, run(t.Context(), args, &out, &errs), errs.String())
	assert.NotContains(t, out.String(), "pull")
	assert.NotContains(t, out.String(), "body tok")
}

// TestExcerptsCountForWhatTheyShow, if that is asked for: what is composed always paid
// for what an excerpt does not show, and a simple strategy pays for it then.
func TestExcerptsCountForWhatTheyShow(t *testing.T) {
	args := []string{"cost", "-data", sample(t), "-trace", "session-sample", "-budget", "3000", "-rule", "claude", "-deaths", "default",
		"-check=false", "-misses", "priced", "-strategy", "append-reset,rent-or-buy"}
	whole := rows[costRow](t, args...)
	shown := rows[costRow](t, append(args, "-excerpts", "shown")...)
	assert.Less(t, whole[0].Total, shown[0].Total, whole[0].Strategy)
	assert.Equal(t, whole[0].Cost, shown[0].Cost)
	assert.Equal(t, whole[1], shown[1], "rent-or-buy")
}

// TestTheFrontier: a cell has all that was asked for, the cheapest first, each against
// starting over, which is run though nobody asked for it; the last lines sum up.
func TestTheFrontier(t *testing.T) {
	raced.Skip(t)
	args := []string{"cost", "-data", sample(t), "-trace", "session-sample", "-budget", "6000,8000", "-rule", "claude", "-deaths", "default",
		"-check=false", "-frontier", "-strategy", "rent-or-buy,grid"}
	var out, errs bytes.Buffer
	require.Zero(t, run(t.Context(), append(args, "-json"), &out, &errs), errs.String())
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3*32)
	last := 0.0
	for i, line := range lines[:32] {
		var r frontier.Row
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		assert.Equal(t, 6000, r.Budget)
		assert.GreaterOrEqual(t, r.Total, last)
		last = r.Total
		require.NotNil(t, r.Low, i)
		assert.True(t, *r.Low <= r.OverBase && r.OverBase <= *r.High, line)
		if r.Strategy == frontier.Base {
			assert.Equal(t, [3]float64{1, 1, 1}, [3]float64{r.OverBase, *r.Low, *r.High})
		}
		assert.True(t, r.Strategy == "rent-or-buy" || r.OverPlain == nil, line)
	}
	var s frontier.Summary
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &s))
	assert.Equal(t, 2, s.Cells)
	assert.GreaterOrEqual(t, s.Worst, s.Mean)

	out.Reset()
	require.Zero(t, run(t.Context(), args, &out, &errs), errs.String())
	assert.Contains(t, out.String(), "÷ cheapest plain that keeps as much")
	assert.Contains(t, out.String(), "over the traces and budgets (2), claude, deaths: default")
}

// TestTheFrontiersTotal has the price of misses, unless they are free: then it is the cost.
func TestTheFrontiersTotal(t *testing.T) {
	raced.Skip(t)
	args := []string{"cost", "-data", sample(t), "-trace", "session-sample", "-budget", "6000", "-rule", "claude", "-deaths", "default",
		"-check=false", "-strategy", "append-reset"}
	cost := rows[costRow](t, args...)
	var out, errs bytes.Buffer
	require.Zero(t, run(t.Context(), append(args, "-frontier", "-misses", "free", "-json"), &out, &errs), errs.String())
	var r frontier.Row
	require.NoError(t, json.NewDecoder(&out).Decode(&r))
	assert.InDelta(t, cost[0].Cost, r.Total, 1e-9)
	out.Reset()
	require.Zero(t, run(t.Context(), append(args, "-frontier", "-json"), &out, &errs), errs.String())
	require.NoError(t, json.NewDecoder(&out).Decode(&r))
	assert.InDelta(t, rows[costRow](t, append(args, "-misses", "priced")...)[0].Total, r.Total, 1e-9)
	assert.Greater(t, r.Total, cost[0].Cost)
}

// TestSyntheticTracesAreInNoHalf, since nothing is fitted on them.
func TestSyntheticTracesAreInNoHalf(t *testing.T) {
	var out, errs bytes.Buffer
	assert.Equal(t, 1, run(t.Context(), []string{"cost", "-half", "held", "-trace", "synth"}, &out, &errs))
	assert.Contains(t, errs.String(), "no trace")
}
