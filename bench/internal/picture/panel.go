package picture

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/quire-dev/quire/bench/internal/frontier"
)

// spot is a strategy in a panel.
type spot struct {
	strategy string
	plain    bool
	body     float64 // body recall, 0 to 1
	over     float64 // total over append-reset's
}

// panel is what is drawn in one frame.
type panel struct {
	title string
	spots []spot
}

// panels are the mean over all cells, then each cell. A strategy that some cell lacks
// is in no mean, and one without recall is not drawn.
func panels(rows []frontier.Row) []panel {
	var order []string
	var cells []panel
	sums := map[string]*spot{}
	seen := map[string]int{}
	for i := range rows {
		r := &rows[i]
		title := fmt.Sprintf("%s, %d", r.Trace, r.Budget)
		if len(cells) == 0 || cells[len(cells)-1].title != title {
			cells = append(cells, panel{title: title})
		}
		if r.Body == nil {
			continue
		}
		last := &cells[len(cells)-1]
		last.spots = append(last.spots, spot{r.Strategy, r.Plain, *r.Body, r.OverBase})
		if sums[r.Strategy] == nil {
			order = append(order, r.Strategy)
			sums[r.Strategy] = &spot{strategy: r.Strategy, plain: r.Plain}
		}
		sums[r.Strategy].body += *r.Body
		sums[r.Strategy].over += r.OverBase
		seen[r.Strategy]++
	}
	mean := panel{title: fmt.Sprintf("mean of %d cells", len(cells))}
	for _, name := range order {
		if n := float64(seen[name]); seen[name] == len(cells) {
			mean.spots = append(mean.spots, spot{name, sums[name].plain, sums[name].body / n, sums[name].over / n})
		}
	}
	return append([]panel{mean}, cells...)
}

// edge is the least that a plain strategy costs that keeps at least so much: the corners
// of that line, from what keeps least to what keeps most.
func edge(spots []spot) []spot {
	plain := slices.DeleteFunc(slices.Clone(spots), func(s spot) bool { return !s.plain })
	slices.SortStableFunc(plain, func(a, b spot) int {
		return cmp.Or(cmp.Compare(b.body, a.body), cmp.Compare(a.over, b.over))
	})
	var out []spot
	for _, s := range plain {
		if len(out) == 0 || s.over < out[len(out)-1].over {
			out = append(out, s)
		}
	}
	slices.Reverse(out)
	return out
}

// dearest is the most that is drawn, over append-reset: what costs more is not in
// question, and would press all else together.
const dearest = 1.6

// drawn says whether a strategy is: what is marked always is, and nothing else that is
// not plain.
func drawn(s *spot, marks []mark) bool {
	return label(marks, s.strategy) != "" || s.plain && s.over <= dearest
}

// scale is what a panel's axes reach over, and how many plain strategies are too dear
// for it.
func (p *panel) scale(marks []mark) (x0, x1, y0, y1 float64, hidden int) {
	x0, x1, y0, y1 = 1, 0, 1, 1
	for i := range p.spots {
		s := &p.spots[i]
		if drawn(s, marks) {
			x0, x1, y0, y1 = min(x0, s.body), max(x1, s.body), min(y0, s.over), max(y1, s.over)
		} else if s.plain {
			hidden++
		}
	}
	down := func(v, step float64) float64 { return math.Floor(v/step+1e-9) * step }
	up := func(v, step float64) float64 { return math.Ceil(v/step-1e-9) * step }
	return down(x0-0.005, 0.02), min(1, up(x1+0.005, 0.02)), down(y0-0.02, 0.1), up(y1+0.02, 0.1), hidden
}

// label is how a marked strategy is called; "" for the others.
func label(marks []mark, strategy string) string {
	for _, m := range marks {
		if m.strategy == strategy {
			return m.label
		}
	}
	return ""
}
