// Command daemon runs two agents and a person on one SQLite file, for as long
// as you like. Kill it at any moment and start it again: it goes on where it
// stood. Run it with -help.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const help = `daemon runs two agents on one mailbox file: ada builds, ben reviews, and mia, a
person, hands out jobs and sometimes answers questions. Every model call gets a
prompt composed from the mailbox within a small budget; what does not fit leaves
the prompt, stays in the mailbox, and is pulled back when it is needed.

  go run ./examples/daemon                   12 turns with a scripted model: no key, no network
  go run ./examples/daemon                   again: goes on where it stood
  go run ./examples/daemon -turns 0          for ever; Ctrl-C or kill -9 at any moment, then run it again
  go run ./examples/daemon -budget 1500      a smaller context: more leaves
  go run ./examples/daemon -person off       nobody answers: questions take their defaults
  go run ./examples/daemon -quiet -turns 10000 -stats
                                             a long life: does composing get slower?
  go run ./examples/daemon -fresh -model ollama:qwen3
  go run ./examples/daemon -fresh -model openai:gpt-5-mini
                                             the same with a real model; keys come from the
                                             environment (OPENAI_API_KEY, ANTHROPIC_API_KEY)

Options:
`

type options struct {
	db, model, baseURL, person, clock, dump string
	turns, until, budget                    int
	fresh, quiet, stats, check              bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// parse reads the command line; done is set when there is nothing left to do.
func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	f := flag.NewFlagSet("daemon", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.db, "db", "quire-daemon.db", "the mailbox `file`")
	f.BoolVar(&o.fresh, "fresh", false, "delete the file first and begin anew")
	f.IntVar(&o.turns, "turns", 12, "stop after this many turns; 0 goes on for ever")
	f.IntVar(&o.until, "until", 0, "stop when the file holds this many turns in all")
	f.IntVar(&o.budget, "budget", 4000, "`tokens` that a prompt may take")
	f.StringVar(&o.model, "model", "", "a real model: openai:`NAME`, anthropic:NAME or ollama:NAME; empty is scripted")
	f.StringVar(&o.baseURL, "base-url", "", "where the model's server is, if not at its usual place")
	f.StringVar(&o.person, "person", "on", "off: mia answers no questions")
	f.StringVar(&o.clock, "clock", "", "logical (5 seconds for each message; the default when scripted) or wall")
	f.BoolVar(&o.quiet, "quiet", false, "print no turns")
	f.BoolVar(&o.stats, "stats", false, "print times, memory and file size at the end")
	f.BoolVar(&o.check, "check", false, "check every prompt against the rules of five wire formats")
	f.StringVar(&o.dump, "dump", "", "at the end, write the mailboxes and each agent's next prompt to this `file`")
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		io.WriteString(stdout, help)
		f.SetOutput(stdout)
		f.PrintDefaults()
		return o, 0, true
	case err == nil && f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	case err == nil && o.person != "on" && o.person != "off":
		err = fmt.Errorf("-person is on or off, not %q", o.person)
	case err == nil && o.clock != "" && o.clock != "logical" && o.clock != "wall":
		err = fmt.Errorf("-clock is logical or wall, not %q", o.clock)
	case err == nil && (o.turns < 0 || o.until < 0 || o.budget < 1):
		err = errors.New("-turns and -until must not be negative, -budget must be positive")
	}
	if err != nil {
		fmt.Fprintf(stderr, "daemon: %v\nTry daemon -help.\n", err)
		return o, 2, true
	}
	if o.clock == "" {
		o.clock = "wall"
		if o.model == "" {
			o.clock = "logical"
		}
	}
	return o, 0, false
}

// run is the whole program, for tests too. It returns the exit status: 0 when
// it did what it was asked or was interrupted, 1 when something failed, 2 when
// it was started in a way that can't work.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, code, done := parse(args, stdout, stderr)
	if done {
		return code
	}
	const stopped = "Stopped. Everything so far is in the file; run again to go on."
	w, err := open(ctx, o, stdout)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(stdout, stopped)
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "daemon: %v\n", err)
		return 2
	}
	err = w.live(ctx)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(stdout, stopped)
		err = nil
	}
	if err == nil && o.dump != "" {
		err = w.dump(context.WithoutCancel(ctx), o.dump)
	}
	if err == nil && o.stats {
		err = w.report()
	}
	if e := w.store.Close(); err == nil {
		err = e
	}
	if err != nil {
		fmt.Fprintf(stderr, "daemon: %v\n", err)
		return 1
	}
	return 0
}
