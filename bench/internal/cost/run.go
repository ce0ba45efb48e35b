package cost

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/quire-dev/quire/bench/internal/frontier"
	"github.com/quire-dev/quire/bench/internal/parallel"
	"github.com/quire-dev/quire/bench/internal/report"
	"github.com/quire-dev/quire/bench/internal/strategy"
	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// Run prints the rows. ok is false when a bound was beaten.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) (ok bool, err error) {
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	traces, err := load(ctx, o, progress)
	if err != nil {
		return false, err
	}
	rules, err := strategy.Rules()
	if err != nil {
		return false, err
	}
	ok = true
	var all []frontier.Row
	for _, t := range traces {
		budgets := o.Budgets
		if len(budgets) == 0 {
			budgets = t.Budgets
		}
		for _, budget := range budgets {
			for _, rule := range rules {
				if !chosen(o.Rules, rule.Name) {
					continue
				}
				for _, d := range []strategy.Deaths{strategy.Oracle, strategy.Default, strategy.None} {
					if !chosen(o.Deaths, string(d)) {
						continue
					}
					b := &block{o: o, trace: t, setting: strategy.Setting{Rule: rule, Budget: budget, Deaths: d}, progress: progress}
					good, err := b.run(ctx, stdout, stderr)
					if err != nil {
						return false, err
					}
					ok = ok && good
					all = append(all, b.frontier...)
				}
			}
		}
	}
	return ok, summarise(stdout, o, all)
}

// load reads and makes the traces that are wanted.
func load(ctx context.Context, o *Options, progress *report.Progress) ([]*trace.Trace, error) {
	want := func(name string) bool { return wants(o.Traces, name) }
	var traces []*trace.Trace
	if o.Data != "" {
		counter := trace.NewRemembering(tiktoken.O200k())
		real, err := trace.Load(ctx, o.Data, o.Half, counter, want, func(s string) { progress.Say("%s", s) })
		if err != nil {
			return nil, err
		}
		traces = real
	}
	if o.Half == trace.All {
		traces = append(traces, trace.Synthetic(want)...)
	}
	if len(traces) == 0 {
		return nil, fmt.Errorf("no trace: is -data %q the folder, and -trace %q one of the traces?", o.Data, strings.Join(o.Traces, ","))
	}
	for _, t := range traces {
		for i, l := range t.Lives {
			t.Lives[i] = l.Head(o.Calls)
		}
	}
	return traces, nil
}

// block is the rows that share all but the strategy.
type block struct {
	o        *Options
	trace    *trace.Trace
	setting  strategy.Setting
	progress *report.Progress
	cases    []strategy.Case
	bound    float64 // of all lives; 0: none
	best     float64 // cost of the best schedule known
	frontier []frontier.Row
	done     atomic.Int64 // calls
	of       int64
}

func (b *block) run(ctx context.Context, stdout, stderr io.Writer) (ok bool, err error) {
	list, err := strategy.Chosen(b.o.strategies())
	if err != nil {
		return false, err
	}
	if err := b.prepare(ctx); err != nil {
		return false, err
	}
	b.of = int64(b.trace.Calls() * len(list))
	outcomes := make([][]*strategy.Outcome, len(list))
	var jobs []func() error
	for i, s := range list {
		outcomes[i] = make([]*strategy.Outcome, len(b.cases))
		for k := range b.cases {
			jobs = append(jobs, func() (err error) {
				outcomes[i][k], err = s.Run(ctx, &b.cases[k])
				return err
			})
		}
	}
	bounds := make([]float64, len(b.cases))
	if b.o.Bound && !b.o.Frontier && b.setting.Deaths == strategy.Oracle { // a frontier shows none
		for k := range b.cases {
			jobs = append(jobs, func() (err error) {
				bounds[k], err = strategy.LowerBound(ctx, &b.cases[k], boundSteps)
				return err
			})
		}
	}
	if err := parallel.Do(ctx, len(jobs), func(i int) error { return jobs[i]() }); err != nil {
		return false, err
	}
	for _, v := range bounds {
		b.bound += v
	}
	if b.o.Frontier {
		return true, b.weigh(list, outcomes, stdout)
	}
	return b.print(list, outcomes, stdout, stderr)
}

// boundSteps is how often the bound's multipliers are improved.
const boundSteps = 12

// prepare measures the messages and settles the deaths of each life.
func (b *block) prepare(ctx context.Context) error {
	b.cases = make([]strategy.Case, len(b.trace.Lives))
	var jobs []func() error
	for i, l := range b.trace.Lives {
		jobs = append(jobs, func() error {
			sizes, err := strategy.Measure(ctx, l, &b.setting)
			if err != nil {
				return err
			}
			b.cases[i] = strategy.Case{Life: l, Setting: b.setting, Sizes: sizes, Check: b.o.Check, Shown: b.o.Excerpts == shown,
				Deaths: trace.Deaths(l, sizes, b.setting.Budget), Progress: b.tick}
			return nil
		})
	}
	return parallel.Do(ctx, len(jobs), func(i int) error { return jobs[i]() })
}

func (b *block) tick(int, int) {
	n := b.done.Add(1)
	b.progress.Say("%s, budget %d, %s, deaths %s: %d of %d calls", b.trace.Name, b.setting.Budget, b.setting.Rule.Name, b.setting.Deaths, n, b.of)
}

func (b *block) print(list []strategy.Strategy, outcomes [][]*strategy.Outcome, stdout, stderr io.Writer) (ok bool, err error) {
	b.progress.Clear()
	sums := make([]*strategy.Outcome, len(list))
	for i, s := range list {
		sums[i] = &strategy.Outcome{}
		for _, o := range outcomes[i] {
			sums[i].Add(o)
		}
		if s.Lossless && sums[i].Missing == 0 && (b.best == 0 || sums[i].Cost < b.best) {
			b.best = sums[i].Cost
		}
	}
	ok = true
	table := report.CostTable{Names: 15, Priced: b.o.priced()}
	for _, s := range list {
		table.Names = max(table.Names, len(s.Name))
	}
	for i, s := range list {
		sum := sums[i]
		row := b.row(s.Name, sum)
		if b.bound > 0 && s.Lossless && sum.Missing == 0 && sum.Cost < b.bound*(1-1e-9) {
			fmt.Fprintf(stderr, "%s beats the bound: %.1f < %.1f\n", s.Name, sum.Cost, b.bound)
			ok = false
		}
		if i == 0 && !b.o.JSON {
			if err := table.Header(stdout, row, b.about()); err != nil {
				return false, err
			}
		}
		line := table.Line
		if b.o.JSON {
			line = func(w io.Writer, r *report.Cost) error { return report.JSON(w, r) }
		}
		if err := line(stdout, row); err != nil {
			return false, err
		}
		if b.o.Verbose {
			for _, p := range slices.Compact(sum.Problems) {
				fmt.Fprintln(stderr, "  "+p)
			}
		}
	}
	return ok, nil
}

// about says what the provider's row allows.
func (b *block) about() string {
	row := b.setting.Rule.Row()
	c := b.setting.Rule.Cost
	return fmt.Sprintf("read %g, write %g; in an open tool loop may leave: %s; marks: %d", c.Read, c.Write, row.LoopEvict, row.Marks)
}

func (b *block) row(name string, o *strategy.Outcome) *report.Cost {
	calls := float64(max(1, o.Calls))
	r := &report.Cost{Trace: b.trace.Name, Budget: b.setting.Budget, Rule: b.setting.Rule.Name, Deaths: string(b.setting.Deaths), Strategy: name,
		Calls: o.Calls, CostACall: o.Cost / calls, Hit: float64(o.Read) / float64(max(1, o.Input)), MeanPrompt: float64(o.Input) / calls,
		Missing: float64(o.Missing) / float64(max(1, o.Live)), Violations: o.Violations, OverBudget: o.Over,
		Pulls: float64(o.Pulls) / calls, Total: o.Cost / calls}
	if b.o.priced() {
		r.PullCost, r.Total = o.PullCost/calls, (o.Cost+o.PullCost)/calls
	}
	if b.bound > 0 {
		over, best := o.Cost/b.bound, o.Cost/b.best
		r.BoundRatio = &over
		if b.best > 0 {
			r.BestRatio = &best
		}
	}
	if o.Named > 0 {
		name, body := float64(o.Name)/float64(o.Named), float64(o.Body)/float64(o.Named)
		r.NameRecall, r.BodyRecall = &name, &body
	}
	if o.NamedTokens > 0 {
		tokens := float64(o.BodyTokens) / float64(o.NamedTokens)
		r.BodyTokens = &tokens
	}
	return r
}
