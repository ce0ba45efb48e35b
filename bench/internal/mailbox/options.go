// Package mailbox is the bench command of that name: what a store takes for each
// call at a mailbox of many messages, beside the bare driver writing the same rows.
package mailbox

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const usage = `bench mailbox measures a store at a mailbox of many messages of 1 KB.

  go run ./bench mailbox [-n 1000000] [-store sqlite|postgres|memory] [-only CALLS] [-keep NAME] [-cpuprofile FILE] [-json]

It fills one mailbox: mail of 50 senders in threads of four, whose words are spread
as those of a language are, nearly all of it handled. Then it measures, each many
times: to open the store; to send a message, durable and found at once; to read the
status, the newest 20, what is pending, one message, a thread, the last 100 changes,
a snapshot of an agent with 1,000 messages in its context; to search for one common
word, and for three words of a message at random; and to recall, with three such
words, a sheet of 4,000 tokens: "recall-first" with a new Recaller, "recall" with one
that remembers, "recall-agent" with all of a message, as an agent asks.

"CPU" is the mean time that this process had a processor for, where the system says
so; what a server did is not in it.

Beside sending stands what the bare driver reaches with the same rows in the same
tables, written one transaction a message, without reading anything, with the
statements prepared; the two take turns, a hundred messages each.
-store postgres wants QUIRE_POSTGRES_DSN to name a server; it works in a schema of its
own and removes it. The file of -store sqlite is removed too. With -keep the schema has
that name, or the file, and it stays; what a run before has filled is measured again.

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is measured.
type Options struct {
	N       int
	Store   string
	DSN     string   // of PostgreSQL
	Only    []string // calls; nil: all
	Keep    string   // of a file or a schema; "": it is removed
	Profile string   // the file that a profile of the calls goes to
	JSON    bool
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("mailbox", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.IntVar(&o.N, "n", 1_000_000, "messages in the mailbox, at least 1,000")
	f.StringVar(&o.Store, "store", "sqlite", "sqlite, postgres or memory")
	only := f.String("only", "", "measure only these calls, separated by commas; empty: all")
	f.StringVar(&o.Keep, "keep", "", "the file, or the schema of -store postgres, that is kept and used again")
	f.StringVar(&o.Profile, "cpuprofile", "", "write a profile of the calls that are measured to this file")
	f.BoolVar(&o.JSON, "json", false, "one JSON object a line instead of a table")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errFlags
	}
	o.DSN = os.Getenv("QUIRE_POSTGRES_DSN")
	if *only != "" {
		o.Only = strings.Split(*only, ",")
	}
	wrong := ""
	switch {
	case f.NArg() > 0:
		wrong = fmt.Sprintf("what is %q? There are only flags", f.Arg(0))
	case o.N < 1000:
		wrong = fmt.Sprintf("-n %d: at least 1,000", o.N)
	case !slices.Contains([]string{"sqlite", "postgres", "memory"}, o.Store):
		wrong = fmt.Sprintf("-store %q: use sqlite, postgres or memory", o.Store)
	case slices.ContainsFunc(o.Only, unknown):
		wrong = fmt.Sprintf("-only: there is no call %q; there are %s", o.Only[slices.IndexFunc(o.Only, unknown)], strings.Join(names(), ", "))
	case o.Keep != "" && o.Store == "memory":
		wrong = "-keep: what is in memory can't be kept"
	case o.Store == "postgres" && o.DSN == "":
		wrong = "-store postgres: set QUIRE_POSTGRES_DSN to a server, such as postgres://localhost/test"
	}
	if wrong != "" {
		fmt.Fprintf(stderr, "bench mailbox: %s\n", wrong)
		return nil, errFlags
	}
	return o, nil
}

// names are those of the calls that -only may name.
func names() []string {
	var list []string
	for _, c := range (&bench{}).calls() {
		list = append(list, c.name)
	}
	return append(list, "send")
}

func unknown(call string) bool { return !slices.Contains(names(), call) }
