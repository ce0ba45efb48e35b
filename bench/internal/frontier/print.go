package frontier

import (
	"fmt"
	"io"
	"strings"

	"github.com/quire-dev/quire/bench/internal/report"
)

// Print writes the table of one cell. about says what the provider allows.
func Print(w io.Writer, rows []Row, about string) error {
	if len(rows) == 0 {
		return nil
	}
	r := &rows[0]
	names := 8
	for i := range rows {
		names = max(names, len(rows[i].Strategy))
	}
	if _, err := fmt.Fprintf(w, "\n%s, budget %d, %s, deaths: %s (%s)\n%-*s %10s %8s %15s %6s %8s  %s\n", r.Trace, r.Budget, r.Rule, r.Deaths, about,
		names, "strategy", "total", "÷ reset", "95%", "body", "body tok", "÷ cheapest plain that keeps as much"); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		between, plain := "-", ""
		if r.Low != nil {
			between = fmt.Sprintf("%.3f to %.3f", *r.Low, *r.High)
		}
		if r.judged {
			plain = strings.TrimRight(fmt.Sprintf("  %s %s", report.Ratio(r.OverPlain), r.Cheapest), " ")
		}
		if _, err := fmt.Fprintf(w, "%-*s %10.1f %8.3f %15s %6s %8s%s\n", names, r.Strategy, r.Total, r.OverBase, between,
			report.Percent(r.Body), report.Percent(r.BodyTokens), plain); err != nil {
			return err
		}
	}
	return nil
}

// PrintSummaries writes the tables over all cells, one for each rule and deaths.
func PrintSummaries(w io.Writer, list []Summary) error {
	names := 8
	for i := range list {
		names = max(names, len(list[i].Strategy))
	}
	for i := range list {
		s := &list[i]
		if i == 0 || s.Rule != list[i-1].Rule || s.Deaths != list[i-1].Deaths {
			if _, err := fmt.Fprintf(w, "\nover the traces and budgets (%d), %s, deaths: %s\n%-*s %8s %8s %6s %8s %8s %8s %6s\n", s.Cells, s.Rule, s.Deaths,
				names, "strategy", "÷ reset", "worst", "body", "body tok", "÷ plain", "worst", "alone"); err != nil {
				return err
			}
		}
		alone := ""
		if s.judged {
			alone = fmt.Sprintf(" %6d", s.Alone)
		}
		if _, err := fmt.Fprintf(w, "%-*s %8.3f %8.3f %6s %8s %8s %8s%s\n", names, s.Strategy, s.Mean, s.Worst,
			report.Percent(s.Body), report.Percent(s.BodyTokens), report.Ratio(s.PlainMean), report.Ratio(s.PlainWorst), alone); err != nil {
			return err
		}
	}
	return nil
}
