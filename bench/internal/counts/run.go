package counts

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/quire-dev/quire/bench/internal/report"
)

const usage = `bench counts says how far off the counts of recorded prompts are from what the
provider reported, before and after learning from the reports.

  go run ./bench counts -data DIR [-json]

Every record below DIR that reports usage is read (see package transcript) and
counted with o200k_base and the framing of its API. Each call is predicted before
its report is looked at, with what the calls before it taught, for sessions that
begin with nothing and, "kept", for an agent that goes from one to the next.
Records leave out system prompts and schemas of tools, which are in the reports:
the calibration learns them as a constant, and that is part of what is measured.

  before, after  mean absolute error of the count and of the calibrated count
  worst          the largest error after learning
  over           calls reported above the bound for 0.99, of those that had one;
                 "unseen" of them grew by more than twice what the record shows
                 entering
  margin         by how much the bound is above the report, in the mean

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is measured.
type Options struct {
	Dir  string
	JSON bool
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("counts", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.Dir, "data", "", "the `folder` of records")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a row")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, errFlags
	case o.Dir == "" || f.NArg() > 0:
		fmt.Fprintln(stderr, "bench counts: want -data DIR and nothing else; see bench counts -help")
		return nil, errFlags
	}
	return o, nil
}

// Run measures and prints.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) error {
	rows, err := Measure(ctx, o.Dir, stderr)
	if err != nil {
		return err
	}
	if !o.JSON {
		fmt.Fprintf(stdout, "%-24s %-5s %-5s %6s %8s %7s %7s %14s %7s\n", "data", "kept", "calls", "n", "before", "after", "worst", "over (unseen)", "margin")
	}
	for i := range rows {
		r := &rows[i]
		if o.JSON {
			err = report.JSON(stdout, r)
		} else {
			_, err = fmt.Fprintf(stdout, "%-24s %-5v %-5s %6d %7.2f%% %6.2f%% %6.1f%% %6.2f%% %2d (%2d) %6.2f%%\n", r.Data, r.Kept, r.Calls, r.N,
				100*r.Before, 100*r.After, 100*r.Worst, share(r.Over, r.Bounded), r.Over, r.Unseen, 100*r.Margin)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Measure reads the records below dir and measures both ways.
func Measure(ctx context.Context, dir string, stderr io.Writer) ([]Row, error) {
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	sessions, err := load(ctx, dir, func(file string) { progress.Say("reading %s", file) })
	if err != nil {
		return nil, err
	}
	return append(measure(sessions, false), measure(sessions, true)...), nil
}

func share(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
