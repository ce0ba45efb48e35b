package frontier

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func share(f float64) *float64 { return &f }

func cell(trace string, points ...Point) *Cell {
	return &Cell{Trace: trace, Budget: 1000, Rule: "claude", Deaths: "default", Points: points}
}

func byName(rows []Row) map[string]Row {
	out := map[string]Row{}
	for _, r := range rows {
		out[r.Strategy] = r
	}
	return out
}

// TestTheCheapestPlainOneThatKeepsAsMuch is picked by what it came to: not one that is
// cheaper and keeps less, nor one that keeps more and is dearer.
func TestTheCheapestPlainOneThatKeepsAsMuch(t *testing.T) {
	rows := cell("a",
		Point{Strategy: Base, Plain: true, Total: 100, Body: share(0.80)},
		Point{Strategy: "deep", Plain: true, Total: 110, Body: share(0.90)},
		Point{Strategy: "shallow", Plain: true, Total: 150, Body: share(0.95)},
		Point{Strategy: "mine", Judged: true, Total: 121, Body: share(0.90), BodyTokens: share(0.7)},
		Point{Strategy: "keeps", Judged: true, Total: 120, Body: share(0.91)},
		Point{Strategy: "all", Judged: true, Total: 200, Body: share(0.99)},
		Point{Strategy: "mute", Judged: true, Total: 90},
	).Rows()
	var order []string
	for _, r := range rows {
		order = append(order, r.Strategy)
	}
	assert.Equal(t, []string{"mute", Base, "deep", "keeps", "mine", "shallow", "all"}, order, "the cheapest first")
	got := byName(rows)
	assert.Equal(t, "deep", got["mine"].Cheapest)
	assert.InDelta(t, 1.1, *got["mine"].OverPlain, 1e-12)
	assert.InDelta(t, 1.21, got["mine"].OverBase, 1e-12)
	assert.Equal(t, "shallow", got["keeps"].Cheapest)
	assert.InDelta(t, 0.8, *got["keeps"].OverPlain, 1e-12)
	for _, alone := range []string{"all", "mute", "deep"} {
		assert.Nil(t, got[alone].OverPlain, alone)
		assert.Empty(t, got[alone].Cheapest, alone)
	}
	assert.Nil(t, got["mine"].Low, "no units, no interval")
	assert.Nil(t, cell("a", Point{Strategy: "mine", Total: 1}).Rows(), "nothing to hold it against")
}

// TestSummaries: means and worst over the cells of one rule, and those cells counted
// in which nothing plain keeps as much.
func TestSummaries(t *testing.T) {
	rows := cell("a",
		Point{Strategy: Base, Plain: true, Total: 100, Body: share(0.8)},
		Point{Strategy: "mine", Judged: true, Total: 110, Body: share(0.7), BodyTokens: share(0.5)}).Rows()
	rows = append(rows, cell("b",
		Point{Strategy: Base, Plain: true, Total: 50, Body: share(0.6)},
		Point{Strategy: "mine", Judged: true, Total: 40, Body: share(0.5), BodyTokens: share(0.7)}).Rows()...)
	rows = append(rows, cell("c",
		Point{Strategy: Base, Plain: true, Total: 10, Body: share(0.6)},
		Point{Strategy: "mine", Judged: true, Total: 9, Body: share(0.9)}).Rows()...)
	other := cell("a", Point{Strategy: Base, Plain: true, Total: 1}, Point{Strategy: "mine", Judged: true, Total: 3})
	other.Rule = "another"
	rows = append(rows, other.Rows()...)

	list := Summaries(rows)
	require.Len(t, list, 4)
	mine := list[0]
	assert.Equal(t, "mine", mine.Strategy)
	assert.Equal(t, 3, mine.Cells)
	assert.InDelta(t, (1.1+0.8+0.9)/3, mine.Mean, 1e-12)
	assert.InDelta(t, 1.1, mine.Worst, 1e-12)
	assert.InDelta(t, 0.7, *mine.Body, 1e-12)
	assert.InDelta(t, 0.6, *mine.BodyTokens, 1e-12, "of the two that have one")
	assert.InDelta(t, 0.95, *mine.PlainMean, 1e-12)
	assert.InDelta(t, 1.1, *mine.PlainWorst, 1e-12)
	assert.Equal(t, 1, mine.Alone)
	assert.Equal(t, []string{Base, Base, "mine"}, []string{list[1].Strategy, list[2].Strategy, list[3].Strategy})
	assert.Equal(t, "another", list[2].Rule)
	assert.Zero(t, list[1].Alone, "what is plain is not held against the plain")
	assert.Nil(t, list[3].Body)
}

// TestIntervals: what is paired has no spread where the ratio is the same in each
// unit, however much the units differ.
func TestIntervals(t *testing.T) {
	base := []float64{1, 10, 100, 3}
	low, high, ok := interval(resamples(4), []float64{2, 20, 200, 6}, base)
	require.True(t, ok)
	assert.InDelta(t, 2, low, 1e-12)
	assert.InDelta(t, 2, high, 1e-12)

	// Of two units, a quarter of the draws are the first one twice, a quarter the second.
	low, high, ok = interval(resamples(2), []float64{1, 3}, []float64{1, 1})
	require.True(t, ok)
	assert.Equal(t, [2]float64{1, 3}, [2]float64{low, high})

	// Of many units that are alike the interval is narrow and holds the mean.
	var many, ones []float64
	for i := range 100 {
		many, ones = append(many, float64(i%2)*2), append(ones, 1)
	}
	low, high, _ = interval(resamples(100), many, ones)
	assert.InDelta(t, 0.8, low, 0.06, "1 less two deviations of 0.1")
	assert.InDelta(t, 1.2, high, 0.06)

	for _, none := range [][2][]float64{{{1}, {1}}, {{1, 2}, {1, 2, 3}}, {{1, 2}, {0, 0}}} {
		_, _, ok = interval(resamples(len(none[1])), none[0], none[1])
		assert.False(t, ok, none)
	}
	assert.Equal(t, resamples(7), resamples(7), "the same at every run")
}

func TestBlocks(t *testing.T) {
	var totals []float64
	for i := range 45 {
		totals = append(totals, float64(i+1)*2)
	}
	assert.Equal(t, []float64{40, 40, 10}, Blocks(totals))
	assert.Empty(t, Blocks(nil))
}

// TestTables: a row reads as it should, and no line ends in blanks.
func TestTables(t *testing.T) {
	rows := cell("a",
		Point{Strategy: Base, Plain: true, Total: 100, Body: share(0.8), Units: []float64{50, 50}},
		Point{Strategy: "mine", Judged: true, Total: 125, Body: share(0.8), Units: []float64{60, 65}},
		Point{Strategy: "more", Judged: true, Total: 130, Body: share(0.9)}).Rows()
	var b bytes.Buffer
	require.NoError(t, Print(&b, rows, "about"))
	assert.Equal(t, `
a, budget 1000, claude, deaths: default (about)
strategy          total  ÷ reset             95%   body body tok  ÷ cheapest plain that keeps as much
append-reset      100.0    1.000  1.000 to 1.000  80.0%        -
mine              125.0    1.250  1.200 to 1.300  80.0%        -  1.250 append-reset
more              130.0    1.300               -  90.0%        -  -
`, b.String())
	b.Reset()
	require.NoError(t, PrintSummaries(&b, Summaries(rows)))
	assert.Equal(t, `
over the traces and budgets (1), claude, deaths: default
strategy      ÷ reset    worst   body body tok  ÷ plain    worst  alone
append-reset    1.000    1.000  80.0%        -        -        -
mine            1.250    1.250  80.0%        -    1.250    1.250      0
more            1.300    1.300  90.0%        -        -        -      1
`, b.String())
	b.Reset()
	require.NoError(t, Print(&b, nil, ""))
	assert.Empty(t, b.String())
}
