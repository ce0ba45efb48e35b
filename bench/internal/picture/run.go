package picture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/quire-dev/quire/bench/internal/frontier"
	"github.com/quire-dev/quire/bench/internal/report"
	"github.com/quire-dev/quire/bench/internal/strategy"
	"github.com/quire-dev/quire/bench/internal/trace"
)

const usage = `bench picture draws one of two pictures, as an SVG.

What a call costs over the life of an agent: a line for each strategy, the mean of the
last 100 calls.

  go run ./bench picture -o docs/cost.svg

The life is one of the synthetic traces, so that the picture is the same on every
machine. It says itself when something is not needed any more.

What the whole costs against what is kept, from rows that bench cost has written:

  go run ./bench cost -data DIR -rule claude -deaths default -frontier -json \
      -budget 16000,32000 -trace swe-runs,session -strategy slide,slide75,rent-or-buy,value,grid > docs/frontier.jsonl
  go run ./bench picture -rows docs/frontier.jsonl -o docs/frontier.svg

Each grey dot is a plain strategy, its place the mean over all traces and budgets of
body recall and of the total over append-reset's. The line is the least that a plain
strategy costs in the mean that keeps at least so much in the mean. What costs more
than 1.6 and has no name is left out. -cells draws each trace and budget by itself.

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is drawn.
type Options struct {
	Out, Trace, Rule string
	Rows             string // file of rows of a frontier; empty: the life is drawn
	Cells            bool   // each cell of the frontier, not the mean
	marks            []mark
}

// marked is what has a name in the frontier unless others are asked for.
const marked = "value=quire,append-reset=start over at the limit"

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("picture", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.Out, "o", "cost.svg", "the `file` to write")
	f.StringVar(&o.Trace, "trace", "synth-task-32k", "the `name` of a synthetic trace")
	f.StringVar(&o.Rule, "rule", "claude", "the `name` of a price rule")
	f.StringVar(&o.Rows, "rows", "", "draw the frontier of this `file` that bench cost -frontier -json wrote")
	f.BoolVar(&o.Cells, "cells", false, "a frontier for each trace and budget, not the mean")
	names := f.String("mark", marked, "strategies of the frontier that have a name: a `list` of strategy=name")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errFlags
	}
	if f.NArg() > 0 {
		fmt.Fprintf(stderr, "bench picture: what is %q; see bench picture -help\n", f.Args())
		return nil, errFlags
	}
	for m := range strings.SplitSeq(*names, ",") {
		strategy, name, ok := strings.Cut(m, "=")
		if !ok || strategy == "" || name == "" {
			fmt.Fprintf(stderr, "bench picture: -mark %q is no strategy=name; see bench picture -help\n", m)
			return nil, errFlags
		}
		o.marks = append(o.marks, mark{strategy, name})
	}
	return o, nil
}

// line is one strategy's: what a call cost, and what of the needed it left out.
type line struct {
	strategy, label string
	outcome         *strategy.Outcome
}

// Run plays the life under each strategy, or reads the rows, and writes the picture.
func Run(ctx context.Context, o *Options, stderr io.Writer) error {
	if o.Rows != "" {
		return frontierOf(o)
	}
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
		{strategy: "value", label: "quire"},
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
	return os.WriteFile(o.Out, chart(lines, &s), 0o644)
}

// frontierOf draws the rows of a file. The file also has what sums them up, which is
// left alone: it is no cell.
func frontierOf(o *Options) error {
	data, err := os.ReadFile(o.Rows)
	if err != nil {
		return err
	}
	var rows []frontier.Row
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		var r frontier.Row
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("%s: %w", o.Rows, err)
		}
		if r.Trace != "" {
			rows = append(rows, r)
		}
	}
	drawn, err := draw(rows, o.Cells, o.marks)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Rows, err)
	}
	return os.WriteFile(o.Out, drawn, 0o644)
}
