package adopt

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

const usage = `bench adopt plays one conversation through programs on openai-go, anthropic-sdk-go and
langchaingo, each with its whole list, with a sliding window of its own, and over a transport
that composes (package adopt).

  go run ./bench adopt [-turns N] [-budget N] [-pause MINUTES] [-json]

A server on this machine plays the vendor: it counts, plays the vendor's cache byte for byte
and reports what it did. Every request is held to the vendor's rules. Who asks, what is
answered and what tools return is drawn by the turn and the same for all. A row has the
tokens of all calls, the part that was read from the cache, and what they cost by the
catalogue's prices.

Flags:
`

var errFlags = errors.New("flags")

// Options say what is played.
type Options struct {
	Turns, Budget, Pause int
	JSON                 bool
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(line []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("adopt", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.IntVar(&o.Turns, "turns", 300, "turns of the conversation; every third one uses a tool")
	f.IntVar(&o.Budget, "budget", 16000, "`tokens` of input that a request may have: of the transport, and of the window")
	f.IntVar(&o.Pause, "pause", 1, "`minutes` between two turns")
	f.BoolVar(&o.JSON, "json", false, "one JSON object a line instead of a table")
	if err := f.Parse(line); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errFlags
	}
	if f.NArg() > 0 || o.Turns < 1 || o.Budget < 1000 || o.Pause < 0 {
		fmt.Fprintln(stderr, "bench adopt: want at least one turn, a budget of at least 1,000 tokens, and flags only")
		return nil, errFlags
	}
	return o, nil
}
