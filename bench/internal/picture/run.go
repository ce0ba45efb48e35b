package picture

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/quire-dev/quire/bench/internal/report"
	"github.com/quire-dev/quire/bench/internal/strategy"
	"github.com/quire-dev/quire/bench/internal/trace"
)

const usage = `bench picture draws what a call costs over the life of an agent, as an SVG or
a PNG: a line for each strategy, the mean of the last 100 calls.

  go run ./bench picture -o docs/cost.svg

The life is one of the synthetic traces, so that the picture is the same on every
machine. It says itself when something is not needed any more.

Flags:
`

// ErrFlags says that the command line was wrong; what is wrong was printed.
var ErrFlags = errors.New("flags")

// Options say what is drawn.
type Options struct {
	Out, Trace, Rule string
}

// Parse reads the command line. Its error is flag.ErrHelp or ErrFlags.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("picture", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.Out, "o", "cost.svg", "the `file` to write: .svg or .png")
	f.StringVar(&o.Trace, "trace", "synth-task-32k", "the `name` of a synthetic trace")
	f.StringVar(&o.Rule, "rule", "claude", "the `name` of a price rule")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, ErrFlags
	}
	if f.NArg() > 0 {
		fmt.Fprintf(stderr, "bench picture: what is %q; see bench picture -help\n", f.Args())
		return nil, ErrFlags
	}
	return o, nil
}

// line is one strategy's: what a call cost, and what of the needed it left out.
type line struct {
	strategy, label string
	outcome         *strategy.Outcome
}

// Run plays the life under each strategy and writes the picture.
func Run(ctx context.Context, o *Options, stderr io.Writer) error {
	rules, err := strategy.Rules()
	if err != nil {
		return err
	}
	traces := trace.Synthetic(func(name string) bool { return name == o.Trace })
	if len(traces) == 0 {
		return fmt.Errorf("there is no synthetic trace %q: see bench cost -help", o.Trace)
	}
	for _, r := range rules {
		if r.Name == o.Rule {
			return picture(ctx, o, traces[0], strategy.Setting{Rule: r, Budget: traces[0].Budgets[0], Deaths: strategy.Oracle}, stderr)
		}
	}
	return fmt.Errorf("there is no price rule %q: see bench cost -help", o.Rule)
}

func picture(ctx context.Context, o *Options, t *trace.Trace, s strategy.Setting, stderr io.Writer) error {
	lines := []line{
		{strategy: "append-only", label: "append, without a budget"},
		{strategy: "slide", label: "sliding window"},
		{strategy: "summarise20", label: "summarise at the limit"},
		{strategy: "rent-or-buy", label: "quire"},
		{strategy: "append-reset", label: "start over at the limit"},
	}
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	life := t.Lives[0]
	sizes, err := strategy.Measure(ctx, life, &s)
	if err != nil {
		return err
	}
	for i := range lines {
		c := strategy.Case{Life: life, Setting: s, Sizes: sizes, Deaths: trace.Deaths(life, sizes, s.Budget),
			Progress: func(call, of int) { progress.Say("%s: %d of %d calls", lines[i].strategy, call, of) }}
		for _, known := range strategy.All() {
			if known.Name == lines[i].strategy {
				if lines[i].outcome, err = known.Run(ctx, &c); err != nil {
					return err
				}
			}
		}
	}
	drawn, err := chart(lines, &s, strings.TrimPrefix(filepath.Ext(o.Out), "."))
	if err != nil {
		return err
	}
	return os.WriteFile(o.Out, drawn, 0o644)
}
