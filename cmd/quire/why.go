package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
)

var why = &command{name: "why", args: "MESSAGE [CALL]", box: true, about: "say why a call saw a message, or did not", teach: `
Says how a message stood in a call of the agent, in its last one if none is named, which
call decided that, and why. Below is its whole history up to then: when it entered, became
an excerpt or a stub, left, and came back. "by #30" says that #30, the result of a pull,
showed it. "12% within 32 calls; reload 4700, rent 610" is the default policy's reason: how likely
it was used again, what asking for it again would have cost, and what keeping it would have, both in
tokens at the price of uncached input. What has the least to lose leaves first.

  quire why --box ada 12
  quire why --box ada 12 117        why did call 117 not see message 12?
  quire calls --box ada 117         what else changed in that call
`, prepare: func(*flag.FlagSet) action { return (*request).why }}

// explained is an answer of why, as --json prints it.
type explained struct {
	Message message `json:"message"`
	*look.Explained
}

func (r *request) why() error {
	if len(r.args) < 1 || len(r.args) > 2 {
		return usage("it wants the number of a message, and that of a call if it is not the last")
	}
	var call uint64
	if len(r.args) == 2 {
		n, ok := number(r.args[1])
		if !ok {
			return usage("%q is no number of a call: quire calls lists them", r.args[1])
		}
		call = uint64(n)
	}
	return r.with(toRead, func(s *opened) error {
		_, st, err := look.State(r.ctx, s.Store, quire.Address(r.box))
		if err != nil {
			return err
		}
		if call == 0 {
			call = st.Calls()
		}
		if err := r.madeCall(call, st.Calls()); err != nil {
			return err
		}
		items, err := r.found(s.Store, r.args[:1])
		if err != nil {
			return err
		}
		found, err := look.Explain(r.ctx, s.Store, quire.Address(r.box), &items[0], call, 0)
		if err != nil {
			return err
		}
		e := &explained{headOf(&items[0], time.Now()), found}
		return r.print(e, func() { r.writeWhy(e) })
	})
}

func (r *request) writeWhy(e *explained) {
	m := &e.Message
	fmt.Fprintf(r.out, "#%d %s from %s, %s: %s\n", m.Number, m.Kind, line(string(m.From), 60), when(m.Sent), or(line(m.Subject, 100), "no subject"))
	fmt.Fprintf(r.out, "In call %d of %s, %s, it was %s", e.Call, r.box, when(e.Time), e.Fate)
	if e.Through > 0 {
		fmt.Fprintf(r.out, ", shown by %s, the result of a pull", e.Through)
	}
	fmt.Fprintf(r.out, ": %s", line(or(e.Reason, "nothing was said about it"), 300))
	if e.Decided > 0 && e.Decided != e.Call {
		fmt.Fprintf(r.out, " (since call %d)", e.Decided)
	}
	fmt.Fprintln(r.out)
	if len(e.History) == 0 {
		return
	}
	fmt.Fprintln(r.out)
	r.table("CALL|TIME|STANDS|TOKENS|WHY", func(row func(...any)) {
		for _, t := range e.History {
			stands := string(t.Fate)
			if t.Through > 0 {
				stands += " by " + t.Through.String()
			}
			row(t.Call, when(t.Time), stands, t.Tokens, line(t.Reason, 100))
		}
	})
}
