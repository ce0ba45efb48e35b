package cost

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire/bench/internal/strategy"
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

The traces:
  swe-runs   every recorded run of a coding agent, each from a cold start
  swe-life   the same runs one after the other, as one daemon's life
  session-*  long sessions of a coding assistant
  synth-*    made with fixed seeds: lifetimes that are short, medium and long
             (iid), end with tasks (task), come in generations (gen), or are all
             of one kind (long)

The deaths:
  oracle     the trace says when a message is not needed any more: after its last
             use, seen in what the agent went on to write
  default    the default policy judges, without any help from the model
  none       nothing is judged; things leave for want of room only

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
  viol over  requests that break a rule of the provider; prompts over the budget

All strategies send the same messages with the same token counts, those of quire
with its handles; append-only sends every message whole and has no budget. Bills
are those of the ledger of readable prefixes, with at most the provider's marks.

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
	Calls      int // of each life at most; 0: all
	Bound      bool
	Check      bool
	Verbose    bool
}

// ErrFlags says that the command line was wrong; what is wrong was printed.
var ErrFlags = errors.New("flags")

// Parse reads the command line. Its error is flag.ErrHelp or ErrFlags.
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
	list(&o.Strategies, "strategy", "only these strategies: a `list`")
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
		return nil, ErrFlags
	}
	if err := o.valid(f.Args()); err != nil {
		fmt.Fprintf(stderr, "bench cost: %v; see bench cost -help\n", err)
		return nil, ErrFlags
	}
	return o, nil
}

func (o *Options) valid(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("what is %q", rest[0])
	}
	names := []string{}
	for _, s := range strategy.All() {
		names = append(names, s.Name)
	}
	for _, s := range o.Strategies {
		if !slices.Contains(names, s) {
			return fmt.Errorf("-strategy %s: there are %s", s, strings.Join(names, " "))
		}
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
