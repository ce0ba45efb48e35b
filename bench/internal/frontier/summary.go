package frontier

import (
	"cmp"
	"slices"
)

// Summary is one strategy over all cells of one rule of prices and one way to know
// what is dead. Means are arithmetic.
type Summary struct {
	Cells      int      `json:"cells"`
	Rule       string   `json:"rule"`
	Deaths     string   `json:"deaths"`
	Strategy   string   `json:"strategy"`
	Mean       float64  `json:"over_reset_mean"`
	Worst      float64  `json:"over_reset_worst"`
	Body       *float64 `json:"body_recall_mean"` // of the cells that have one
	BodyTokens *float64 `json:"body_tokens_mean"`
	PlainMean  *float64 `json:"over_plain_mean"` // of the cells where a plain strategy keeps as much
	PlainWorst *float64 `json:"over_plain_worst"`
	Alone      int      `json:"no_plain"` // cells where none does

	judged bool
}

// Summaries sums up rows over their cells, the cheapest in the mean first, for each
// rule and deaths in the order of the rows.
func Summaries(rows []Row) []Summary {
	type key struct{ rule, deaths, strategy string }
	var order []key
	byKey := map[key][]*Row{}
	place := map[[2]string]int{} // of rule and deaths
	for i := range rows {
		r := &rows[i]
		k := key{r.Rule, r.Deaths, r.Strategy}
		if byKey[k] == nil {
			order = append(order, k)
		}
		byKey[k] = append(byKey[k], r)
		if _, ok := place[[2]string{r.Rule, r.Deaths}]; !ok {
			place[[2]string{r.Rule, r.Deaths}] = len(place)
		}
	}
	var out []Summary
	for _, k := range order {
		out = append(out, summary(byKey[k]))
	}
	slices.SortStableFunc(out, func(a, b Summary) int {
		return cmp.Or(cmp.Compare(place[[2]string{a.Rule, a.Deaths}], place[[2]string{b.Rule, b.Deaths}]), cmp.Compare(a.Mean, b.Mean))
	})
	return out
}

func summary(rows []*Row) Summary {
	s := Summary{Cells: len(rows), Rule: rows[0].Rule, Deaths: rows[0].Deaths, Strategy: rows[0].Strategy, judged: rows[0].judged}
	var over, body, tokens, plain []float64
	for _, r := range rows {
		over = append(over, r.OverBase)
		body = known(body, r.Body)
		tokens = known(tokens, r.BodyTokens)
		plain = known(plain, r.OverPlain)
		if r.judged && r.OverPlain == nil {
			s.Alone++
		}
	}
	s.Mean, s.Worst = *mean(over), slices.Max(over)
	s.Body, s.BodyTokens, s.PlainMean = mean(body), mean(tokens), mean(plain)
	if len(plain) > 0 {
		worst := slices.Max(plain)
		s.PlainWorst = &worst
	}
	return s
}

func known(list []float64, f *float64) []float64 {
	if f == nil {
		return list
	}
	return append(list, *f)
}

// mean is nil of nothing.
func mean(list []float64) *float64 {
	if len(list) == 0 {
		return nil
	}
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	sum /= float64(len(list))
	return &sum
}
