package size

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

const usage = `bench size builds small programs, each an agent on a SQLite file with one adapter, and
says how large they are and how long they take. It runs the go command, from inside a
copy of quire's repository.

  go run ./bench size [flags]

Columns: modules and packages that are linked, without the standard library; megabytes
of the program, and without its symbols (-ldflags "-s -w"); seconds to build it again
after a change of its main file, the best of three; with -cold also from an empty
cache, the standard library included, which takes minutes.

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is built.
type Options struct {
	JSON bool
	Cold bool
	Only []string // names of programs; nil: all
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("size", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a row")
	f.BoolVar(&o.Cold, "cold", false, "also build with an empty cache: minutes")
	f.Func("only", "a `list` of programs ("+strings.Join(names(), ",")+")", func(s string) error {
		o.Only = strings.Split(s, ",")
		for _, name := range o.Only {
			if _, ok := programNamed(name); !ok {
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
	if f.NArg() > 0 {
		fmt.Fprintf(stderr, "bench size: what is %q; see bench size -help\n", f.Args())
		return nil, errFlags
	}
	return o, nil
}
