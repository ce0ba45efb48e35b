package cost

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire/bench/internal/frontier"
	"github.com/quire-dev/quire/bench/internal/strategy"
	"github.com/quire-dev/quire/bench/internal/trace"
)

// Usage is printed for -help, before the flags.
const Usage = `bench cost replays what agents lived through, composes every call anew in
different ways, and says what each way costs and what it keeps. No model is
called.

  go run ./bench cost -data DIR [flags]

DIR holds swebench-runs/*.json.gz and claude-code-sessions/*.jsonl(.gz). Without
-data there are the synthetic traces.

Examples:
  bench cost -data DIR -trace swe-runs -budget 16000 -rule claude -deaths default
        a quick look: one trace, one budget, one price, what needs no help
  bench cost -data DIR -strategy rent-or-buy,append-reset
        two strategies side by side, everywhere
  bench cost -data DIR -calls 300 -bound=false
        the beginning of each trace, without the bound: seconds
  bench cost -data DIR -json > rows.jsonl
        everything, a row a line
  bench cost -data DIR -half held -rule claude -deaths default -budget 16000,32000 -frontier
        what the whole costs against what is kept, on runs that nothing is fitted on,
        beside the best of a grid of plain strategies
  bench cost -data DIR -rule claude -deaths default -misses priced -strategy rent-or-buy,grid,clair
        the sets of strategies by name, with what missing things cost

The traces:
  swe-runs   every recorded run of a coding agent, each from a cold start
  swe-life   the same runs one after the other, as one daemon's life
  session-*  long sessions of a coding assistant
  synth-*    made with fixed seeds: lifetimes that are short, medium and long
             (iid), end with tasks (task), come in generations (gen), or are all
             of one kind (long)

The halves (-half): of the runs of swe-runs, in the order of their files, the even
ones from 0 on are fit and the others held; of the long sessions, in the same order,
the first and the third are fit and the second held. swe-life is made of the runs of
its half. Synthetic traces are in neither.

The deaths:
  oracle     the trace says when a message is not needed any more: after its last
             use, seen in what the agent went on to write
  default    the default policy judges, without any help from the model
  none       nothing is judged; things leave for want of room only

The sets of strategies (names for -strategy, beside those of single ones):
  usual      what is run when none is named
  grid       plain schedules: watermark70-20 cuts when 70% of the budget are taken,
             down to 20%; from 60 to 100 and from 20 up, by 10. They go by the default
             policy, whatever the deaths
  clair      what KNOWS THE FUTURE: what is used last, by calls until then times
             tokens, goes first; under rent-or-buy (clair-rent) and under the
             watermark 70-20 (clair-70-20); with -dead, what is never used again is
             dead. Nobody can have them; they are not a bound either

The misses:
  free       what was needed and is missing costs nothing
  priced     what an answer names that stood earlier, and that neither the prompt nor
             the system prompt shows, is pulled: one more call for each call with such
             misses (it reads the prompt once more), 40 output tokens for each pulled
             message (at 5 where the price is unknown), the newest message that holds
             it written with 60 tokens around it, and read again in each later call
             until the strategy's next cut, when it is gone again. For all
             strategies alike

The excerpts: a message that is too large for the budget enters every prompt as an
excerpt. In quire's prompts it has the names that it shows. In those of the simple
strategies (append-only sends all whole) it is taken for the message, as it was in all
figures so far, which flatters them; -excerpts shown counts them as quire's.

The columns:
  cost       units of one uncached input token a call; a summary's output at 5
  hit        share of the input that was read from the cache
  prompt     mean tokens of a prompt
  missing    share of what was needed (by the trace) that was not in the prompt
  name body  share of the identifiers in answers that stood earlier and were
             still in the prompt; and in a message that was kept
  bound      cost over a certified lower bound of what any schedule pays that
             keeps all that is needed; below 1 only for those that lose some
  best       cost over that of the best schedule known
  pulls      priced only: messages pulled, a call; and what they cost a call
  total      priced only: cost with the pulls
  body tok   priced only: of the messages that answers took identifiers from (the
             newest that is not the agent's own, each once a call), the share that
             stood whole, an excerpt never, by tokens. Lines dense with names don't
             help here
  viol over  requests that break a rule of the provider; prompts over the budget

All strategies send the same messages with the same token counts, those of quire
with its handles; append-only sends every message whole and has no budget. Bills
are those of the ledger of readable prefixes, with at most the provider's marks.

Rows (-json) have "pulls", "pull_cost" and "total" a call and "body_tokens" too; with
free misses the pulls are counted and cost 0.

-frontier prints, in place of the tables, for each trace and budget all strategies
by their total (misses are priced unless -misses says free): over append-reset's, with
an interval, and what they keep; and for what is composed and not plain the total over
that of the cheapest plain strategy (grid, append-reset, slide, slide75; of those that
were run) that has at least its body recall. That one is picked in hindsight, cell by
cell: nobody who has to choose beforehand does as well. Then the same over all cells,
the arithmetic mean and the worst; "alone" is in how many of them no plain strategy
keeps as much. The interval holds 95% of 2,000 resamples of what was paired (bootstrap,
a fixed seed): of lives; of blocks of 20 calls where a trace is one life, which takes
what a cut costs in a later block for independent, and so is rough. Without -strategy it runs usual and grid; append-reset always.

The exit status is 1 when something failed or a bound was beaten, and 2 for a
flag that does not exist.

Flags:
`

// Options say what is run. Empty lists mean everything.
type Options struct {
	Data       string
	JSON       bool
	Traces     []string
	Budgets    []int
	Rules      []string
	Deaths     []string
	Strategies []string
	Misses     string // free or priced
	Excerpts   string // whole or shown
	Half       trace.Half
	Frontier   bool
	Calls      int // of each life at most; 0: all
	Bound      bool
	Check      bool
	Verbose    bool
}

// What is missing costs nothing, or the pull that brings it back.
const (
	free   = "free"
	priced = "priced"
)

// An excerpt in a simple composer's prompt counts for the message, or for what it shows.
const (
	whole = "whole"
	shown = "shown"
)

// priced says whether what is missing is charged.
func (o *Options) priced() bool {
	return o.Misses == priced || o.Misses == "" && o.Frontier
}

// strategies are the names of what is run. A frontier is held against append-reset.
func (o *Options) strategies() []string {
	switch {
	case len(o.Strategies) == 0 && o.Frontier:
		return []string{string(strategy.Usual), string(strategy.Grid)}
	case len(o.Strategies) == 0:
		return []string{string(strategy.Usual)}
	case o.Frontier:
		return append([]string{frontier.Base}, o.Strategies...)
	}
	return o.Strategies
}

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("cost", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, Usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.Data, "data", "", "folder of recorded runs")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a row")
	list := func(p *[]string, name, usage string) {
		f.Func(name, usage, func(s string) error {
			*p = append(*p, strings.Split(s, ",")...)
			return nil
		})
	}
	list(&o.Traces, "trace", "only these traces: a comma-separated `list` of names or their beginnings")
	list(&o.Rules, "rule", "only these price rules: a `list`; a name or the beginning of one")
	list(&o.Deaths, "deaths", "only these: a `list` of oracle, default, none")
	list(&o.Strategies, "strategy", "only these strategies: a `list` of names and of usual, grid, clair")
	f.StringVar(&o.Misses, "misses", "", "what is missing is `free` or priced; default free, with -frontier priced")
	f.StringVar(&o.Excerpts, "excerpts", whole, "in the simple strategies an excerpt counts for the `whole` message, or for what is shown")
	f.StringVar((*string)(&o.Half), "half", string(trace.All), "only this `half` of the recorded runs: fit, held or all")
	f.BoolVar(&o.Frontier, "frontier", false, "print what the whole costs against what is kept")
	f.Func("budget", "only these budgets: a `list` of tokens; any number will do", func(s string) error {
		for n := range strings.SplitSeq(s, ",") {
			b, err := strconv.Atoi(n)
			if err != nil || b <= 0 {
				return fmt.Errorf("%q is no number of tokens", n)
			}
			o.Budgets = append(o.Budgets, b)
		}
		return nil
	})
	f.IntVar(&o.Calls, "calls", 0, "only the first so many `calls` of each run; 0: all")
	f.BoolVar(&o.Bound, "bound", true, "compute the lower bound, where deaths are given")
	f.BoolVar(&o.Check, "check", true, "check each composed request against the provider's rules")
	f.BoolVar(&o.Verbose, "v", false, "print the first problems of each row")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errFlags
	}
	if err := o.valid(f.Args()); err != nil {
		fmt.Fprintf(stderr, "bench cost: %v; see bench cost -help\n", err)
		return nil, errFlags
	}
	return o, nil
}

func (o *Options) valid(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("what is %q", rest[0])
	}
	for _, s := range o.Strategies {
		if _, err := strategy.Named(s); err != nil {
			return fmt.Errorf("-strategy %w", err)
		}
	}
	if !slices.Contains([]string{"", free, priced}, o.Misses) {
		return fmt.Errorf("-misses %s: there are free priced", o.Misses)
	}
	if !slices.Contains([]string{whole, shown}, o.Excerpts) {
		return fmt.Errorf("-excerpts %s: there are whole shown", o.Excerpts)
	}
	if !slices.Contains([]trace.Half{trace.All, trace.Fit, trace.Held}, o.Half) {
		return fmt.Errorf("-half %s: there are fit held all", o.Half)
	}
	for _, d := range o.Deaths {
		if !slices.Contains([]strategy.Deaths{strategy.Oracle, strategy.Default, strategy.None}, strategy.Deaths(d)) {
			return fmt.Errorf("-deaths %s: there are oracle default none", d)
		}
	}
	rules, err := strategy.Rules()
	if err != nil {
		return err
	}
	for _, name := range o.Rules {
		if !slices.ContainsFunc(rules, func(r strategy.Rule) bool { return r.Name == name }) {
			return fmt.Errorf("-rule %s: there are %s", name, ruleNames(rules))
		}
	}
	return nil
}

func ruleNames(rules []strategy.Rule) string {
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

// wants says whether a list has a name, or the beginning of it; an empty list
// has all.
func wants(list []string, name string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(name, s) })
}

// chosen says whether a list has exactly this name; an empty list has all.
func chosen[T comparable](list []T, name T) bool {
	return len(list) == 0 || slices.Contains(list, name)
}
