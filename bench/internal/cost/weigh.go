package cost

import (
	"io"

	"github.com/quire-dev/quire/bench/internal/frontier"
	"github.com/quire-dev/quire/bench/internal/report"
	"github.com/quire-dev/quire/bench/internal/strategy"
)

// weigh prints the block as a cell of the frontier and keeps its rows.
func (b *block) weigh(list []strategy.Strategy, outcomes [][]*strategy.Outcome, stdout io.Writer) error {
	b.progress.Clear()
	cell := frontier.Cell{Trace: b.trace.Name, Budget: b.setting.Budget, Rule: b.setting.Rule.Name, Deaths: string(b.setting.Deaths)}
	for i, s := range list {
		sum := &strategy.Outcome{}
		for _, o := range outcomes[i] {
			sum.Add(o)
		}
		row := b.row(s.Name, sum)
		cell.Points = append(cell.Points, frontier.Point{Strategy: s.Name, Plain: s.Plain, Judged: s.Composed && !s.Plain,
			Total: row.Total, Body: row.BodyRecall, BodyTokens: row.BodyTokens, Units: b.units(outcomes[i])})
	}
	b.frontier = cell.Rows()
	if !b.o.JSON {
		return frontier.Print(stdout, b.frontier, b.about())
	}
	for i := range b.frontier {
		if err := report.JSON(stdout, &b.frontier[i]); err != nil {
			return err
		}
	}
	return nil
}

// units are the totals of the lives, or of blocks of calls of the only one.
func (b *block) units(outcomes []*strategy.Outcome) []float64 {
	var out []float64
	for _, o := range outcomes {
		totals := make([]float64, len(o.Totals))
		for t := range totals {
			totals[t] = o.Totals[t]
			if b.o.priced() {
				totals[t] += o.PullTotals[t]
			}
		}
		switch {
		case len(outcomes) == 1:
			out = frontier.Blocks(totals)
		case len(totals) > 0:
			out = append(out, totals[len(totals)-1])
		}
	}
	return out
}

// summarise prints the frontiers over all cells.
func summarise(stdout io.Writer, o *Options, rows []frontier.Row) error {
	list := frontier.Summaries(rows)
	if !o.JSON {
		return frontier.PrintSummaries(stdout, list)
	}
	for i := range list {
		if err := report.JSON(stdout, &list[i]); err != nil {
			return err
		}
	}
	return nil
}
