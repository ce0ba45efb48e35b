package strategy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/bench/internal/trace"
)

func namesOf(list []Strategy) (out []string) {
	for _, s := range list {
		out = append(out, s.Name)
	}
	return out
}

func TestSets(t *testing.T) {
	usual, err := Named("usual")
	require.NoError(t, err)
	assert.Equal(t, "append-only", usual[0].Name)
	assert.Contains(t, namesOf(usual), "rent-or-buy")
	for _, s := range usual {
		assert.NotContains(t, s.Name, "clair")
		assert.NotRegexp(t, `watermark\d+-`, s.Name, "the grid would make the usual run many times longer")
	}
	grid, err := Named("grid")
	require.NoError(t, err)
	assert.Len(t, grid, 4+5+6+7+8)
	for _, want := range []string{"watermark60-20", "watermark60-50", "watermark70-20", "watermark100-90"} {
		assert.Contains(t, namesOf(grid), want)
	}
	assert.NotContains(t, namesOf(grid), "watermark60-60")
	for _, s := range grid {
		assert.True(t, s.Plain && s.Composed, s.Name)
	}
	seen := map[string]bool{}
	for _, s := range All() {
		assert.False(t, seen[s.Name], s.Name)
		seen[s.Name] = true
	}

	some, err := Chosen([]string{"clair", "rent-or-buy", "slide", "slide"})
	require.NoError(t, err)
	assert.Equal(t, []string{"slide", "rent-or-buy", "clair-value-1", "clair-value-2", "clair-value-4", "clair-rent", "clair-rent-dead", "clair-70-20", "clair-70-20-dead"}, namesOf(some), "each once, in the order of all")
	_, err = Chosen([]string{"slide", "magic"})
	assert.ErrorContains(t, err, "magic: there are the sets usual, knob, grid and clair, append-only")
}

// TestEveryStrategyPaysForWhatItMisses runs a made life whose answers name things:
// what keeps all pulls nothing, and the sums agree with what ran up call by call.
func TestEveryStrategyPaysForWhatItMisses(t *testing.T) {
	life := trace.Synthetic(func(n string) bool { return n == "synth-iid-32k" })[0].Lives[0].Head(60)
	for at := 5; at < len(life.Calls); at += 3 {
		life.Calls[at].Named = []trace.Name{{Text: "no_such_text", In: []int32{int32(at % 7), int32(at)}}}
	}
	rules, err := Rules()
	require.NoError(t, err)
	setting := Setting{Rule: rules[0], Budget: 16_000, Deaths: Default}
	sizes, err := Measure(t.Context(), life, &setting)
	require.NoError(t, err)
	c := Case{Life: life, Setting: setting, Sizes: sizes, Deaths: trace.Deaths(life, sizes, setting.Budget), Progress: func(int, int) {}}
	for _, s := range All() {
		out, err := s.Run(t.Context(), &c)
		require.NoError(t, err)
		require.Len(t, out.PullTotals, 60, s.Name)
		assert.Equal(t, out.PullCost, out.PullTotals[59], s.Name)
		assert.IsNonDecreasing(t, out.PullTotals, s.Name)
		assert.LessOrEqual(t, out.BodyTokens, out.NamedTokens, s.Name)
		assert.Positive(t, out.NamedTokens, s.Name)
		switch {
		case s.Name == "append-only":
			assert.Zero(t, out.PullCost)
			assert.Equal(t, out.NamedTokens, out.BodyTokens)
		default:
			assert.LessOrEqual(t, out.Pulls, out.Named-out.Body, "%s: what was pulled may serve again", s.Name)
			assert.Equal(t, out.Named > out.Body, out.Pulls > 0, s.Name)
			assert.Less(t, out.BodyTokens, out.NamedTokens, s.Name)
		}
		var twice Outcome
		twice.Add(out)
		twice.Add(out)
		assert.Equal(t, 2*out.Pulls, twice.Pulls)
		assert.Equal(t, 2*out.PullCost, twice.PullCost)
		assert.Equal(t, [2]int64{2 * out.NamedTokens, 2 * out.BodyTokens}, [2]int64{twice.NamedTokens, twice.BodyTokens})
	}
}
