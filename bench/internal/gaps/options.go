package gaps

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Usage is printed for -help, before the flags.
const Usage = `bench gaps plays lives that wait, and says what the lives of cache marks cost. A
provider keeps what is marked for five minutes, or for an hour at a higher price; each
use lets it live anew. No model is called.

  go run ./bench gaps [-data DIR] [flags]

Examples:
  bench gaps -data DIR
        the generated lives that are reported, and the recorded sessions
  bench gaps -seed 1
        those to try ideas on: what is reported is not looked at for that
  bench gaps -trace people -calls 200 -json
        a quick look at one life, a row a line

The lives:
  poll-*     a look every so many minutes, which its host knows of: an alarm
  alarms     looks that the agent sets itself, minutes to hours ahead
  office     mail on working days from 9 to 17
  bursts     a handful of messages within minutes, then nothing for a while
  people     answers that take minutes to hours
  builds     the same, with tools that take minutes, too
  session-*  long sessions of a coding assistant below DIR, at their own times

The strategies:
  fixed 5m   every mark for five minutes
  fixed 1h   every mark for an hour
  chosen     as the composer chooses, by the gaps it has seen and by alarms
  chosen, untold
             the same without being told of alarms
  cautious   the same where an entry of an hour lives only as long as what was read when it
             was written: an hour is bought from the beginning of a prompt on, or not
  clairvoyant
             the composer again, with the true gap to the next call in place of what was
             seen. It decides for that gap alone, and may buy an hour a call later than
             would have been cheapest, so it is no lower bound

All compose their own prompts: when the cache is cold what is dead leaves for nothing, so
what is kept changes what is sent.

The columns:
  cost       units of one uncached input token a call, by an emulated cache
  /fixed     over the better of the two fixed strategies on the same life
  /clairv    over the clairvoyant
  layered    /fixed, if entries live like that; no source says whether they do
  written    tokens a call, and the share of them that was written for an hour
  cold       calls that read less than half of their prompt
  wrong      bills that are not what the cache did; of cautious, those that promised more

Means are of the ratios of each life. The exit status is 1 when something failed or a
bill was wrong, and 2 for a flag that does not exist.

Flags:
`

// Options say what is run.
type Options struct {
	Data   string
	Traces []string // beginnings of names; empty: all
	Seed   int
	Calls  int // of each life
	JSON   bool
}

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("gaps", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, Usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.Data, "data", "", "folder of recorded runs: claude-code-sessions/*.jsonl(.gz)")
	f.Func("trace", "only these lives: a comma-separated `list` of names or their beginnings", func(s string) error {
		o.Traces = append(o.Traces, strings.Split(s, ",")...)
		return nil
	})
	f.IntVar(&o.Seed, "seed", 2, "of the generated lives")
	f.IntVar(&o.Calls, "calls", 600, "of each life, at most")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a row")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errFlags
	}
	switch {
	case f.NArg() > 0:
		fmt.Fprintf(stderr, "bench gaps: what is %q; see bench gaps -help\n", f.Arg(0))
		return nil, errFlags
	case o.Calls <= 0:
		fmt.Fprintf(stderr, "bench gaps: -calls %d: there has to be one at least\n", o.Calls)
		return nil, errFlags
	}
	return o, nil
}

// wants says whether a life is asked for.
func (o *Options) wants(name string) bool {
	for _, t := range o.Traces {
		if strings.HasPrefix(name, t) {
			return true
		}
	}
	return len(o.Traces) == 0
}
