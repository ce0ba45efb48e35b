package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
)

type gapsRow struct {
	Trace           string  `json:"trace"`
	Set             string  `json:"set"`
	Budget          int     `json:"budget"`
	Strategy        string  `json:"strategy"`
	Calls           int     `json:"calls"`
	CostACall       float64 `json:"cost_per_call"`
	OverFixed       float64 `json:"over_fixed"`
	OverClairvoyant float64 `json:"over_clairvoyant"`
	Layered         float64 `json:"layered_over_fixed"`
	Written         float64 `json:"written_per_call"`
	Hour            float64 `json:"hour_share"`
	Cold            int     `json:"cold"`
	Wrong           int     `json:"wrong"`
}

// TestGapsOnTwoLives: who waits for minutes to hours pays less than under either fixed
// life, and who looks every three minutes no more; no bill is wrong.
func TestGapsOnTwoLives(t *testing.T) {
	raced.Skip(t)
	args := []string{"gaps", "-seed", "1", "-trace", "poll-3m,people", "-calls", "200"}
	list := rows[gapsRow](t, args...)
	require.Len(t, list, 3*6)
	by := map[string]gapsRow{}
	for _, r := range list {
		by[r.Trace+" "+r.Strategy] = r
		assert.Zero(t, r.Wrong, r)
		assert.Positive(t, r.Calls, r)
	}
	for _, trace := range []string{"poll-3m", "people"} {
		short, long := by[trace+" fixed 5m"], by[trace+" fixed 1h"]
		assert.InDelta(t, 1, min(short.OverFixed, long.OverFixed), 1e-9)
		assert.Zero(t, short.Hour)
		assert.Equal(t, 1.0, long.Hour)
		assert.Equal(t, 1.0, by[trace+" clairvoyant"].OverClairvoyant)
	}
	assert.Less(t, by["people chosen"].OverFixed, 0.95)
	assert.Less(t, by["poll-3m chosen, untold"].OverFixed, 1.01)
	assert.Less(t, by["people cautious"].Layered, by["people chosen"].Layered)
	mean := by["mean chosen"]
	assert.InDelta(t, (by["people chosen"].OverFixed+by["poll-3m chosen"].OverFixed)/2, mean.OverFixed, 1e-9)
	assert.Equal(t, 400, mean.Calls)
	assert.Equal(t, list, rows[gapsRow](t, args...), "the same at every run")
}
