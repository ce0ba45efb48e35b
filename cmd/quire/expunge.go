package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

var expunge = &command{name: "expunge", args: "N...", box: true, about: "destroy messages for good", teach: `
Destroys messages of a mailbox: all of them or, when one can't be, none. Other mailboxes keep
theirs. What stands in an agent's context, and what it has not taken in yet, can't be
destroyed. quire forget erases what does. This wants --yes, and without it shows
what would go.

  quire expunge --box ada 3 4
  quire expunge --box ada 3 4 --yes
`, prepare: func(f *flag.FlagSet) action {
	yes := f.Bool("yes", false, "do it")
	return func(r *request) error { return r.expunge(*yes) }
}}

func (r *request) expunge(yes bool) error {
	if len(r.args) == 0 {
		return usage("which message? Give its number: quire find lists them")
	}
	why := toRead
	if yes {
		why = toWrite
	}
	return r.with(why, func(s *opened) error {
		items, err := r.found(s.Store, r.args)
		if err != nil {
			return err
		}
		now := time.Now()
		var uids []quire.UID
		var list []message
		for i := range items {
			uids, list = append(uids, items[i].UID), append(list, headOf(&items[i], now))
		}
		if !yes {
			err := r.print(map[string]any{"would": list}, func() { r.writeRows(list) })
			return errors.Join(err, usage("nothing was destroyed: with --yes these are"))
		}
		state, err := s.Expunge(r.ctx, quire.Address(r.box), uids)
		if err != nil {
			return err
		}
		return r.print(map[string]any{"destroyed": uids, "state": state}, func() { fmt.Fprintf(r.out, "%d messages destroyed\n", len(uids)) })
	})
}

var compact = &command{name: "compact", args: "[ADDRESS...]", about: "forget which messages were destroyed", teach: `
Forgets, in the mailboxes that are named or in all, which messages were destroyed and when.
Only programs need that which come back after long and ask what changed since: they have to
read the mailbox anew then. No message is touched. With --before it forgets up to that state
only, in one mailbox. To give back free space of a file, see quire doctor --repair.

  quire compact
  quire compact --before 4f1c9e:120 ada
`, prepare: func(f *flag.FlagSet) action {
	before := f.String("before", "", "forget up to this `STATE`, from --json of find or wait (default: now)")
	return func(r *request) error { return r.compact(quire.State(*before)) }
}}

func (r *request) compact(before quire.State) error {
	if before != "" && len(r.args) != 1 {
		return usage("--before is a state of one mailbox: name it")
	}
	return r.with(toWrite, func(s *opened) error {
		boxes, err := r.boxes(s.Store)
		if err != nil {
			return err
		}
		marks := map[quire.Address]quire.State{}
		for _, addr := range boxes {
			if marks[addr], err = r.forget(s.Store, addr, before); err != nil {
				return err
			}
		}
		return r.print(map[string]any{"changesSince": marks}, func() {
			for _, addr := range boxes {
				fmt.Fprintf(r.out, "%s: changes are known since %s\n", addr, marks[addr])
			}
		})
	})
}

// forget compacts a mailbox up to a state, "" is now.
func (r *request) forget(s *mailbox.Store, addr quire.Address, before quire.State) (quire.State, error) {
	if before == "" {
		st, err := s.Status(r.ctx, addr)
		if err != nil {
			return "", err
		}
		before = st.State
	}
	return s.Compact(r.ctx, addr, before)
}
