package main

import (
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
)

var why = &command{name: "why", args: "MESSAGE [CALL]", box: true, about: "say why a call saw a message, or did not", teach: `
Says how a message stood in a call of the agent, in its last one if none is named, which
call decided that, and why. Below is its whole history up to then: when it entered, became
an excerpt or a stub, left, and came back. "by #30" says that #30, the result of a pull,
showed it.

  quire why --box ada 12
  quire why --box ada 12 117        why did call 117 not see message 12?
  quire calls --box ada 117         what else changed in that call
`, prepare: func(*flag.FlagSet) action { return (*request).why }}

// explained is an answer of why, as --json prints it.
type explained struct {
	Message message      `json:"message"`
	Call    uint64       `json:"call"`
	Time    time.Time    `json:"time"`
	Fate    compose.Fate `json:"fate"`              // out also when it never was in a call
	Decided uint64       `json:"decided,omitempty"` // by which call; 0: by none
	Through quire.UID    `json:"through,omitempty"` // the result of a pull that shows it
	Tokens  int          `json:"tokens,omitempty"`
	Reason  string       `json:"reason"`
	History []turning    `json:"history"`
}

// turning is one change in how a message stood.
type turning struct {
	Call    uint64       `json:"call"`
	Time    time.Time    `json:"time"`
	Through quire.UID    `json:"through,omitempty"`
	Fate    compose.Fate `json:"fate"`
	Tokens  int          `json:"tokens"`
	Left    int          `json:"left,omitempty"`
	Reason  string       `json:"reason"`
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
		_, st, err := r.state(s.Store, quire.Address(r.box))
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
		e, err := r.explain(s.Store, &items[0], call)
		if err != nil {
			return err
		}
		return r.print(e, func() { r.writeWhy(e) })
	})
}

// explain looks through the receipts up to a call.
func (r *request) explain(s *mailbox.Store, it *quire.Item, call uint64) (*explained, error) {
	e := &explained{Message: headOf(it, time.Now()), Call: call, Fate: compose.FateOut, History: []turning{}}
	pulls, err := r.pulls(s, it)
	if err != nil {
		return nil, err
	}
	var light []compose.Receipt // with the decisions about it only
	about := func(d *compose.Decision) bool { return d.UID == it.UID || pulls[d.UID] }
	stood := map[quire.UID]bool{}
	err = r.receipts(s, quire.Address(r.box), 1, call, func(rec *compose.Receipt) error {
		one := compose.Receipt{Call: rec.Call, Full: rec.Full}
		for _, d := range rec.Decisions {
			if !about(&d) {
				continue
			}
			one.Decisions = append(one.Decisions, d)
			if d.New || !stood[d.UID] {
				stood[d.UID] = true
				e.History = append(e.History, turningOf(rec, &d, it.UID))
			}
		}
		e.Time = rec.Time.UTC()
		light = append(light, one)
		return nil
	})
	if err != nil {
		return nil, err
	}
	turn, err := r.turnOf(s, call)
	if err != nil {
		return nil, err
	}
	e.decide(light, it, pulls, turn)
	return e, nil
}

// turnOf is the number of what the model said in a call: what has a greater one came after
// it. 0 is not known.
func (r *request) turnOf(s *mailbox.Store, call uint64) (turn quire.UID, err error) {
	err = r.receipts(s, quire.Address(r.box), call+1, call+1, func(next *compose.Receipt) error {
		for _, d := range next.Decisions {
			if d.Kind == quire.KindTurn && slices.Contains(next.Arrived, d.UID) {
				turn = d.UID
			}
		}
		return nil
	})
	if err != nil || turn > 0 {
		return turn, err
	}
	rows, _, _, err := r.query(s, mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}}, 1)
	if len(rows) > 0 {
		turn = rows[0].UID
	}
	return turn, err
}

func turningOf(rec *compose.Receipt, d *compose.Decision, uid quire.UID) turning {
	t := turning{Call: rec.Call, Time: rec.Time.UTC(), Fate: d.Fate, Tokens: d.Tokens, Left: d.Left, Reason: d.Reason}
	if d.UID != uid {
		t.Through = d.UID
	}
	return t
}

// decide says how it stood in the last of the receipts: as itself, or else in the newest
// result that showed it.
func (e *explained) decide(receipts []compose.Receipt, it *quire.Item, pulls map[quire.UID]bool, turn quire.UID) {
	own, call, known := compose.Explain(receipts, it.UID)
	if known {
		e.Fate, e.Decided, e.Tokens, e.Reason = own.Fate, call, own.Tokens, own.Reason
	}
	if e.Fate == compose.FateIn {
		return
	}
	for uid := range pulls {
		if d, call, ok := compose.Explain(receipts, uid); ok && d.Fate == compose.FateIn && uid > e.Through {
			e.Fate, e.Decided, e.Tokens, e.Reason, e.Through = d.Fate, call, d.Tokens, d.Reason, uid
		}
	}
	switch {
	case known || e.Through > 0:
	case turn > 0 && it.UID > turn:
		e.Reason = "it came after this call"
	case it.Self:
		e.Reason = "the agent's own, and in no prompt up to this call: what it says enters with the call after it"
	default:
		e.Reason = "it waited in the mailbox: no turn had begun with it, and the agent had not pulled it. A notice at most said that it is there"
	}
}

// pulls are the results of the agent's tools that show a message.
func (r *request) pulls(s *mailbox.Store, it *quire.Item) (map[quire.UID]bool, error) {
	found := map[quire.UID]bool{}
	rows, _, _, err := r.query(s, mailbox.Query{Kinds: []quire.Kind{quire.KindResult}, Above: it.UID, Oldest: true}, 0)
	if err != nil {
		return nil, err
	}
	for len(rows) > 0 {
		n := min(len(rows), 200)
		var uids []quire.UID
		for i := range rows[:n] {
			uids = append(uids, rows[i].UID)
		}
		items, err := s.Get(r.ctx, quire.Address(r.box), mailbox.Get{UIDs: uids})
		if err != nil {
			return nil, err
		}
		for i := range items {
			if refersTo(items[i].Parts, it, 0) {
				found[items[i].UID] = true
			}
		}
		rows = rows[n:]
	}
	return found, nil
}

func refersTo(parts []quire.Part, it *quire.Item, nesting int) bool {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Ref:
			if p.Message == it.ID || p.Message == "" && p.UID == it.UID {
				return true
			}
		case quire.ToolResult:
			if nesting < maxNesting && refersTo(p.Parts, it, nesting+1) {
				return true
			}
		}
	}
	return false
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
