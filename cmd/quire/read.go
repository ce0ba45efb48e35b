package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

var read = &command{name: "read", args: "N...", box: true, about: "show whole messages", teach: `
Shows messages of a mailbox, by their numbers, in the order asked for. Reading marks
nothing: say quire done when a message is dealt with. When one is not there the others are
shown, and the exit code is 1.

  quire read --box mia 3 4
  quire read --box mia --json 3 | jq -r '.messages[0].text'
`, prepare: func(*flag.FlagSet) action { return (*request).read }}

func (r *request) read() error {
	if len(r.args) == 0 {
		return usage("which message? Give its number: quire find lists them")
	}
	return r.with(toRead, func(s *opened) error {
		items, missing := r.found(s.Store, r.args)
		if missing != nil && !errors.Is(missing, mailbox.ErrNotFound) {
			return missing
		}
		now := time.Now()
		list := make([]message, len(items))
		for i := range items {
			list[i] = whole(&items[i], now)
		}
		err := r.print(map[string]any{"messages": list}, func() {
			for i := range list {
				if i > 0 {
					fmt.Fprint(r.out, "\n---\n\n")
				}
				r.writeMessage(&list[i])
			}
		})
		return errors.Join(err, missing)
	})
}

var done = &command{name: "done", args: "N...", box: true, about: "say that messages are dealt with", teach: `
Marks messages as dealt with: they are pending no more, and quire wait does not count them.
They stay in the mailbox. All of them are marked or, when one is not there, none.

  quire done --box mia 3 4

To close a question with an answer, see quire answer.
`, prepare: func(*flag.FlagSet) action { return (*request).done }}

func (r *request) done() error {
	if len(r.args) == 0 {
		return usage("which message? Give its number: quire find --pending lists what waits")
	}
	return r.with(toWrite, func(s *opened) error {
		items, err := r.found(s.Store, r.args)
		if err != nil {
			return err
		}
		var uids []quire.UID
		for i := range items {
			uids = append(uids, items[i].UID)
		}
		if err := s.Box(quire.Address(r.box)).Done(r.ctx, uids...); err != nil {
			return err
		}
		return r.print(map[string]any{"done": uids}, func() {
			for _, n := range uids {
				fmt.Fprintf(r.out, "done %d\n", n)
			}
		})
	})
}
