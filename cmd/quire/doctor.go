package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // for what only SQLite itself knows of its file

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/archive"
	"github.com/quire-dev/quire/mailbox/driver"
)

var doctor = &command{name: "doctor", about: "check the store, and say what to do", teach: `
Checks that the store can be opened, that the file and its index are whole (SQLite's own
integrity check), and that every message, state and receipt can be read. Then it looks for
what waits for somebody: dead letters, questions whose deadline is over, mail that is held
for its owner's consent, and calls of tools whose outcome nobody knows. What it finds it says
with what to do about it: the exit code is then 1, and 0 when all is well. It changes nothing.

With --repair it opens the file for writing first, which brings an older format up to date,
makes the search index anew and gives back free space. Programs that kept a state of the
store notice, and read it anew. Make a copy before: quire backup, or cp when nothing has the
file open.

  quire doctor --db mail.db
  quire doctor --json | jq -r '.findings[].what'
`, prepare: func(f *flag.FlagSet) action {
	repair := f.Bool("repair", false, "bring the format up to date, make the index anew, give back space")
	return func(r *request) error { return r.doctor(*repair) }
}}

// trouble is something that wants doing, as --json prints it.
type trouble struct {
	Kind   string        `json:"kind"` // open, file, content, state, dead, overdue, held or unknown
	Box    quire.Address `json:"box,omitempty"`
	Number quire.UID     `json:"number,omitempty"`
	What   string        `json:"what"`
	Do     string        `json:"do"`
}

// checkup is one run of doctor.
type checkup struct {
	*request
	store *mailbox.Store
	found []trouble
	boxes int
	read  int // messages
}

func (c *checkup) say(t trouble) { c.found = append(c.found, t) }

func (r *request) doctor(repair bool) error {
	if len(r.args) > 0 {
		return usage("it wants no arguments")
	}
	if repair {
		if err := r.repair(); err != nil {
			return err
		}
	}
	c := &checkup{request: r, found: []trouble{}}
	if err := c.run(); err != nil {
		return err
	}
	err := r.print(map[string]any{"mailboxes": c.boxes, "messages": c.read, "findings": c.found}, c.write)
	if err == nil && len(c.found) > 0 {
		err = errFound
	}
	return err
}

func (r *request) repair() error {
	return r.with(toWrite, func(s *opened) error {
		if s.file == nil {
			return usage("--repair is for files: a database is brought up to date when it is opened, and its server looks after its indexes")
		}
		return s.file.Rebuild(r.ctx)
	})
}

// run checks all there is. What keeps it from looking at all is an error, and what it sees
// a finding.
func (c *checkup) run() error {
	s, err := c.open(toRead)
	switch {
	case errors.Is(err, mailbox.ErrCorrupt), errors.Is(err, mailbox.ErrReadOnly), errors.Is(err, mailbox.ErrNewerFormat):
		c.say(trouble{Kind: "open", What: err.Error(), Do: cureOf(err)})
		return nil
	case err != nil:
		return err
	}
	c.store = s.Store
	return errors.Join(c.look(s), s.Close())
}

// cureOf is what to do about a store that can't be opened.
func cureOf(err error) string {
	switch {
	case errors.Is(err, mailbox.ErrNewerFormat):
		return "use the version of quire that wrote it, or a newer one"
	case errors.Is(err, mailbox.ErrReadOnly):
		return "quire doctor --repair brings it up to date, if you may write to it"
	}
	return unopened
}

// unopened is said instead of damaged when no other command could read the store either.
const unopened = "see that --db names the right store. If it does, keep a copy of the file as it is, and take the last backup: no command reads what can't be opened, but sqlite3's .recover may save some of it"

const damaged = "keep a copy of the file as it is. Take the last backup, or save what can be read: quire export, mailbox by mailbox, and quire import --restore into a new file"

func (c *checkup) look(s *opened) error {
	if s.file != nil {
		if err := c.file(s.path); err != nil {
			return err
		}
	}
	list, err := mailboxes(c.request, c.store, mailbox.MailboxQuery{})
	if err := c.unless(err, "file", ""); err != nil {
		return err
	}
	c.boxes = len(list)
	for i := range list {
		for _, check := range []func(*mailbox.Mailbox) error{c.content, c.agent, c.waiting} {
			if err := c.unless(check(&list[i]), "content", list[i].Address); err != nil {
				return err
			}
		}
	}
	return nil
}

// unless makes a finding of an error, unless it only says that the store can't be read now.
func (c *checkup) unless(err error, kind string, addr quire.Address) error {
	if err == nil || c.ctx.Err() != nil || errors.Is(err, mailbox.ErrBusy) || errors.Is(err, mailbox.ErrUnavailable) {
		return err
	}
	c.say(trouble{Kind: kind, Box: addr, What: err.Error(), Do: damaged})
	return nil
}

// file asks SQLite whether the file, its tables and its indexes are whole.
func (c *checkup) file(path string) error {
	said, err := integrity(c.ctx, path)
	if err != nil {
		if c.ctx.Err() != nil {
			return err
		}
		said = append(said, err.Error())
	}
	for _, what := range said {
		c.say(trouble{Kind: "file", What: "SQLite's integrity check: " + what, Do: "if it is about an index only, or the table search, quire doctor --repair makes it anew; else " + damaged})
	}
	return nil
}

// integrity is what SQLite's check finds; nothing when all is well.
func integrity(ctx context.Context, path string) (said []string, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	if path = filepath.ToSlash(path); !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro&_pragma=busy_timeout(5000)"}).String())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "PRAGMA integrity_check(20)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return said, err
		}
		if one != "ok" {
			said = append(said, one)
		}
	}
	return said, rows.Err()
}

// content reads every message, receipt and journal of a mailbox, as an export does.
func (c *checkup) content(b *mailbox.Mailbox) error {
	n, err := archive.Export(c.ctx, c.store, io.Discard, b.Address)
	c.read += n
	return err
}

// agent reads an agent's state and receipts, and looks for calls without an outcome.
func (c *checkup) agent(b *mailbox.Mailbox) error {
	if !b.Agent || b.Called.IsZero() { // what made no call may keep a state of another kind
		return nil
	}
	snap, st, err := look.State(c.ctx, c.store, b.Address)
	if err != nil {
		return err
	}
	for _, j := range snap.Journal {
		if j.Status == driver.JournalBegun && b.Owner == "" {
			c.say(trouble{Kind: "unknown", Box: b.Address, What: fmt.Sprintf("a call of %s had begun and has no result: if its process was killed, nobody knows whether it was done", j.Tool),
				Do: "run the agent: it is told that the outcome is unknown, unless the tool may be repeated"})
		}
	}
	return look.Receipts(c.ctx, c.store, b.Address, 1, st.Calls(), func(*compose.Receipt) error { return nil })
}

// waiting looks for what waits for a person.
func (c *checkup) waiting(b *mailbox.Mailbox) error {
	now := time.Now()
	r := *c.request
	r.box = string(b.Address)
	each := func(q mailbox.Query, what func(*mailbox.Row)) error {
		q.Now = now
		rows, _, _, err := r.query(c.store, q, 0)
		for i := range rows {
			what(&rows[i])
		}
		return err
	}
	at := func(kind string, row *mailbox.Row, what, do string) {
		c.say(trouble{Kind: kind, Box: b.Address, Number: row.UID, What: fmt.Sprintf("%s %q from %s: %s", row.Kind, row.Subject, row.From, what), Do: do})
	}
	named := func(command string, row *mailbox.Row) string {
		return fmt.Sprintf("quire %s --box %s %d", command, b.Address, row.UID)
	}
	return errors.Join(
		each(mailbox.Query{Has: quire.FlagDead}, func(row *mailbox.Row) {
			at("dead", row, "it was given up after "+fmt.Sprint(row.Lease.Attempt)+" tries: "+or(row.Lease.Reason, "nobody said why"),
				named("read", row)+" shows it; when the reason is gone, ask its sender to send it again, and destroy this one: "+named("expunge", row))
		}),
		each(mailbox.Query{Kinds: []quire.Kind{quire.KindQuestion}, Pending: true}, func(row *mailbox.Row) {
			if q := row.Question; look.Late(q, now) {
				at("overdue", row, "it wanted an answer by "+when(q.ReplyBy), named("answer", row)+", or "+named("done", row)+" to leave it: whoever asked went on, or waits")
			}
		}),
		each(mailbox.Query{Has: quire.FlagHeld, Not: quire.FlagHandled}, func(row *mailbox.Row) {
			at("held", row, "its sender needs the owner's consent", named("read", row)+" shows it; the program that runs the store can accept it, "+named("done", row)+" turns it down")
		}),
	)
}

func (c *checkup) write() {
	last := ""
	for _, t := range c.found {
		where, do := t.Kind, t.Do
		if t.Box != "" {
			where += " " + string(t.Box)
		}
		if t.Number > 0 {
			where += " " + t.Number.String()
		}
		if do == last {
			do = "as above"
		}
		fmt.Fprintf(c.out, "%s: %s\n  what to do: %s\n", line(where, 100), line(t.What, 400), do)
		last = t.Do
	}
	if len(c.found) == 0 {
		fmt.Fprintf(c.out, "all is well: %d messages in %d mailboxes\n", c.read, c.boxes)
	}
}
