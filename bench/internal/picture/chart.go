package picture

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/quire-dev/quire/bench/internal/strategy"
)

// window is how many calls a point is the mean of.
const window = 100

// colours are those of Okabe and Ito's palette, which colour-blind people can tell
// apart; quire's line comes fourth.
var colours = []string{"#808080", "#E69F00", "#009E73", "#0072B2", "#D55E00"}

// nameSize is the size of the names at the ends of lines, in points.
const nameSize = 11

// chart draws the lines, each named at its end with what it left out.
func chart(lines []line, s *strategy.Setting) []byte {
	calls, least, most, names := 0, math.Inf(1), 0.0, 0.0
	for _, l := range lines {
		calls = max(calls, len(l.outcome.Totals))
		for _, p := range means(l.outcome.Totals) {
			least, most = min(least, p.y), max(most, p.y)
		}
		names = max(names, room(name(l), nameSize))
	}
	a := axes{left: 70, right: 560, top: 12, bottom: 300, x1: float64(max(1, calls)), y0: least, y1: most * 1.15, log: true}
	var out svg
	a.frame(&out, upTo(calls), thousands(a.y0, a.y1))
	out.text(point{(a.left + a.right) / 2, a.bottom + 34}, middle, 12, ink,
		fmt.Sprintf("calls of an agent; budget %d tokens, reads at %g, writes at %g", s.Budget, s.Rule.Cost.Read, s.Rule.Cost.Write))
	out.upright(point{16, (a.top + a.bottom) / 2}, 12, ink, "uncached input tokens a call")
	type ending struct {
		line   int
		height float64
	}
	var ends []ending
	for i, l := range lines {
		var drawn []point
		for _, p := range means(l.outcome.Totals) {
			drawn = append(drawn, a.at(p.x, p.y))
		}
		if len(drawn) == 0 {
			continue
		}
		out.line(drawn, map[bool]float64{true: 3, false: 1.6}[l.label == "quire"], colours[i])
		ends = append(ends, ending{i, drawn[len(drawn)-1].y})
	}
	slices.SortStableFunc(ends, func(p, q ending) int { return cmp.Compare(p.height, q.height) })
	heights := make([]float64, len(ends))
	for k, e := range ends {
		heights[k] = e.height
	}
	apart(heights, nameSize+4, a.bottom)
	for k, e := range ends {
		out.text(point{a.right + 8, heights[k] + nameSize/3}, start, nameSize, colours[e.line], name(lines[e.line]))
	}
	return out.bytes(a.right+8+names, a.bottom+46)
}

// name is what stands at the end of a line: the label, and what of the needed it lost.
func name(l line) string {
	if l.outcome.Missing == 0 {
		return l.label
	}
	return fmt.Sprintf("%s (%.0f%% of the needed lost)", l.label, 100*float64(l.outcome.Missing)/float64(l.outcome.Live))
}

// means are the means of the last calls, at every tenth call.
func means(totals []float64) []point {
	var out []point
	for t := 9; t < len(totals); t += 10 {
		from := max(0, t-window)
		out = append(out, point{float64(t + 1), (totals[t] - totals[from]) / float64(t-from)})
	}
	return out
}

// thousands are ticks of a logarithmic axis at 1, 2 and 5 times a power of ten.
func thousands(low, high float64) []tick {
	var out []tick
	for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, e); v >= low && v <= high {
				out = append(out, tick{v, fmt.Sprintf("%.0f", v)})
			}
		}
	}
	return out
}

// upTo are ticks of an axis of calls.
func upTo(calls int) []tick {
	var out []tick
	for v := 0; v <= calls; v += max(1, calls/6) {
		out = append(out, tick{float64(v), fmt.Sprint(v)})
	}
	return out
}
