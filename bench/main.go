package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	costcmd "github.com/quire-dev/quire/bench/internal/cost"
	countscmd "github.com/quire-dev/quire/bench/internal/counts"
	fitcmd "github.com/quire-dev/quire/bench/internal/fit"
	gapscmd "github.com/quire-dev/quire/bench/internal/gaps"
	mailboxcmd "github.com/quire-dev/quire/bench/internal/mailbox"
	overheadcmd "github.com/quire-dev/quire/bench/internal/overhead"
	picturecmd "github.com/quire-dev/quire/bench/internal/picture"
	recallcmd "github.com/quire-dev/quire/bench/internal/recall"
	sizecmd "github.com/quire-dev/quire/bench/internal/size"
	speedcmd "github.com/quire-dev/quire/bench/internal/speed"
	workcmd "github.com/quire-dev/quire/bench/internal/work"
)

const usage = `bench measures what composing prompts costs, and how long it takes.

  go run ./bench cost -data DIR    what prompts cost and what they keep: append,
                                   slide, reset, summarise, evict, rent-or-buy
  go run ./bench speed             time and memory of one more prompt
  go run ./bench recall -data FILE how often what a question needs is found
  go run ./bench counts -data DIR  how far off counts are, before and after learning
  go run ./bench gaps              what the lives of cache marks cost an agent that waits
  go run ./bench mailbox           each call of a store at a mailbox of a million messages
  go run ./bench overhead          what quire adds to a model call, beside each vendor's
                                   own client
  go run ./bench size              how large a program with one adapter is, and how long
                                   it takes to build
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

// run returns the exit status: 1 when something failed, 2 for a command line
// that is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	var ok bool
	var err error
	switch args[0] {
	case "cost":
		var o *costcmd.Options
		if o, err = costcmd.Parse(args[1:], stderr); err == nil {
			ok, err = costcmd.Run(ctx, o, stdout, stderr)
		}
	case "speed":
		var o *speedcmd.Options
		if o, err = speedcmd.Parse(args[1:], stderr); err == nil {
			ok, err = true, speedcmd.Run(ctx, o, stdout, stderr)
		}
	case "recall":
		var o *recallcmd.Options
		if o, err = recallcmd.Parse(args[1:], stderr); err == nil {
			ok, err = true, recallcmd.Run(ctx, o, stdout, stderr)
		}
	case "counts":
		var o *countscmd.Options
		if o, err = countscmd.Parse(args[1:], stderr); err == nil {
			ok, err = true, countscmd.Run(ctx, o, stdout, stderr)
		}
	case "gaps":
		var o *gapscmd.Options
		if o, err = gapscmd.Parse(args[1:], stderr); err == nil {
			ok, err = gapscmd.Run(ctx, o, stdout, stderr)
		}
	case "mailbox":
		var o *mailboxcmd.Options
		if o, err = mailboxcmd.Parse(args[1:], stderr); err == nil {
			ok, err = true, mailboxcmd.Run(ctx, o, stdout, stderr)
		}
	case "overhead":
		var o *overheadcmd.Options
		if o, err = overheadcmd.Parse(args[1:], stderr); err == nil {
			ok, err = true, overheadcmd.Run(ctx, o, stdout, stderr)
		}
	case "size":
		var o *sizecmd.Options
		if o, err = sizecmd.Parse(args[1:], stderr); err == nil {
			ok, err = true, sizecmd.Run(ctx, o, stdout, stderr)
		}
	case "fit":
		var o *fitcmd.Options
		if o, err = fitcmd.Parse(args[1:], stderr); err == nil {
			ok, err = true, fitcmd.Run(ctx, o, stdout, stderr)
		}
	case "picture":
		var o *picturecmd.Options
		if o, err = picturecmd.Parse(args[1:], stderr); err == nil {
			ok, err = true, picturecmd.Run(ctx, o, stderr)
		}
	case "work":
		var o *workcmd.Options
		if o, err = workcmd.Parse(args[1:], stderr); err == nil {
			ok, err = workcmd.Run(ctx, o, stdout, stderr)
		}
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return 0
	default:
		fmt.Fprintf(stderr, "bench: there is no %q\n\n%s", args[0], usage)
		return 2
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, costcmd.ErrFlags), errors.Is(err, fitcmd.ErrFlags), errors.Is(err, speedcmd.ErrFlags), errors.Is(err, picturecmd.ErrFlags), errors.Is(err, recallcmd.ErrFlags),
		errors.Is(err, mailboxcmd.ErrFlags), errors.Is(err, countscmd.ErrFlags), errors.Is(err, overheadcmd.ErrFlags),
		errors.Is(err, sizecmd.ErrFlags), errors.Is(err, workcmd.ErrFlags), errors.Is(err, gapscmd.ErrFlags):
		return 2
	case err != nil:
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	case !ok:
		return 1
	}
	return 0
}
