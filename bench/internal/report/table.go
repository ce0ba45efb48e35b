package report

import (
	"fmt"
	"io"
)

// CostTable is how rows of cost are laid out.
type CostTable struct {
	Names  int  // width of the first column
	Priced bool // with what missing things cost
}

// Header begins a table of rows that share all but the strategy.
func (t CostTable) Header(w io.Writer, r *Cost, about string) error {
	_, err := fmt.Fprintf(w, "\n%s, budget %d, %s, deaths: %s (%s)\n%-*s %7s %10s %s%6s %8s %8s %6s %6s %s%7s %7s %5s %5s\n",
		r.Trace, r.Budget, r.Rule, r.Deaths, about,
		t.Names, "strategy", "calls", "cost", t.priced("%6s %10s %10s ", "pulls", "pull cost", "total"), "hit", "prompt", "missing",
		"name", "body", t.priced("%8s ", "body tok"), "bound", "best", "viol", "over")
	return err
}

// Line prints one row.
func (t CostTable) Line(w io.Writer, r *Cost) error {
	_, err := fmt.Fprintf(w, "%-*s %7d %10.1f %s%6s %8.0f %8s %6s %6s %s%7s %7s %5d %5d\n",
		t.Names, r.Strategy, r.Calls, r.CostACall, t.priced("%6.2f %10.1f %10.1f ", r.Pulls, r.PullCost, r.Total), Percent(&r.Hit), r.MeanPrompt,
		Percent(&r.Missing), Percent(r.NameRecall), Percent(r.BodyRecall), t.priced("%8s ", Percent(r.BodyTokens)),
		Ratio(r.BoundRatio), Ratio(r.BestRatio), r.Violations, r.OverBudget)
	return err
}

func (t CostTable) priced(format string, args ...any) string {
	if !t.Priced {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// Percent is a share as per cent; "-" when there is none.
func Percent(f *float64) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", *f*100)
}

// Ratio is a ratio with three places; "-" when there is none.
func Ratio(f *float64) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *f)
}
