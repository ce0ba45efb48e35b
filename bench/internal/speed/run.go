package speed

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/quire-dev/quire/bench/internal/report"
)

const usage = `bench speed measures one more prompt: a question and an answer are taken in, and
the next request's messages are made.

  go run ./bench speed [flags]

Cases:
  window    by how many messages of 128 tokens stand in the context, all of which
            fit: quire, langchaingo's ConversationTokenBuffer, and eino's middleware
            that clears old tool results, on the same texts
  history   by how many messages a mailbox in one SQLite file holds, with a context
            that is full and of the same size: what an agent reads, and the plan

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is measured.
type Options struct {
	JSON    bool
	Windows []int
	History []int
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{Windows: []int{100, 1000, 10_000}, History: []int{1000, 100_000}}
	f := flag.NewFlagSet("speed", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a row")
	f.Func("window", "a `list` of windows, in messages (100,1000,10000)", list(&o.Windows))
	f.Func("history", "a `list` of pasts, in messages (1000,100000); 1000000 takes minutes to make; 0 for none", list(&o.History))
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errFlags
	}
	if f.NArg() > 0 {
		fmt.Fprintf(stderr, "bench speed: what is %q; see bench speed -help\n", f.Args())
		return nil, errFlags
	}
	return o, nil
}

func list(to *[]int) func(string) error {
	return func(s string) error {
		*to = nil
		for n := range strings.SplitSeq(s, ",") {
			v, err := strconv.Atoi(n)
			if err != nil || v < 0 {
				return fmt.Errorf("%q is no number of messages", n)
			}
			*to = append(*to, v)
		}
		return nil
	}
}

// Run measures and prints.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) error {
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	p := printer{o: o, stdout: stdout, progress: progress}
	if err := p.head(); err != nil {
		return err
	}
	for _, n := range o.Windows {
		if err := ctx.Err(); err != nil {
			return err
		}
		progress.Say("a window of %d messages", n)
		w, err := newWindow(n)
		if err != nil {
			return err
		}
		ours := testing.Benchmark(w.plan)
		buffer := testing.Benchmark(w.buffer)
		if err := p.row("window", "quire", n, 0, ours); err != nil {
			return err
		}
		if err := p.row("window", "langchaingo buffer", n, 0, buffer); err != nil {
			return err
		}
		if err := p.row("window", "eino reduction", n, 0, testing.Benchmark(w.reduction)); err != nil {
			return err
		}
	}
	for _, n := range slices.DeleteFunc(slices.Clone(o.History), func(n int) bool { return n == 0 }) {
		h, err := newHistory(ctx, n, func(done int) { progress.Say("writing a past of %d messages: %d", n, done) })
		if err != nil {
			return err
		}
		r := testing.Benchmark(h.preview)
		if err := errors.Join(h.err, h.close()); err != nil {
			return err
		}
		if err := p.row("history", "quire, one SQLite file", historyWindow, n, r); err != nil {
			return err
		}
	}
	return nil
}

// row is one row of the JSON output.
type row struct {
	Case    string `json:"case"`
	Impl    string `json:"impl"`
	Items   int    `json:"items"`
	History int    `json:"history"`
	NsOp    int64  `json:"ns_op"`
	Allocs  int64  `json:"allocs_op"`
	Bytes   int64  `json:"bytes_op"`
}

type printer struct {
	o        *Options
	stdout   io.Writer
	progress *report.Progress
}

func (p *printer) head() error {
	if p.o.JSON {
		return nil
	}
	_, err := fmt.Fprintf(p.stdout, "%s/%s, %d processors, %s\n%-8s %-24s %8s %9s %12s %10s %12s\n",
		runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version(), "case", "what", "items", "history", "time", "allocs", "bytes")
	return err
}

func (p *printer) row(name, impl string, items, history int, r testing.BenchmarkResult) error {
	p.progress.Clear()
	if p.o.JSON {
		return report.JSON(p.stdout, row{name, impl, items, history, r.NsPerOp(), r.AllocsPerOp(), r.AllocedBytesPerOp()})
	}
	_, err := fmt.Fprintf(p.stdout, "%-8s %-24s %8d %9d %10.1fµs %10d %12d\n", name, impl, items, history,
		float64(r.NsPerOp())/1000, r.AllocsPerOp(), r.AllocedBytesPerOp())
	return err
}
