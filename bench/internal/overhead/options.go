package overhead

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

const usage = `bench overhead measures what quire adds to a model call. For each adapter, call by
call in turn:

  quire   a step of an agent: it reads its mailbox (one SQLite file), composes the
          prompt, encodes it, sends it through the adapter, reads the reply, and
          commits what came
  bare    the vendor's own client sends the same bytes and reads the same reply

The server is on this machine and answers at once, so that all the rest is the
clients'. The context holds -tokens tokens, all of which fit; each step adds a short
message and its answer.

  go run ./bench overhead [flags]

Columns: p50 and p99 of both in milliseconds; "added" is the median of quire's less
the median of bare, and so for p99; then the medians of what quire's time went into:
"read" and "commit" are the store's, "compose" is the plan, "http" is from the
request's first byte to the answer's last, and "rest" is encoding, decoding, the
client and the loop. With a commit goes a sync of the disk; -normal leaves it out.

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is measured.
type Options struct {
	JSON   bool
	N      int // calls for each adapter
	Tokens int
	Only   []string // names of adapters; nil: all
	Normal bool
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("overhead", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a row")
	f.IntVar(&o.N, "n", 500, "`calls` for each adapter")
	f.IntVar(&o.Tokens, "tokens", 32_000, "`tokens` in the prompt")
	f.BoolVar(&o.Normal, "normal", false, "sync the disk at checkpoints only, not with each commit")
	f.Func("only", "a `list` of adapters ("+strings.Join(names(), ",")+")", func(s string) error {
		o.Only = strings.Split(s, ",")
		for _, name := range o.Only {
			if _, ok := rivalNamed(name); !ok {
				return fmt.Errorf("there is no %q", name)
			}
		}
		return nil
	})
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errFlags
	}
	if f.NArg() > 0 || o.N < 1 || o.Tokens < 1000 {
		fmt.Fprintf(stderr, "bench overhead: no arguments, -n from 1, -tokens from 1000; see bench overhead -help\n")
		return nil, errFlags
	}
	return o, nil
}
