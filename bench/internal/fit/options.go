package fit

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/trace"
)

// Usage is printed for -help, before the flags.
const Usage = `bench fit counts how likely what stands in a prompt is used again, and prints the
table that policy.Value goes by (policy.Rates), as JSON.

  go run ./bench fit -data DIR [-half fit|held|all]
  go run ./bench fit -db FILE -agent ADDRESS

-data counts on recorded runs: swebench-runs/*.json.gz and the long sessions of
claude-code-sessions. -db counts on the past of an agent of yours, from its receipts in a
SQLite file. Either way the calls are composed again with nothing ever leaving, so that each
use is seen: something is used when a later answer holds its handle, or an identifier of
which it is the newest holder.

To go by your own table:

  var rates policy.Rates
  err := json.Unmarshal(file, &rates)
  value := policy.Value{Rates: rates}
  composer := compose.New(&compose.Options{Policy: value, Schedule: value})

An agent that talks and names nothing gives no table: what can't be seen used is not counted,
and a rate of which little was counted stays near the others.

  uses   rates by how often something was used: new in the last call and not yet, not yet,
         once, twice, 3 or 4 times, more often
  sizes  factors by its tokens: below 64, 256, 1,024, 4,096, and from there on

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is counted.
type Options struct {
	Data  string
	Half  trace.Half
	DB    string
	Agent quire.Address
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{Half: trace.All}
	f := flag.NewFlagSet("fit", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, Usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.Data, "data", "", "`folder` of recorded runs")
	f.Func("half", "which `half` of them: fit, held or all (default all)", func(s string) error {
		switch o.Half = trace.Half(s); o.Half {
		case trace.All, trace.Fit, trace.Held:
			return nil
		}
		return fmt.Errorf("there are fit, held and all")
	})
	f.StringVar(&o.DB, "db", "", "`file` of a mailbox")
	f.Func("agent", "whose past, with -db: an `address`", func(s string) error {
		o.Agent = quire.Address(s)
		return nil
	})
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, errFlags
	}
	why := ""
	switch {
	case f.NArg() > 0:
		why = fmt.Sprintf("what is %q", f.Args())
	case (o.Data == "") == (o.DB == ""):
		why = "give -data or -db"
	case o.DB != "" && o.Agent == "":
		why = "-db needs -agent: whose past?"
	}
	if why != "" {
		fmt.Fprintf(stderr, "bench fit: %s; see bench fit -help\n", why)
		return nil, errFlags
	}
	return o, nil
}
