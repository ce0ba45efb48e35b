package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

var wait = &command{name: "wait", box: true, about: "wait until there is a message", teach: `
Ends as soon as something in the mailbox waits to be dealt with, and prints the numbers of
what does, one on a line, the oldest first. What waits already counts, so nothing is missed
between two calls: it goes on counting until quire done, an answer, or an agent deals with
it. It changes nothing, and uses no processor time worth naming while it waits.

  while n=$(quire wait --box mia --from ada); do
    quire read --box mia $n; quire done --box mia $n
  done

As a background job of a shell, or of a coding agent, its end is the news:
  quire wait --box mia --timeout 30m &

The exit code is 0 when there is a message, 124 when --timeout passed without one (as of
timeout(1)), 75 when the store was away or locked for too long, 1 when it failed. It takes an
interrupt and SIGTERM as sleep(1) does, and ends.

With --since it leaves what is pending already, and ends with what came, or changed and is
pending again, after that state. --json prints the state to go on from, also at a time-out:
  quire wait --box mia --since "$state" --json
`, prepare: func(f *flag.FlagSet) action {
	o := waiting{}
	o.filter.flags(f)
	f.StringVar(&o.since, "since", "", "only what came after this `STATE`, from --json of find or wait")
	f.StringVar(&o.timeout, "timeout", "", "give up after this `TIME`, 10m say; 0 looks once (default: never)")
	return func(r *request) error { return r.wait(&o) }
}}

// waiting is what is waited for.
type waiting struct {
	filter
	since, timeout string

	match    mailbox.Query
	deadline time.Time // zero: none
	began    time.Time
}

func (r *request) wait(o *waiting) error {
	if len(r.args) > 0 {
		return usage("it wants no arguments; the mailbox is --box")
	}
	o.match = mailbox.Query{Pending: true, Incoming: true, Oldest: true}
	if err := o.filter.check(&o.match); err != nil {
		return err
	}
	o.began = time.Now()
	if o.timeout != "" {
		d, err := span(o.timeout)
		if err != nil {
			return usage("--timeout %s: write 30s, 10m or 1h", o.timeout)
		}
		o.deadline = o.began.Add(d)
	}
	return r.with(toRead, func(s *opened) error {
		if err := o.filter.into(r, s.Store, &o.match); err != nil {
			return err
		}
		rows, state, err := r.come(s.Store, o)
		if err != nil && !errors.Is(err, errTimeout) {
			return err
		}
		list := rowsOf(rows, time.Now())
		return errors.Join(r.print(map[string]any{"messages": list, "state": state, "timeout": err != nil}, func() {
			for i := range list {
				fmt.Fprintln(r.out, uint64(list[i].Number))
			}
		}), err)
	})
}

// come waits until there are messages, or the deadline. The store's wait looks at what is
// there before it blocks, so nothing that comes between two of its calls is lost.
func (r *request) come(s *mailbox.Store, o *waiting) ([]mailbox.Row, quire.State, error) {
	looked := o.began
	w := mailbox.Wait{Since: quire.State(o.since), Match: o.match, Deadline: o.deadline, Looked: looked,
		Now: func() time.Time { looked = time.Now(); return looked }}
	for {
		woken, err := s.Wait(r.ctx, quire.Address(r.box), w)
		if err != nil {
			return nil, "", err
		}
		rows, err := r.waiting(s, o)
		switch {
		case err != nil:
			return nil, "", err
		case len(rows) > 0:
			return rows, woken.State, nil
		case !o.deadline.IsZero() && !looked.Before(o.deadline):
			return nil, woken.State, errTimeout
		}
		// Somebody else dealt with it meanwhile, or what became due is none of what is
		// waited for: go on from what was looked at.
		w.Since, w.Looked = woken.State, looked
	}
}

// waiting lists what is waited for and there: since a state, or that was put off until
// after the wait began.
func (r *request) waiting(s *mailbox.Store, o *waiting) ([]mailbox.Row, error) {
	q := o.match
	q.Now = time.Now()
	rows, _, _, err := r.query(s, q, 0)
	if err != nil || o.since == "" || len(rows) == 0 {
		return rows, err
	}
	changed, err := r.changed(s, quire.State(o.since))
	if errors.Is(err, mailbox.ErrCannotCalculateChanges) {
		return rows, nil // the past was compacted away: too many are better than too few
	}
	var news []mailbox.Row
	for _, row := range rows {
		if changed[row.UID] || row.VisibleAt.After(o.began) {
			news = append(news, row)
		}
	}
	return news, err
}

// changed are the deliveries that came or changed since a state.
func (r *request) changed(s *mailbox.Store, since quire.State) (map[quire.UID]bool, error) {
	changed := map[quire.UID]bool{}
	for {
		c, err := s.Changes(r.ctx, quire.Address(r.box), since, 0)
		if err != nil {
			return nil, err
		}
		for _, list := range [][]quire.UID{c.Created, c.Updated} {
			for _, uid := range list {
				changed[uid] = true
			}
		}
		if !c.More {
			return changed, nil
		}
		since = c.State
	}
}
