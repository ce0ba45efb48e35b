package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/internal/replaying"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

var replay = &command{name: "replay", box: true, about: "compose an agent's calls again, and say whether they come out the same", teach: `
Composes every call of the agent again, from the messages and the receipts, by the rules of
its time, and compares each with its receipt: the digest of the prompt's bytes, and the bill.
When all are the same, the store has all that explains the calls, and quire whatif can be
believed. It calls no model and changes nothing.

  quire replay --box ada
  quire replay --box ada --json | jq '.differ[] | {call, bytes, bill}'

The exit code is 1 when a call comes out otherwise. That is so when messages were destroyed
(then it stops there and says which), when the program had a policy, a counter or recall of
its own that this one does not know (it says so), and after an upgrade that composes
otherwise. Receipts that were stored before 2026-11-29 can't tell.
`, prepare: func(*flag.FlagSet) action { return (*request).replay }}

// replayed is what a replay says, as --json prints it.
type replayed struct {
	Agent    quire.Address `json:"agent"`
	Calls    int           `json:"calls"`
	Known    int           `json:"known"` // calls whose receipts can tell
	Same     int           `json:"same"`
	Differ   []differs     `json:"differ"`
	Problems []string      `json:"problems,omitempty"`
}

// differs is a call that comes out otherwise.
type differs struct {
	Call  uint64     `json:"call"`
	Time  time.Time  `json:"time"`
	Model string     `json:"model,omitempty"`
	Bytes bool       `json:"bytes"` // its prompt does
	Bill  bool       `json:"bill"`  // what it costs does
	Was   price.Bill `json:"was"`
	Is    price.Bill `json:"is"`
}

// vocabularies are the ways of counting that this program has.
func vocabularies() []tokenizer.Counter {
	return []tokenizer.Counter{tiktoken.O200k(), tiktoken.CL100k()}
}

func (r *request) replay() error {
	if len(r.args) > 0 {
		return usage("it wants no arguments; the agent is --box")
	}
	return r.again(0, &replaying.Choice{}, func(w *replaying.WhatIf, _ *replaying.Then, _ *replaying.Rules) error {
		out := replayed{Agent: w.Agent, Calls: len(w.Calls), Known: w.Known, Same: w.Same, Differ: []differs{}, Problems: w.Problems}
		for i := range w.Calls {
			if c := &w.Calls[i]; c.Known && !c.Same {
				out.Differ = append(out.Differ, differs{c.Call, c.Time.UTC(), c.Model, c.Bytes, c.Was != c.Would, c.Was, c.Would})
			}
		}
		err := r.print(out, func() { r.writeReplayed(&out) })
		if len(out.Differ) > 0 {
			err = errors.Join(err, errFound)
		}
		return err
	})
}

// again composes an agent's calls by the rules of their time and by others.
func (r *request) again(since time.Duration, c *replaying.Choice, do func(w *replaying.WhatIf, then *replaying.Then, would *replaying.Rules) error) error {
	return r.with(toRead, func(s *opened) error {
		addr := quire.Address(r.box)
		if _, _, err := look.State(r.ctx, s.Store, addr); err != nil { // whether it is an agent at all
			return err
		}
		then, err := replaying.Look(r.ctx, s.Store, addr)
		if err != nil {
			return err
		}
		c.Vocabularies = vocabularies()
		todo := replaying.MailboxOptions{Agent: addr, Since: since}
		var problems []string
		todo.Was, problems = c.Was(then)
		if todo.Would, err = c.Would(then); err != nil {
			return usage("--%v", err)
		}
		w, err := replaying.Mailbox(r.ctx, s.Store, todo)
		if err != nil {
			return err
		}
		w.Problems = append(problems, w.Problems...)
		return do(w, then, &todo.Would)
	})
}

func (r *request) writeReplayed(w *replayed) {
	fmt.Fprintf(r.out, "%d of %d calls of %s come out the same, in their bytes and their bill\n", w.Same, w.Known, w.Agent)
	if w.Known < w.Calls {
		fmt.Fprintf(r.out, "%d receipts can't tell: they were stored before 2026-11-29\n", w.Calls-w.Known)
	}
	for _, p := range w.Problems {
		fmt.Fprintf(r.out, "note: %s\n", clean(p))
	}
	if len(w.Differ) == 0 {
		return
	}
	fmt.Fprintln(r.out)
	r.table("CALL|TIME|MODEL|BYTES|INPUT WAS|IS|BILL WAS|IS", func(row func(...any)) {
		for i := range w.Differ {
			d := &w.Differ[i]
			bytes := "same"
			if d.Bytes {
				bytes = "differ"
			}
			row(d.Call, when(d.Time), or(line(d.Model, 30), "-"), bytes, d.Was.Input(), d.Is.Input(), fmt.Sprintf("%.1f", d.Was.Cost), fmt.Sprintf("%.1f", d.Is.Cost))
		}
	})
}
