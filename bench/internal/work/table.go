package work

import (
	"fmt"
	"io"
)

// table prints rows for people.
type table struct {
	w     io.Writer
	begun bool
}

func (t *table) row(r *Row) error {
	if !t.begun {
		t.begun = true
		if _, err := fmt.Fprintf(t.w, "rules %d of the reader\n\n%-16s %9s %-16s %-6s %6s %5s %6s %6s %7s %7s %7s %6s %7s %8s\n", Rules,
			"family", "budget", "strategy", "recall", "jobs", "own", "right", "wrong", "unknown", "limited", "score", "steps", "tokens", "price"); err != nil {
			return err
		}
	}
	budget, recall := "unlimited", "off"
	if r.Budget > 0 {
		budget = itoa(r.Budget)
	}
	if r.Recall {
		recall = "on"
	}
	_, err := fmt.Fprintf(t.w, "%-16s %9s %-16s %-6s %6d %5d %6s %6s %7s %7s %7.1f %6.2f %7.2f %8.2f\n", r.Family, budget, r.Strategy, recall, r.Jobs, r.Own,
		share(r.Right, r.Jobs), share(r.Wrong, r.Jobs), share(r.Unknown, r.Jobs), share(r.Limited, r.Jobs), r.Score()*100, r.StepsRatio, r.TokensRatio, r.Price)
	return err
}

// Score is the part of jobs that are right, less twice the part that is wrong.
func (r *Row) Score() float64 {
	if r.Jobs == 0 {
		return 0
	}
	return float64(r.Right-2*r.Wrong) / float64(r.Jobs)
}

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}
