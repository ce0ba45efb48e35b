package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// The exit codes, as the help documents them.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitLater       = 75  // EX_TEMPFAIL of sysexits.h
	exitTimeout     = 124 // as of timeout(1)
	exitInterrupted = 130 // as of a shell whose command got SIGINT
)

// request is one run of a command.
type request struct {
	ctx    context.Context
	cmd    *command
	args   []string // without flags
	stdin  io.Reader
	out    *bufio.Writer
	stdout io.Writer // behind out
	stderr io.Writer
	rules  mailbox.Rules // of what it sends
	// patience is how long it goes on trying a server that is away; 0: as long as the store does.
	patience time.Duration
	common
}

// common are the flags that every command has.
type common struct {
	db   string
	box  string
	json bool
}

func (c *common) flags(f *flag.FlagSet, box bool) {
	f.StringVar(&c.db, "db", c.db, "the store: a `FILE`, or postgres://… (default: QUIRE_DB)")
	f.BoolVar(&c.json, "json", c.json, "print one JSON object, errors too")
	if box {
		f.StringVar(&c.box, "box", c.box, "the `ADDRESS` whose mailbox it is about (default: QUIRE_BOX)")
	}
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	r := &request{ctx: ctx, stdin: stdin, out: bufio.NewWriter(stdout), stdout: stdout, stderr: stderr,
		common: common{db: os.Getenv("QUIRE_DB"), box: os.Getenv("QUIRE_BOX")}}
	err := r.do(args)
	if flushed := r.out.Flush(); flushed != nil {
		err = errors.Join(err, fmt.Errorf("writing the output: %w", flushed))
	}
	if err != nil {
		r.complain(err)
	}
	return r.code(err)
}

// do finds the command, reads its flags and runs it.
func (r *request) do(args []string) error {
	front := flags("quire")
	r.common.flags(front, true)
	if err := front.Parse(args); err != nil {
		return r.helped(err)
	}
	if args = front.Args(); len(args) == 0 {
		writeOverview(r.out)
		return usage("a command is missing")
	}
	name, args := args[0], args[1:]
	if name == "help" {
		return r.help(args)
	}
	if r.cmd = commandOf(name); r.cmd == nil {
		return usage("there is no command %q: quire help lists them", name)
	}
	f := flags(name)
	r.common.flags(f, r.cmd.box)
	act := r.cmd.prepare(f)
	var err error
	if r.args, err = parse(f, args); err != nil {
		return r.helped(err)
	}
	if r.cmd.box {
		if r.box == "" {
			return usage("whose mailbox? Give --box ADDRESS, or set QUIRE_BOX")
		}
		if err := quire.Address(r.box).Valid(); err != nil {
			return usage("--box: %v", err)
		}
	}
	return act(r)
}

// parse reads flags wherever they stand among the arguments; what follows -- is none.
func parse(f *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		before := len(args)
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		used := before - f.NArg()
		if used > 0 && args[used-1] == "--" {
			return append(rest, f.Args()...), nil
		}
		if args = f.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	return rest, nil
}

// helped prints the help where it was asked for by a flag.
func (r *request) helped(err error) error {
	if !errors.Is(err, flag.ErrHelp) {
		return usage("%v", err)
	}
	if r.cmd == nil {
		writeOverview(r.out)
	} else {
		r.cmd.write(r.out)
	}
	return nil
}

// usageError is a command line that can't be meant.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

var (
	// errTimeout is a wait whose time is over.
	errTimeout = errors.New("no message came in time")
	// errFound is for what the output says already.
	errFound = errors.New("not all is well")
)

// outcome names an error for programs, and gives its exit code.
func (r *request) outcome(err error) (name string, code int) {
	var wrong *usageError
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.As(err, &wrong):
		return "usage", exitUsage
	case is(errTimeout):
		return "timeout", exitTimeout
	case r.ctx.Err() != nil && is(context.Canceled):
		return "interrupted", exitInterrupted
	case is(mailbox.ErrBusy, mailbox.ErrUnavailable):
		return "unavailable", exitLater
	case is(mailbox.ErrNotFound, fs.ErrNotExist):
		return "notFound", exitFailed
	case is(mailbox.ErrCannotCalculateChanges):
		return "cannotCalculateChanges", exitFailed
	case is(mailbox.ErrNewerFormat):
		return "newerFormat", exitFailed
	case is(mailbox.ErrCorrupt):
		return "corrupt", exitFailed
	case is(mailbox.ErrInvalid):
		return "invalid", exitFailed
	case is(mailbox.ErrInUse):
		return "inUse", exitFailed
	}
	return "failed", exitFailed
}

func (r *request) code(err error) int {
	if err == nil {
		return 0
	}
	_, code := r.outcome(err)
	return code
}

// complain says what went wrong, on stderr.
func (r *request) complain(err error) {
	if errors.Is(err, errFound) {
		return
	}
	name, code := r.outcome(err)
	text := err.Error() + advice(err)
	if code == exitInterrupted {
		text = "interrupted"
		if errors.Is(err, mailbox.ErrOutcomeUnknown) {
			text += ": " + err.Error()
		}
	}
	if r.json {
		b, _ := json.Marshal(map[string]string{"error": name, "text": text}) // of strings: never an error
		fmt.Fprintf(r.stderr, "%s\n", b)
		return
	}
	who := "quire"
	if r.cmd != nil {
		who += " " + r.cmd.name
	}
	fmt.Fprintf(r.stderr, "%s: %s\n", who, clean(text))
	if code == exitUsage && r.cmd != nil {
		fmt.Fprintf(r.stderr, "%s --help says how it is used\n", who)
	}
}

// advice is what to do about an error of a store.
func advice(err error) string {
	switch {
	case errors.Is(err, mailbox.ErrBusy):
		return "\nanother process is writing: try again when it has ended"
	case errors.Is(err, mailbox.ErrCorrupt):
		return "\nquire doctor says what is damaged and what can be done"
	case errors.Is(err, mailbox.ErrReadOnly):
		return "\nif it is of an older version, quire doctor --repair brings it up to date"
	case errors.Is(err, mailbox.ErrCannotCalculateChanges):
		return "\nleave --since out, and go on from the state that this prints"
	}
	return ""
}

// print writes the value as JSON, or runs text.
func (r *request) print(v any, text func()) error {
	if !r.json {
		text()
		return nil
	}
	e := json.NewEncoder(r.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
