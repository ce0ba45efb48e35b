package mailbox

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// maxSleep bounds a sleep, so that a clock that was set is noticed.
const maxSleep = time.Minute

// Wait says what to wait for.
type Wait struct {
	Since    quire.State      // only deliveries changed after it; "": any
	Match    Query            // its filter fields; the zero value means Pending
	Deadline time.Time        // zero: until ctx ends
	Now      func() time.Time // nil: time.Now
	// Looked is when the caller last looked at the mailbox. What became visible
	// or due after it ends the wait at once, so that nothing is lost between
	// looking and waiting. Zero: when the wait begins.
	Looked time.Time
}

// Woken is why a wait ended.
type Woken struct {
	State   quire.State // where the next wait may start from
	Matched bool        // a delivery matches
	Due     bool        // the deadline or a visible-at time was reached
}

// Wait is level-triggered: it returns at once while a delivery matches w.Match and is
// newer than w.Since, and else blocks until one is, until the earliest time at which one
// becomes visible or due, or until the deadline in w. It consumes nothing.
func (s *Store) Wait(ctx context.Context, addr quire.Address, w Wait) (Woken, error) {
	if err := s.begin(ctx, "wait", addr, need{addr, RightRead}); err != nil {
		return Woken{}, err
	}
	woken, err := s.wait(ctx, addr, w)
	return woken, fail("wait", addr, ended(ctx, err))
}

// wait takes the channel, then looks, then blocks: in that order no wake-up is lost.
func (s *Store) wait(ctx context.Context, addr quire.Address, w Wait) (Woken, error) {
	watch, err := s.d.Watch(ctx, false)
	if err != nil {
		return Woken{}, err
	}
	defer watch.Stop()
	clock := w.Now
	if clock == nil {
		clock = time.Now
	}
	if w.Looked.IsZero() {
		w.Looked = clock()
	}
	w.Looked = instant(w.Looked)
	for {
		changed := watch.Next()
		now := clock()
		p, err := s.probe(ctx, addr, &w, instant(now))
		if err != nil {
			return Woken{}, err
		}
		due := p.passed || !w.Deadline.IsZero() && !now.Before(w.Deadline)
		if p.matched || due {
			return Woken{State: p.state, Matched: p.matched, Due: due}, nil
		}
		if err := sleep(ctx, changed, pause(now, p.next, w.Deadline, watch.Poll)); err != nil {
			return Woken{}, err
		}
	}
}

// probe is what is known about a mailbox at one moment.
type probe struct {
	state   quire.State
	matched bool      // a delivery newer than Since matches
	passed  bool      // something became visible or due after Looked, up to now
	next    time.Time // when the next thing becomes visible or due; zero: never
}

// probe looks whether a wait is over.
func (s *Store) probe(ctx context.Context, addr quire.Address, w *Wait, now time.Time) (p probe, err error) {
	err = s.look(ctx, addr, func(r driver.Read, box quire.Address) error {
		b, epoch, err := boxNow(r, box)
		if err != nil {
			return err
		}
		p = probe{state: formatState(epoch, b.Modseq)}
		since := uint64(0)
		if w.Since != "" {
			if since, err = parseState(w.Since, epoch, b.Modseq); err != nil {
				return err
			}
		}
		f, err := waitFilter(*w, b, now)
		if err != nil {
			return err
		}
		if p.matched, err = r.Matches(box, f, since); err != nil || p.matched {
			return err
		}
		p.passed, p.next, err = r.Alarm(box, w.Looked, now)
		return err
	})
	return p, err
}

// pause is how long to sleep at most.
func pause(now, next, deadline time.Time, poll time.Duration) time.Duration {
	d := maxSleep
	if poll > 0 {
		d = min(d, poll)
	}
	for _, t := range []time.Time{next, deadline} {
		if !t.IsZero() {
			d = min(d, max(t.Sub(now), time.Millisecond))
		}
	}
	return d
}

func sleep(ctx context.Context, changed <-chan struct{}, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
	case <-t.C:
	}
	return nil
}

// waitFilter is the filter of a wait: its Match with times as instants; the zero value
// means pending. Own messages never match.
func waitFilter(w Wait, box driver.Box, now time.Time) (*driver.Filter, error) {
	q := w.Match
	q.Text, q.Cursor, q.Oldest, q.Due, q.Limit, q.Collapse, q.Now = "", "", false, false, 1, false, now
	if zeroFilter(q) {
		q.Pending = true
	}
	q.Incoming = true
	s, err := newSelection(q, box, now)
	if err != nil {
		return nil, err
	}
	return &s.filter, nil
}

func zeroFilter(q Query) bool {
	return q.From == "" && q.Thread == "" && len(q.Kinds) == 0 && q.Has|q.Not == 0 && !q.Pending && !q.Incoming &&
		q.After.IsZero() && q.Before.IsZero() && q.Above == 0 && q.Below == 0
}
