package mailbox

import (
	"context"
	"strings"
	"time"

	"github.com/quire-dev/quire"
)

// Wait waits for mail as [Waiter] says. A store that is no Waiter is asked for
// its status again and again: every BoxOptions.Poll.
func (b *Box) Wait(ctx context.Context, w Wait) (Woken, error) {
	if w.Now == nil {
		w.Now = b.o.Now
	}
	if s, ok := b.store.(Waiter); ok {
		woken, err := s.Wait(ctx, b.addr, w)
		return woken, fail("wait", b.addr, err)
	}
	p := &poller{store: b.store, addr: b.addr}
	never := func() <-chan struct{} { return nil }
	woken, err := WaitFor(ctx, w, b.o.Poll, never, func(w Wait, now time.Time) (Probe, error) {
		return p.probe(ctx, w, now)
	})
	return woken, fail("wait", b.addr, err)
}

// poller is one wait at a store that can't tell when something happens.
type poller struct {
	store Store
	addr  quire.Address
	found Probe // at the state in it
}

// probe looks at the mailbox when its state is another one than last time, or
// when a time was reached.
func (p *poller) probe(ctx context.Context, w Wait, now time.Time) (Probe, error) {
	s, err := p.store.Status(ctx, p.addr)
	if err != nil {
		return Probe{}, err
	}
	reached := !p.found.Next.IsZero() && !now.Before(p.found.Next)
	if s.State == p.found.State && !reached {
		return p.found, nil
	}
	found := Probe{State: s.State}
	if found.Matched, err = p.matches(ctx, w, s, now); err != nil {
		return Probe{}, err
	}
	if err := p.alarms(ctx, &found, w.Looked, now); err != nil {
		return Probe{}, err
	}
	p.found = found
	return found, nil
}

// matches says whether a delivery that changed after w.Since matches.
func (p *poller) matches(ctx context.Context, w Wait, s Status, now time.Time) (bool, error) {
	epoch, _, _ := strings.Cut(string(s.State), ":")
	at, err := ParseState(s.State, epoch, 1<<63)
	if err != nil {
		return false, err
	}
	since := uint64(0)
	if w.Since != "" {
		if since, err = ParseState(w.Since, epoch, at); err != nil {
			return false, err
		}
	}
	sel, err := WaitFilter(w, Meta{NextUID: s.NextUID}, now)
	if err != nil {
		return false, err
	}
	q := sel.Query
	q.Limit = maxRows
	matched := false
	err = p.rows(ctx, q, func(r *Row) bool {
		matched = r.Modseq > since
		return !matched
	})
	return matched, err
}

// alarms finds what became visible or due, and when the next thing does.
func (p *poller) alarms(ctx context.Context, found *Probe, looked, now time.Time) error {
	open := Query{Incoming: true, Not: quire.FlagsSettled, Limit: maxRows, Now: now}
	return p.rows(ctx, open, func(r *Row) bool {
		placed := Placed{Delivery: r.Delivery, ValidUntil: r.ValidUntil}
		if r.Question != nil {
			placed.ReplyBy = r.Question.ReplyBy
		}
		passed, next := placed.Alarm(looked, now)
		found.Passed = found.Passed || passed
		if !next.IsZero() && (found.Next.IsZero() || next.Before(found.Next)) {
			found.Next = next
		}
		return true
	})
}

// rows calls f with all rows of a query until it returns false.
func (p *poller) rows(ctx context.Context, q Query, f func(*Row) bool) error {
	for {
		page, err := p.store.Query(ctx, p.addr, q)
		if err != nil {
			return err
		}
		for i := range page.Rows {
			if !f(&page.Rows[i]) {
				return nil
			}
		}
		if !page.More {
			return nil
		}
		q.Cursor = page.Next
	}
}
