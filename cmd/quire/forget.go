package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

var forget = &command{name: "forget", args: "[ID...]", about: "erase what somebody wrote, or messages, for good", teach: `
Erases messages in all mailboxes: with --from all that the owner of a mailbox wrote, else those
with the ids that are named (quire read shows them). Their numbers, senders and times stay. What was
made of them goes too: the index, notes and results of searches that show them, streams. The file
is then cleared of what is left in its free space and its log; others can write meanwhile.

It prints a certificate: what went, which calls of agents' models saw it, and where messages that
stay have exact copies; --json has all of it. Backups, exports and logs are not reached. Stop
agents that read it before, or run it again after. This wants --yes, and without it shows what
would go.

  quire forget --from eve
  quire forget --from eve --yes --json > certificate.json
  quire forget 019b8d6b-b5c8-7e14-9527-dbc036e49b57 --yes
`, prepare: func(f *flag.FlagSet) action {
	from := f.String("from", "", "all that the owner of this `MAILBOX` wrote")
	yes := f.Bool("yes", false, "do it")
	return func(r *request) error { return r.forgets(quire.Address(*from), *yes) }
}}

var remove = &command{name: "delete", args: "ADDRESS", about: "delete a mailbox", teach: `
Deletes a mailbox and all that is its own: its messages, as far as nobody else has them, its
agent's state and receipts. What others have of its mail is theirs: the certificate lists it, and
quire forget --from erases what its owner wrote. Stop its agent before. This wants --yes, and
without it shows what would go.

  quire delete ada
  quire delete ada --yes
`, prepare: func(f *flag.FlagSet) action {
	yes := f.Bool("yes", false, "do it")
	return func(r *request) error { return r.deletes(*yes) }
}}

func (r *request) forgets(from quire.Address, yes bool) error {
	if from == "" && len(r.args) == 0 {
		return usage("what? Name a sender with --from, or ids of messages: quire read shows them")
	}
	f := mailbox.Forget{From: from}
	for _, id := range r.args {
		f.Messages = append(f.Messages, quire.MessageID(id))
	}
	if !yes {
		return r.would(f)
	}
	return r.with(toWrite, func(s *opened) error {
		c, err := s.Forget(r.ctx, f)
		if err != nil && len(c.Messages)+len(c.Earlier) == 0 {
			return err
		}
		return errors.Join(err, r.print(c, func() { writeCertificate(r.out, &c) }))
	})
}

// would says what forgetting would take, as far as that is seen without reading all.
func (r *request) would(f mailbox.Forget) error {
	return r.with(toRead, func(s *opened) error {
		boxes, err := mailboxes(r, s.Store, mailbox.MailboxQuery{})
		if err != nil {
			return err
		}
		counts := map[quire.Address]int{}
		for _, b := range boxes {
			n, err := r.wouldIn(s.Store, b.Address, f)
			if err != nil {
				return err
			}
			if n > 0 {
				counts[b.Address] = n
			}
		}
		err = r.print(map[string]any{"would": counts}, func() {
			for _, addr := range slices.Sorted(maps.Keys(counts)) {
				fmt.Fprintf(r.out, "%s: %d messages\n", addr, counts[addr])
			}
		})
		return errors.Join(err, usage("nothing was forgotten: with --yes these are, and what was made of them"))
	})
}

func (r *request) wouldIn(s *mailbox.Store, addr quire.Address, f mailbox.Forget) (n int, err error) {
	if f.From != "" {
		for q := (mailbox.Query{From: f.From.Base(), Not: quire.FlagForgotten, Limit: 1000}); ; {
			page, err := s.Query(r.ctx, addr, q)
			if err != nil {
				return n, err
			}
			if n += len(page.Rows); !page.More {
				break
			}
			q.Cursor = page.Next
		}
	}
	if len(f.Messages) > 0 {
		items, err := s.Get(r.ctx, addr, mailbox.Get{IDs: f.Messages})
		if err != nil {
			return n, err
		}
		n += len(items)
	}
	return n, nil
}

func (r *request) deletes(yes bool) error {
	if len(r.args) != 1 {
		return usage("which mailbox? Name one: quire ls lists them")
	}
	addr := quire.Address(r.args[0])
	if !yes {
		return r.with(toRead, func(s *opened) error {
			st, err := s.Status(r.ctx, addr)
			if err != nil {
				return err
			}
			err = r.print(map[string]any{"would": map[quire.Address]int{addr: st.Total}}, func() { fmt.Fprintf(r.out, "%s: %d messages\n", addr, st.Total) })
			return errors.Join(err, usage("nothing was deleted: with --yes it is"))
		})
	}
	return r.with(toWrite, func(s *opened) error {
		c, err := s.DeleteMailbox(r.ctx, addr)
		if err != nil {
			return err
		}
		return r.print(c, func() { writeCertificate(r.out, &c) })
	})
}

// writeCertificate says in short what a certificate says.
func writeCertificate(w io.Writer, c *mailbox.Certificate) {
	fmt.Fprintf(w, "%d messages gone, and %d that were made of them\n", len(c.Messages), len(c.Derived))
	var agents []quire.Address
	for _, s := range c.Calls {
		agents = append(agents, s.Agent)
	}
	slices.Sort(agents)
	for _, a := range slices.Compact(agents) {
		fmt.Fprintf(w, "calls of %s's model saw some of it\n", a)
	}
	for _, q := range c.Quotes {
		fmt.Fprintf(w, "%s in the mailbox of %s has a copy: %d bytes of message %s\n", q.UID, q.Mailbox, q.Length, q.Of)
	}
	if len(c.Kept) > 0 {
		fmt.Fprintf(w, "%d messages are in mailboxes of others\n", len(c.Kept))
	}
	if len(c.Earlier) > 0 {
		fmt.Fprintf(w, "%d had gone before\n", len(c.Earlier))
	}
	for _, id := range c.Unknown {
		fmt.Fprintf(w, "there is no message %s\n", line(string(id), 80))
	}
}
