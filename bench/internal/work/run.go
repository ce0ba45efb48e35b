package work

import (
	"context"
	"io"

	"github.com/quire-dev/quire/bench/internal/report"
)

// Run lives all cells, and prints a row for each. ok is always true without an error:
// what is enough is for others to say.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) (ok bool, err error) {
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	t := &table{w: stdout}
	for _, spec := range o.Specs {
		if o.Life >= 0 {
			for _, c := range cells(o, spec) {
				if err := c.Show(ctx, stdout, o.Life, o.Tail); err != nil {
					return false, err
				}
			}
			continue
		}
		if o.Smallest {
			progress.Say("%s: smallest rooms", spec.Name)
			if err := smallest(ctx, o, cells(o, spec), t); err != nil {
				return false, err
			}
			continue
		}
		free := Cell{Spec: reference(spec, o.Jobs), Strategy: Strategies()[0], Seed: o.Seed, Jobs: o.Jobs,
			Setting: Setting{Budget: Unlimited, Keep: true, API: o.API}}
		if free.Jobs > usual {
			free.Jobs = usual
		}
		progress.Say("%s: unlimited", spec.Name)
		unlimited, err := free.Run(ctx)
		if err != nil {
			return false, err
		}
		for _, c := range cells(o, spec) {
			progress.Say("%s: %s, %d tokens", spec.Name, c.Strategy.Name, c.Setting.Budget)
			row, err := c.Run(ctx)
			if err != nil {
				return false, err
			}
			row.Over(&unlimited)
			progress.Clear()
			if o.JSON {
				err = report.JSON(stdout, &row)
			} else {
				err = t.row(&row)
			}
			if err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// cells lists those of a family.
func cells(o *Options, spec Spec) []Cell {
	var out []Cell
	for _, budget := range o.Budgets {
		for _, s := range o.Strategies {
			for _, recall := range o.Recall {
				if recall && s.Name != "quire" {
					continue // the others have none
				}
				out = append(out, Cell{Spec: spec, Strategy: s, Seed: o.Seed, Jobs: o.Jobs,
					Share: budget.Share, Setting: Setting{Budget: budget.Tokens, Recall: recall, API: o.API}})
			}
		}
	}
	return out
}

// reference is the family whose lives are lived with an unlimited context: long lives
// are cut, since their prompts would grow without end.
func reference(s Spec, jobs int) Spec {
	if s.filled().PerLife > usual {
		s.PerLife = usual
	}
	if s.filled().Jobs > usual && jobs == 0 {
		s.Jobs = usual
	}
	return s
}
