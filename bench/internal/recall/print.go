package recall

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/quire-dev/quire/bench/internal/report"
)

// row is one row of the JSON output. Shares are in per cent.
type row struct {
	File     string  `json:"file"`
	Sample   string  `json:"sample"`
	Category string  `json:"category"`
	Budget   int     `json:"budget,omitzero"`
	K        int     `json:"k,omitzero"`
	Method   string  `json:"method"`
	All      float64 `json:"all"`
	Mean     float64 `json:"mean"`
	N        int     `json:"n"`
}

func (t *table) rows() []row {
	keys := slices.SortedFunc(maps.Keys(t.cells), func(a, b key) int {
		return cmp.Or(cmp.Compare(len(a.sample), len(b.sample)), cmp.Compare(a.sample, b.sample), cmp.Compare(a.category, b.category),
			cmp.Compare(a.depth, b.depth), cmp.Compare(a.budget, b.budget), cmp.Compare(order[a.method], order[b.method]))
	})
	var out []row
	for _, k := range keys {
		c := t.cells[k]
		out = append(out, row{t.file, k.sample, k.category, k.budget, k.depth, k.method,
			100 * float64(c.all) / float64(c.n), 100 * c.share / float64(c.n), c.n})
	}
	return out
}

var order = map[string]int{"quire": 0, "in-part": 1, "newest": 2, "fts5": 3}

func (t *table) print(w io.Writer, asJSON bool) error {
	rows := t.rows()
	if asJSON {
		for _, r := range rows {
			if err := report.JSON(w, r); err != nil {
				return err
			}
		}
		return nil
	}
	for _, part := range []struct {
		title            string
		sample, category string
	}{{"all questions but the adversarial", "*", "no-adversarial"}, {"the same, held-out conversations", "held-out", "no-adversarial"},
		{"multi-hop", "*", "1"}, {"temporal", "*", "2"}, {"open-domain", "*", "3"}, {"single-hop", "*", "4"}, {"adversarial", "*", "5"}} {
		if err := t.section(w, rows, part.title, part.sample, part.category, false); err != nil {
			return err
		}
	}
	return t.section(w, rows, "ranking, all questions: mean share of the evidence among the first so many", "*", "*", true)
}

// section prints one method a line.
func (t *table) section(w io.Writer, rows []row, title, sample, category string, ranking bool) error {
	columns := budgets
	if ranking {
		columns = depths
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		return r.Sample != sample || r.Category != category || (r.K > 0) != ranking
	})
	if len(rows) == 0 {
		return nil
	}
	s := fmt.Sprintf("%s, %s (%d)\n%-8s", t.file, title, rows[0].N, "")
	wide := 12
	if ranking {
		wide = 8
	}
	for _, c := range columns {
		s += fmt.Sprintf("%*d", wide, c)
	}
	for _, method := range []string{"quire", "in-part", "newest", "fts5"} {
		if !slices.Contains(t.methods, method) {
			continue
		}
		s += fmt.Sprintf("\n%-8s", method)
		for _, c := range columns {
			i := slices.IndexFunc(rows, func(r row) bool { return r.Method == method && r.Budget+r.K == c })
			if ranking {
				s += fmt.Sprintf("%7.1f%%", rows[i].Mean)
			} else {
				s += fmt.Sprintf("%7.1f ±%3.1f", rows[i].All, off(rows[i].All/100, rows[i].N))
			}
		}
		if ranking {
			s += fmt.Sprintf("   %.2f ms a question, %.2f with a sheet of %d tokens, in the median",
				float64(median(t.times[method]))/1e6, float64(median(t.times[method+" sheet"]))/1e6, timed)
		}
	}
	_, err := fmt.Fprintln(w, s+"\n")
	return err
}

// off is half of Wilson's interval of 95% around a share of n questions, in points.
func off(share float64, n int) float64 {
	const z = 1.96
	k := float64(n)
	return 100 * z / (1 + z*z/k) * math.Sqrt(share*(1-share)/k+z*z/4/k/k)
}

func median(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[len(d)/2]
}
