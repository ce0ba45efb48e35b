package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// command is one thing that the program does.
type command struct {
	name, args, about string
	teach             string // what its help says, in paragraphs; lines that begin with two spaces are examples
	box               bool   // it is about one mailbox
	prepare           func(f *flag.FlagSet) action
}

// action does what a command is for, when its flags are read.
type action func(r *request) error

// commands are all there are, in the order of the help.
func commands() []*command {
	return []*command{ls, find, read, send, reply, answer, done, wait, serveMCP, top, contextOf, calls, why, cost, replay, whatIf,
		inspected, backup, export, imports, expunge, forget, remove, compact, doctor, completionOf()}
}

func commandOf(name string) *command {
	for _, c := range commands() {
		if c.name == name {
			return c
		}
	}
	return nil
}

func flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

const overview = `quire looks into the mailboxes that agents and people share, and works in them.

  quire [--db FILE] COMMAND [flags] [arguments]

A store is a file of package sqlitestore, or a PostgreSQL database of package
postgresstore: name it with --db or in QUIRE_DB. A name in a database with a password is
better in QUIRE_DB, since other users of the machine see command lines. In a store each
address has a mailbox; the commands that are about one want --box or QUIRE_BOX.

Messages have short numbers, one row of them for each mailbox: "12" is the twelfth message
of this mailbox, and what an agent sees as #12. Where a command wants a number, 12, '#12'
and the long id of a message all do.

A first look:
  export QUIRE_DB=mail.db
  quire ls                                   which mailboxes there are
  quire find --box ada --pending             what waits for ada
  quire send --box mia --to ada "Ship it?"   mia writes to ada
  quire wait --box mia --timeout 10m         until there is something for mia

`

const aboutOutput = `Text is for people, and may change. --json is for programs: one object on one line, with
times in UTC; a field may be added, none changes its meaning. What mail says is never sent
to a terminal as control characters: they are shown as \u001b. JSON has the exact text.

Reading changes nothing and never makes a store; SQLite may leave its two working files,
-wal and -shm, beside the file. Whoever can open the store may
read all of it and write in any name: rights are those of the file or the database. Rules
that a program gives its store in Go (groups, contacts, signing keys, limits) are not
stored, so they do not hold here.

`

// exitCodes are documented once, and held by the tests.
var exitCodes = []struct {
	code  int
	means string
}{
	{0, "it did what it was asked for; of wait: there is a message"},
	{exitFailed, "it could not; of doctor: it found something that wants doing; of send, reply and answer: somebody did not get it"},
	{exitUsage, "the command line can't be meant, or wants --yes"},
	{exitLater, "the store is busy, or can't be reached: the same may work later"},
	{exitTimeout, "of wait: the time is over, and no message came"},
	{exitInterrupted, "it was interrupted: Ctrl-C, or SIGTERM"},
}

func writeOverview(w io.Writer) {
	io.WriteString(w, overview)
	fmt.Fprintln(w, "Commands:")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s  %s\n", c.name, c.about)
	}
	io.WriteString(w, "\nquire help COMMAND, or quire COMMAND --help, says more of each; quire help --man is all of\nit as a manual page: quire help --man | man -l -\n\n")
	io.WriteString(w, aboutOutput)
	fmt.Fprintln(w, "Exit codes:")
	for _, e := range exitCodes {
		fmt.Fprintf(w, "  %-3d  %s\n", e.code, e.means)
	}
}

// write writes the help of a command.
func (c *command) write(w io.Writer) {
	fmt.Fprintf(w, "quire %s: %s\n\n  quire %s\n\n%s\n\nFlags:\n", c.name, c.about, c.line(), strings.TrimSpace(c.teach))
	c.eachFlag(func(f *flag.Flag, arg, about string) {
		fmt.Fprintf(w, "  %-18s  %s\n", strings.TrimSpace("--"+f.Name+" "+arg), about)
	})
}

// eachFlag hands over the flags of a command, with what each takes ("": nothing) and says.
func (c *command) eachFlag(do func(f *flag.Flag, arg, about string)) {
	f := flags(c.name)
	new(common).flags(f, c.box)
	c.prepare(f)
	f.VisitAll(func(f *flag.Flag) {
		arg, about := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			about += " (default " + f.DefValue + ")"
		}
		do(f, arg, about)
	})
}

func (c *command) line() string { return strings.TrimSpace(c.name + " [flags] " + c.args) }

// help prints the help of the program, or of a command; with --markdown all of it, as
// docs/cli.md has it, and with --man as a manual page.
func (r *request) help(args []string) error {
	f := flags("help")
	page := f.Bool("markdown", false, "")
	manual := f.Bool("man", false, "")
	args, err := parse(f, args)
	switch {
	case err != nil:
		return r.helped(err)
	case *page:
		writePage(r.out)
	case *manual:
		writeMan(r.out)
	case len(args) == 0:
		writeOverview(r.out)
	default:
		if r.cmd = commandOf(args[0]); r.cmd == nil {
			return usage("there is no command %q: quire help lists them", args[0])
		}
		r.cmd.write(r.out)
	}
	return nil
}

// writePage writes all help as one page.
func writePage(w io.Writer) {
	fmt.Fprint(w, "# The command line\n\nThis page is the help of `cmd/quire`, made by `go run ./cmd/quire help --markdown > docs/cli.md`.\nInstall it with `go install ./cmd/quire` in a copy of this repository.\n\n```text\n")
	writeOverview(w)
	fmt.Fprint(w, "```\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "\n## %s\n\n```text\n", c.name)
		c.write(w)
		fmt.Fprint(w, "```\n")
	}
}
