package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"

	adoptcmd "github.com/quire-dev/quire/bench/internal/adopt"
	costcmd "github.com/quire-dev/quire/bench/internal/cost"
	countscmd "github.com/quire-dev/quire/bench/internal/counts"
	enginecmd "github.com/quire-dev/quire/bench/internal/engine"
	fitcmd "github.com/quire-dev/quire/bench/internal/fit"
	gapscmd "github.com/quire-dev/quire/bench/internal/gaps"
	mailboxcmd "github.com/quire-dev/quire/bench/internal/mailbox"
	overheadcmd "github.com/quire-dev/quire/bench/internal/overhead"
	picturecmd "github.com/quire-dev/quire/bench/internal/picture"
	recallcmd "github.com/quire-dev/quire/bench/internal/recall"
	repliescmd "github.com/quire-dev/quire/bench/internal/replies"
	sizecmd "github.com/quire-dev/quire/bench/internal/size"
	speedcmd "github.com/quire-dev/quire/bench/internal/speed"
	workcmd "github.com/quire-dev/quire/bench/internal/work"
)

const usage = `bench measures what composing prompts costs, and how long it takes.

  go run ./bench cost -data DIR    what prompts cost and what they keep: append,
                                   slide, reset, summarise, evict, rent-or-buy
  go run ./bench speed             time and memory of one more prompt
  go run ./bench recall -data FILE how often what a question needs is found
  go run ./bench replies -data DIR what package wire makes of recorded answers, beside a
                                   decoder of its own
  go run ./bench counts -data DIR  how far off counts are, before and after learning
  go run ./bench gaps              what the lives of cache marks cost an agent that waits
  go run ./bench mailbox           each call of a store at a mailbox of a million messages
  go run ./bench overhead          what quire adds to a model call, beside each vendor's
                                   own client
  go run ./bench size              how large a program with one adapter is, and how long
                                   it takes to build
  go run ./bench server -dir DIR   a real server and a model to measure against, made of
                                   the package registries
  go run ./bench engine            whether a real server counts and caches what was predicted
  go run ./bench adopt             what a long conversation costs before and after a program
                                   adopts the transport
  go run ./bench fit -data DIR     how likely things are used again: the table that the
                                   default policy goes by, from records or your own agent
  go run ./bench picture           what a call costs over a life, and what the whole costs
                                   against what is kept, as SVGs
  go run ./bench work              whether jobs get done with what prompts and tools show

Each has -help.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is one measurement: it parses its arguments and runs. ok is false when what it
// measured is not as it should be.
type command func(ctx context.Context, args []string, stdout, stderr io.Writer) (ok bool, err error)

// errUsage says that the command line was wrong; what is wrong was printed.
var errUsage = errors.New("usage")

// of is the command of a parser and a runner.
func of[O any](parse func([]string, io.Writer) (*O, error), run func(context.Context, *O, io.Writer, io.Writer) (bool, error)) command {
	return func(ctx context.Context, args []string, stdout, stderr io.Writer) (bool, error) {
		o, err := parse(args, stderr)
		if err != nil && !errors.Is(err, flag.ErrHelp) {
			err = errUsage
		}
		if err != nil {
			return false, err
		}
		return run(ctx, o, stdout, stderr)
	}
}

// plain is a runner that measures and judges nothing.
func plain[O any](run func(context.Context, *O, io.Writer, io.Writer) error) func(context.Context, *O, io.Writer, io.Writer) (bool, error) {
	return func(ctx context.Context, o *O, stdout, stderr io.Writer) (bool, error) {
		return true, run(ctx, o, stdout, stderr)
	}
}

func commands() map[string]command {
	return map[string]command{
		"adopt":    of(adoptcmd.Parse, adoptcmd.Run),
		"cost":     of(costcmd.Parse, costcmd.Run),
		"speed":    of(speedcmd.Parse, plain(speedcmd.Run)),
		"replies":  of(repliescmd.Parse, repliescmd.Run),
		"recall":   of(recallcmd.Parse, plain(recallcmd.Run)),
		"counts":   of(countscmd.Parse, plain(countscmd.Run)),
		"gaps":     of(gapscmd.Parse, gapscmd.Run),
		"mailbox":  of(mailboxcmd.Parse, plain(mailboxcmd.Run)),
		"overhead": of(overheadcmd.Parse, plain(overheadcmd.Run)),
		"size":     of(sizecmd.Parse, plain(sizecmd.Run)),
		"engine":   of(enginecmd.Parse, enginecmd.Run),
		"server":   of(enginecmd.ParseServer, enginecmd.RunServer),
		"fit":      of(fitcmd.Parse, plain(fitcmd.Run)),
		"picture": of(picturecmd.Parse, func(ctx context.Context, o *picturecmd.Options, _, stderr io.Writer) (bool, error) {
			return true, picturecmd.Run(ctx, o, stderr)
		}),
		"work": of(workcmd.Parse, workcmd.Run),
	}
}

// run returns the exit status: 1 when something failed, 2 for a command line
// that is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	do, known := commands()[args[0]]
	switch {
	case slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]):
		fmt.Fprint(stdout, usage)
		return 0
	case !known:
		fmt.Fprintf(stderr, "bench: there is no %q\n\n%s", args[0], usage)
		return 2
	}
	ok, err := do(ctx, args[1:], stdout, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case err != nil:
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	case !ok:
		return 1
	}
	return 0
}
