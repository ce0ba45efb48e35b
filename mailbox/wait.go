package mailbox

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
)

// maxSleep bounds a sleep, so that a clock that was set is noticed.
const maxSleep = time.Minute

// Probe is what a store knows about a mailbox at one moment, for [WaitFor].
type Probe struct {
	State   quire.State
	Matched bool      // a delivery newer than Since matches
	Passed  bool      // something became visible or due after Looked, up to now
	Next    time.Time // when the next thing becomes visible or due; zero: never
}

// WaitFor is the loop of [Waiter.Wait], for implementers. signal returns a
// channel that is closed by the next change; probe looks. The order is what
// loses no wake-up: take the channel, then look, then block. poll is how often
// to look although nothing was signalled; 0: never.
func WaitFor(ctx context.Context, w Wait, poll time.Duration, signal func() <-chan struct{}, probe func(w Wait, now time.Time) (Probe, error)) (Woken, error) {
	clock := w.Now
	if clock == nil {
		clock = time.Now
	}
	if w.Looked.IsZero() {
		w.Looked = clock()
	}
	w.Looked = Instant(w.Looked)
	for {
		changed := signal()
		if err := ctx.Err(); err != nil {
			return Woken{}, err
		}
		now := clock()
		p, err := probe(w, Instant(now))
		if err != nil {
			return Woken{}, err
		}
		due := p.Passed || !w.Deadline.IsZero() && !now.Before(w.Deadline)
		if p.Matched || due {
			return Woken{State: p.State, Matched: p.Matched, Due: due}, nil
		}
		if err := sleep(ctx, changed, pause(now, p.Next, w.Deadline, poll)); err != nil {
			return Woken{}, err
		}
	}
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

// WaitFilter is the filter of a wait: its Match with times as instants; the
// zero value means pending. Own messages never match.
func WaitFilter(w Wait, meta Meta, now time.Time) (*Selection, error) {
	q := w.Match
	q.Text, q.Cursor, q.Sort, q.Limit, q.Collapse, q.Now = "", "", "", 1, false, now
	if zeroFilter(q) {
		q.Pending = true
	}
	q.Incoming = true
	return NewSelection(q, meta, now)
}

func zeroFilter(q Query) bool {
	return q.From == "" && q.Thread == "" && len(q.Kinds) == 0 && q.Has|q.Not == 0 && !q.Pending && !q.Incoming &&
		q.After.IsZero() && q.Before.IsZero() && q.Above == 0 && q.Below == 0
}

// Alarm says when an open delivery wants attention without any change: when it
// becomes visible, and when its question is due. Passed is what lies in
// (looked, now]; next the earliest later time.
func (p *Placed) Alarm(looked, now time.Time) (passed bool, next time.Time) {
	if !p.Open() || !p.ValidUntil.IsZero() && !now.Before(p.ValidUntil) {
		return false, time.Time{}
	}
	for _, t := range []time.Time{p.VisibleAt, p.ReplyBy} {
		switch {
		case t.IsZero() || !t.After(looked) || t.Before(p.VisibleAt):
		case t.After(now):
			if next.IsZero() || t.Before(next) {
				next = t
			}
		default:
			passed = true
		}
	}
	return passed, next
}
