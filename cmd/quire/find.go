package main

import (
	"flag"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

var find = &command{name: "find", args: "[WORDS...]", box: true, about: "search a mailbox, or list it", teach: `
Finds messages by words, those that answer best first; without words it lists them, newest
first. It shows a row for each, with a piece of what it says: quire read shows all of it.
Everything that was ever said is found, whether it stands in the agent's context or not.

  quire find --box ada deadline release      messages that have one of the words
  quire find --box ada --pending --oldest    what waits, in order
  quire find --box ada --kind question       questions
  quire find --box ada --has dead            what was given up, with the reason in --json

With --json the field state names this moment for quire wait --since.
`, prepare: func(f *flag.FlagSet) action {
	o := finding{limit: 20}
	o.filter.flags(f)
	f.BoolVar(&o.q.Pending, "pending", false, "only what waits to be dealt with")
	f.BoolVar(&o.q.Incoming, "incoming", false, "only what others sent")
	f.BoolVar(&o.q.Oldest, "oldest", false, "oldest first")
	f.BoolVar(&o.q.Collapse, "threads", false, "one row for each thread: its newest")
	f.StringVar(&o.has, "has", "", "only with this `FLAG`: handled, answered, pulled, pinned, superseded, retracted, dead or held")
	f.StringVar(&o.after, "after", "", "only sent at or after this `TIME`: 2026-11-30, or 24h ago, or 7d")
	f.StringVar(&o.before, "before", "", "only sent before this `TIME`")
	f.IntVar(&o.limit, "limit", o.limit, "how many, at most `N`; 0 is all")
	return func(r *request) error { return r.find(&o) }
}}

// filter are the flags by which find and wait choose messages.
type filter struct {
	from, thread string
	kind         string
}

func (o *filter) flags(f *flag.FlagSet) {
	f.StringVar(&o.from, "from", "", "only from this `ADDRESS`")
	f.StringVar(&o.thread, "thread", "", "only of the thread that this message, by its number or `ID`, is in")
	f.StringVar(&o.kind, "kind", "", "only of this `KIND`: mail, question, answer, event, turn, result or note")
}

var kinds = []quire.Kind{quire.KindMail, quire.KindQuestion, quire.KindAnswer, quire.KindEvent, quire.KindTurn, quire.KindResult, quire.KindNote}

// into puts the filter into a query.
func (o *filter) into(r *request, s *mailbox.Store, q *mailbox.Query) error {
	q.From = quire.Address(o.from)
	if o.thread != "" {
		items, err := r.found(s, []string{o.thread})
		if err != nil {
			return err
		}
		q.Thread = items[0].Thread
	}
	return nil
}

// check finds what can't be meant, before a store is opened.
func (o *filter) check(q *mailbox.Query) error {
	if o.from != "" {
		if err := quire.Address(o.from).Valid(); err != nil {
			return usage("--from: %v", err)
		}
	}
	if o.kind == "" {
		return nil
	}
	for _, k := range kinds {
		if string(k) == o.kind {
			q.Kinds = []quire.Kind{k}
			return nil
		}
	}
	return usage("--kind %s: there are mail, question, answer, event, turn, result and note", o.kind)
}

// finding is what find was asked for.
type finding struct {
	filter
	q                  mailbox.Query
	has, after, before string
	limit              int
}

var flagNames = map[string]quire.Flags{"handled": quire.FlagHandled, "answered": quire.FlagAnswered, "pulled": quire.FlagPulled, "pinned": quire.FlagPinned,
	"superseded": quire.FlagSuperseded, "retracted": quire.FlagRetracted, "dead": quire.FlagDead, "held": quire.FlagHeld, "forgotten": quire.FlagForgotten}

func (o *finding) prepare(r *request) (err error) {
	now := time.Now()
	o.q.Text, o.q.Now = strings.Join(r.args, " "), now
	if o.limit < 0 {
		return usage("--limit must not be negative")
	}
	if o.has != "" {
		var ok bool
		if o.q.Has, ok = flagNames[o.has]; !ok {
			return usage("--has %s: there are handled, answered, pulled, pinned, superseded, retracted, dead and held", o.has)
		}
	}
	if o.after != "" {
		if o.q.After, err = moment(o.after, now, -1); err != nil {
			return err
		}
	}
	if o.before != "" {
		if o.q.Before, err = moment(o.before, now, -1); err != nil {
			return err
		}
	}
	return o.filter.check(&o.q)
}

func (r *request) find(o *finding) error {
	if err := o.prepare(r); err != nil {
		return err
	}
	return r.with(toRead, func(s *opened) error {
		if err := o.filter.into(r, s.Store, &o.q); err != nil {
			return err
		}
		rows, state, more, err := r.query(s.Store, o.q, o.limit)
		if err != nil {
			return err
		}
		list := rowsOf(rows, o.q.Now)
		return r.print(map[string]any{"messages": list, "more": more, "state": state}, func() {
			if r.writeRows(list); more {
				r.out.WriteString("… and more: --limit says how many are shown\n")
			}
		})
	})
}

// query reads pages until there are limit rows; 0 is all.
func (r *request) query(s *mailbox.Store, q mailbox.Query, limit int) (rows []mailbox.Row, state quire.State, more bool, err error) {
	for {
		q.Limit = 1000
		if limit > 0 {
			q.Limit = min(q.Limit, limit-len(rows))
		}
		page, err := s.Query(r.ctx, quire.Address(r.box), q)
		if err != nil {
			return nil, "", false, err
		}
		if rows = append(rows, page.Rows...); state == "" {
			state = page.State // of the first page: what comes after it is news
		}
		if !page.More || limit > 0 && len(rows) >= limit {
			return rows, state, page.More, nil
		}
		q.Cursor = page.Next
	}
}
