package report

import (
	"fmt"
	"io"
)

// CostHeader begins a table of rows that share all but the strategy.
func CostHeader(w io.Writer, r *Cost, about string) error {
	_, err := fmt.Fprintf(w, "\n%s, budget %d, %s, deaths: %s (%s)\n%-15s %7s %10s %6s %8s %8s %6s %6s %7s %7s %5s %5s\n",
		r.Trace, r.Budget, r.Rule, r.Deaths, about,
		"strategy", "calls", "cost", "hit", "prompt", "missing", "name", "body", "bound", "best", "viol", "over")
	return err
}

// CostLine prints one row.
func CostLine(w io.Writer, r *Cost) error {
	_, err := fmt.Fprintf(w, "%-15s %7d %10.1f %6s %8.0f %8s %6s %6s %7s %7s %5d %5d\n",
		r.Strategy, r.Calls, r.CostACall, percent(&r.Hit), r.MeanPrompt, percent(&r.Missing),
		percent(r.NameRecall), percent(r.BodyRecall), ratio(r.BoundRatio), ratio(r.BestRatio), r.Violations, r.OverBudget)
	return err
}

func percent(f *float64) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", *f*100)
}

func ratio(f *float64) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *f)
}
