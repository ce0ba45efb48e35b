package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/archive"
)

var backup = &command{name: "backup", args: "PATH", about: "copy the file, while it is in use", teach: `
Writes a copy of the whole store, as of one moment, to a new file; others may go on writing.
Copy a store in use like this, never with cp. A file that is there already is left alone.
The copy is a store like any other: a program that opens it notices that it is another one.

  quire backup --db mail.db mail-$(date +%F).db

For a database, use what its server has, pg_dump say.
`, prepare: func(*flag.FlagSet) action { return (*request).backup }}

func (r *request) backup() error {
	if len(r.args) != 1 {
		return usage("it wants the path of a file that is not there yet")
	}
	return r.with(toRead, func(s *opened) error {
		if s.file == nil {
			return usage("%s is for files: back up a database with pg_dump, its schema is \"quire\"", r.cmd.name)
		}
		if err := s.file.Backup(r.ctx, r.args[0]); err != nil {
			return err
		}
		return r.print(map[string]string{"backup": r.args[0]}, func() { fmt.Fprintf(r.out, "copied to %s\n", clean(r.args[0])) })
	})
}

var export = &command{name: "export", args: "[ADDRESS...]", about: "write mailboxes as JSON Lines or mbox", teach: `
Writes mailboxes, those that are named or all, to the standard output or to a new file: as
JSON Lines, which lose nothing but streams, leases and what was destroyed, or with --mbox in
the form that mail programs read, which has messages only. Others may go on writing, so what
is written is of several moments; export a backup for one.

  quire export --db mail.db | gzip > mail.jsonl.gz
  quire export --mbox --out ada.mbox ada
`, prepare: func(f *flag.FlagSet) action {
	mbox := f.Bool("mbox", false, "as mbox")
	out := f.String("out", "", "to this `PATH`, which must not be there yet")
	return func(r *request) error { return r.export(*mbox, *out) }
}}

func (r *request) export(mbox bool, path string) error {
	if r.json && path == "" {
		return usage("--json is about what was written: it wants --out, or the mailboxes would stand between")
	}
	return r.with(toRead, func(s *opened) error {
		boxes, err := r.boxes(s.Store)
		if err != nil {
			return err
		}
		w, done, err := r.target(path)
		if err != nil {
			return err
		}
		written := map[string]any{"mailboxes": len(boxes)}
		if mbox {
			var lost archive.Losses
			lost, err = archive.ExportMbox(r.ctx, s.Store, w, boxes...)
			written["messages"], written["lost"] = lost.Messages, lost.Parts
		} else {
			written["messages"], err = archive.Export(r.ctx, s.Store, w, boxes...)
		}
		if err = errors.Join(err, done(err)); err != nil || path == "" {
			return err
		}
		return r.print(written, func() {
			fmt.Fprintf(r.out, "%d messages of %d mailboxes to %s\n", written["messages"], len(boxes), clean(path))
		})
	})
}

// target is where an export goes. done closes it, and takes away what is only a part.
func (r *request) target(path string) (w io.Writer, done func(failed error) error, err error) {
	if path == "" {
		return r.out, func(error) error { return nil }, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, nil, fmt.Errorf("there is something at %s already: name another path, or take it away", path)
	}
	return f, func(failed error) error {
		if failed == nil {
			failed = f.Sync()
		}
		if err := errors.Join(failed, f.Close()); err != nil {
			return errors.Join(err, os.Remove(path))
		}
		return nil
	}, err
}

// boxes are the mailboxes that the arguments name, or all.
func (r *request) boxes(s *mailbox.Store) (out []quire.Address, err error) {
	list, err := mailboxes(r, s, mailbox.MailboxQuery{})
	if err != nil {
		return nil, err
	}
	there := map[quire.Address]bool{}
	for _, b := range list {
		there[b.Address] = true
		out = append(out, b.Address)
	}
	if len(r.args) == 0 {
		return out, nil
	}
	out = nil
	for _, name := range r.args {
		addr := quire.Address(name).Base()
		if !there[addr] {
			return nil, fmt.Errorf("there is no mailbox %q: quire ls lists them: %w", name, mailbox.ErrNotFound)
		}
		out = append(out, addr)
	}
	return out, nil
}

var imports = &command{name: "import", args: "[FILE]", about: "read mailboxes from JSON Lines or mbox", teach: `
Reads what quire export wrote, or with --mbox a mailbox of any mail program, from a file or
from the standard input, and makes the store if it is not there. It is a claim of whoever
made the file: messages get new numbers and are marked as external, whoever they say they
are from. With --restore it is taken for what these very mailboxes were, with their numbers,
flags, and agents' states: into a store that does not have them yet.

Importing the same again changes nothing, so an import that broke off is begun anew. A
message that can't be kept is left out and told: the exit code is 1 then.

  quire import --db new.db --restore mail.jsonl
  quire import --db mail.db --mbox --to ada old.mbox
`, prepare: func(f *flag.FlagSet) action {
	o := importing{}
	f.BoolVar(&o.mbox, "mbox", false, "it is an mbox; wants --to")
	f.BoolVar(&o.restore, "restore", false, "it is what these mailboxes were")
	f.StringVar(&o.to, "to", "", "all of it goes to the mailbox of this `ADDRESS`")
	return func(r *request) error { return r.imports(&o) }
}}

type importing struct {
	mbox, restore bool
	to            string
}

func (r *request) imports(o *importing) (err error) {
	switch {
	case len(r.args) > 1:
		return usage("it wants one file, or the standard input")
	case o.mbox && o.to == "":
		return usage("--mbox wants --to: an mbox does not say whose mailbox it is")
	case o.mbox && o.restore:
		return usage("an mbox has not all that --restore needs: export as JSON Lines")
	}
	if o.to != "" {
		if err := quire.Address(o.to).Valid(); err != nil {
			return usage("--to: %v", err)
		}
	}
	in := io.Reader(&until{r.ctx, r.stdin})
	if len(r.args) == 1 && r.args[0] != "-" {
		f, err := os.Open(r.args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	return r.with(toMake, func(s *opened) error {
		var counts archive.Counts
		var err error
		if o.mbox {
			counts, _, err = archive.ImportMbox(r.ctx, s.Store, in, quire.Address(o.to))
		} else {
			counts, err = archive.Import(r.ctx, s.Store, in, &archive.Options{Restore: o.restore, To: quire.Address(o.to)})
		}
		return r.imported(&counts, err)
	})
}

// left is a message that an import left out, as --json prints it.
type left struct {
	Place int             `json:"place"`
	ID    quire.MessageID `json:"id,omitempty"`
	Why   string          `json:"why"`
}

func (r *request) imported(c *archive.Counts, err error) error {
	out := []left{}
	for _, l := range c.Left {
		out = append(out, left{l.Place, l.ID, l.Err.Error()})
	}
	told := r.print(map[string]any{"mailboxes": c.Mailboxes, "added": c.Added, "known": c.Known, "leftOut": c.LeftOut, "left": out}, func() {
		fmt.Fprintf(r.out, "%d messages added, %d were there already, %d left out\n", c.Added, c.Known, c.LeftOut)
		for _, l := range out {
			fmt.Fprintf(r.out, "left out, at %d: %s\n", l.Place, line(l.Why, 300))
		}
	})
	if err == nil && c.LeftOut > 0 {
		err = errFound
	}
	return errors.Join(told, err)
}
