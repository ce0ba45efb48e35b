package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
)

// WorkOptions say how [Box.Work] works. Holder is required.
type WorkOptions struct {
	Holder   string        // this worker's name, another one for each worker of the mailbox
	To       quire.Address // only what was sent to this plus-address or group
	Lease    time.Duration // renewed while the work goes on; 0: 1 minute
	Attempts int           // how often one delivery is tried, by all workers; 0: 5
	// Pause is how long what failed rests before its next attempt, by the number
	// of the one that failed; nil: 1 s, doubled with each, at most an hour.
	Pause func(attempt int) time.Duration
}

// Work takes mail from the mailbox as one of several workers, a message at a time,
// and hands it to do until ctx ends; it returns ctx's error then, or the store's.
// What do returns goes out together with the acknowledgement, both or neither: a
// draft without an id gets one. An error of do gives the message back with the
// error as the reason; after WorkOptions.Attempts it is a dead letter.
//
// The lease is renewed while do runs. If it is lost nevertheless (the store could
// not be reached, the machine slept), do's context ends with the cause
// [ErrLeaseLost], and nothing that do returns goes out: another worker may have
// the message by now. So do may run twice for one message, but its answer goes
// out once.
func (b *Box) Work(ctx context.Context, o WorkOptions, do func(ctx context.Context, it *quire.Item) ([]quire.Draft, error)) error {
	if o.Lease <= 0 {
		o.Lease = defaultLease
	}
	if o.Pause == nil {
		o.Pause = doubling
	}
	for {
		// Before looking, so that nothing is missed between looking and waiting.
		looked := b.clock()
		c, err := b.store.Commit(ctx, Commit{Address: b.addr, Now: b.now(),
			Claim: &Claim{Holder: o.Holder, To: o.To, For: o.Lease, Attempts: o.Attempts}})
		switch {
		case err != nil:
		case len(c.Claimed) == 0:
			_, err = b.Wait(ctx, Wait{Since: c.State, Match: Query{Pending: true, To: o.To}, Looked: looked})
		default:
			err = b.workOn(ctx, &o, c.Claimed[0], do)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fail("work", b.addr, err)
		}
	}
}

// clock is the handle's time, or the machine's.
func (b *Box) clock() time.Time {
	if b.o.Now == nil {
		return time.Now()
	}
	return b.o.Now()
}

func doubling(attempt int) time.Duration {
	return min(time.Second<<min(attempt-1, 12), time.Hour)
}

// workOn does the work on one claimed delivery.
func (b *Box) workOn(ctx context.Context, o *WorkOptions, c Claimed, do func(context.Context, *quire.Item) ([]quire.Draft, error)) error {
	it, err := b.one(ctx, "work", c.UID)
	if err != nil {
		return err
	}
	var drafts []quire.Draft
	held := b.holding(ctx, o, c, func(ctx context.Context) { drafts, err = do(ctx, it) })
	end := LeaseChange{UID: c.UID, Holder: o.Holder, Attempt: c.Attempt, Done: true}
	switch {
	case errors.Is(held, ErrLeaseLost):
		return nil // somebody else has it
	case held != nil:
		return held
	case err != nil && ctx.Err() != nil:
		end.Done, end.Reason, drafts = false, "its worker was stopped", nil
	case err != nil:
		end.Done, end.For, end.Reason, drafts = false, o.Pause(c.Attempt), err.Error(), nil
	}
	for i := range drafts {
		if drafts[i].ID == "" {
			drafts[i].ID = b.o.NewID()
		}
	}
	// What is done is done, also when ctx has just ended.
	_, err = b.store.Commit(context.WithoutCancel(ctx), Commit{Address: b.addr, Leases: []LeaseChange{end}, Sends: drafts, Via: b.o.Via, Now: b.now()})
	if errors.Is(err, ErrInvalid) && end.Done {
		end.Done, end.For, end.Reason = false, o.Pause(c.Attempt), fmt.Sprintf("what it answered was not accepted: %v", err)
		_, err = b.store.Commit(context.WithoutCancel(ctx), Commit{Address: b.addr, Leases: []LeaseChange{end}, Now: b.now()})
	}
	if errors.Is(err, ErrLeaseLost) {
		return nil
	}
	return err
}

// holding runs work and renews the lease until it returns.
func (b *Box) holding(ctx context.Context, o *WorkOptions, c Claimed, work func(context.Context)) error {
	working, lost := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		work(working)
	}()
	tick := time.NewTicker(max(o.Lease/3, time.Millisecond))
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case <-done:
			err := context.Cause(working)
			lost(nil)
			if errors.Is(err, ErrLeaseLost) {
				return err
			}
			return nil
		case <-tick.C:
			if working.Err() != nil {
				continue // do was told to stop and has not yet
			}
			renew := LeaseChange{UID: c.UID, Holder: o.Holder, Attempt: c.Attempt, Renew: true, For: o.Lease}
			_, err := b.store.Commit(working, Commit{Address: b.addr, Leases: []LeaseChange{renew}, Now: b.now()})
			switch {
			case err == nil:
				renewed = time.Now()
			case errors.Is(err, ErrLeaseLost), time.Since(renewed) >= o.Lease:
				lost(fmt.Errorf("%s: %w (%v)", c.UID, ErrLeaseLost, err))
			}
		}
	}
}
