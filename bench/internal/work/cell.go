package work

import (
	"context"
	"strings"

	"github.com/quire-dev/quire/bench/internal/parallel"
)

// Row is what came of one cell: a family under a strategy, at a budget.
type Row struct {
	Family   string `json:"family"`
	Budget   int    `json:"budget"`                // 0: unlimited; the mean of all lives where it is a share
	Share    int    `json:"budget_share,omitzero"` // percent of the whole list's tokens
	Strategy string `json:"strategy"`
	Tools    bool   `json:"tools"` // the strategy gives the reader a mailbox's tools
	Recall   bool   `json:"recall"`
	// Jobs are those that the reader's own mistakes allow: the four that follow are
	// their sum. Limited are those without an answer.
	Jobs    int `json:"jobs"`
	Right   int `json:"right"`
	Wrong   int `json:"wrong"`
	Unknown int `json:"unknown"`
	Limited int `json:"limited"`
	// Steps and tokens of all calls, over those of the same lives with an unlimited context.
	StepsRatio  float64 `json:"steps_ratio"`
	TokensRatio float64 `json:"tokens_ratio"`
	Price       float64 `json:"price"` // of a job, in thousands of uncached input tokens

	Own    int   `json:"-"` // jobs that went wrong by a mistake of the reader's own
	Fixed  int   `json:"-"` // tokens of system prompt and tools
	Steps  int   `json:"-"`
	Tokens int64 `json:"-"`
}

// Cell is what one row is made of.
type Cell struct {
	Spec     Spec
	Strategy Strategy
	Setting  Setting
	Seed     uint64
	Jobs     int // 0: the family's own
	// Share is the budget as a part, in percent, of what the whole list of messages takes
	// at the end of each life, in place of the setting's; 0: the setting's.
	Share int
}

// Run lives all lives of a cell. The row's ratios are filled in by [Row.Over].
func (c *Cell) Run(ctx context.Context) (Row, error) {
	spec := c.Spec.filled()
	if err := spec.valid(); err != nil {
		return Row{}, err
	}
	jobs := spec.Jobs
	if c.Jobs > 0 {
		jobs = c.Jobs
	}
	lives := (jobs + spec.PerLife - 1) / spec.PerLife
	row := Row{Family: spec.Name, Strategy: c.Strategy.Name, Tools: c.Strategy.Tools, Recall: c.Setting.Recall, Budget: c.Setting.Budget, Share: c.Share}
	if row.Budget == Unlimited {
		row.Budget = 0
	}
	parts := make([]Row, lives)
	err := parallel.Do(ctx, lives, func(i int) error {
		l := weave(&spec, c.Seed, i, min(spec.PerLife, jobs-i*spec.PerLife))
		s, err := c.setting(ctx, l)
		if err != nil {
			return err
		}
		out, err := c.Strategy.live(ctx, l, &s, nil)
		if err == nil {
			parts[i].Budget = s.Budget
			parts[i].judge(l, out)
		}
		return err
	})
	if err != nil {
		return row, err
	}
	price, budgets := 0.0, 0
	for i := range parts {
		p := &parts[i]
		budgets += p.Budget
		row.Right, row.Wrong, row.Unknown, row.Limited, row.Own = row.Right+p.Right, row.Wrong+p.Wrong, row.Unknown+p.Unknown, row.Limited+p.Limited, row.Own+p.Own
		row.Steps, row.Tokens = row.Steps+p.Steps, row.Tokens+p.Tokens
		price += p.Price
		row.Fixed = max(row.Fixed, p.Fixed)
	}
	row.Jobs = row.Right + row.Wrong + row.Unknown + row.Limited
	row.Price = price / float64(jobs) / 1000
	if c.Share > 0 {
		row.Budget = budgets / lives
	}
	return row, nil
}

// setting is that of one life: where the budget is a share, the life is lived with the
// whole list first.
func (c *Cell) setting(ctx context.Context, l *Life) (Setting, error) {
	s := c.Setting
	if c.Share == 0 {
		return s, nil
	}
	whole := s
	whole.Budget, whole.Keep = Unlimited, true
	out, err := talks("session", true).live(ctx, l, &whole, nil)
	if err == nil {
		s.Budget = out.Most * c.Share / 100
	}
	return s, err
}

// judge holds the answers of a life against the right ones.
func (r *Row) judge(l *Life, out *Outcome) {
	r.Steps, r.Tokens, r.Price, r.Fixed = out.Steps, out.Tokens, out.Price, out.Fixed
	for _, j := range l.Jobs {
		got, answered := out.Answers[j.ID]
		switch {
		case got == j.Want:
			r.Right++
		case out.Slipped[j.ID]:
			r.Own++
		case !answered:
			r.Limited++
		case strings.HasPrefix(got, unknown):
			r.Unknown++
		default:
			r.Wrong++
		}
	}
}

// Over fills in the ratios, over the row of the same lives with an unlimited context, or
// of the first of their jobs.
func (r *Row) Over(unlimited *Row) {
	mine, its := int64(r.Jobs+r.Own), int64(unlimited.Jobs+unlimited.Own)
	r.StepsRatio = ratio(int64(r.Steps)*its, int64(unlimited.Steps)*mine)
	r.TokensRatio = ratio(r.Tokens*its, unlimited.Tokens*mine)
}

// ratio has three places, so that rows are the same everywhere.
func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64((a*1000+b/2)/b) / 1000
}
