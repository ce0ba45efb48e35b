package mailbox

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
)

// WorkOptions say how [Box.Work] works. Holder is required.
type WorkOptions struct {
	Holder   string        // this worker's name, another one for each worker of the mailbox
	To       quire.Address // only what was sent to this plus-address or group
	Lease    time.Duration // renewed while the work goes on; 0: 1 minute
	Attempts int           // how often one delivery is tried, by all workers; 0: 5
	// AtOnce is how many messages this worker works on at the same time; 0: 1. It takes
	// as many as it has hands free and no more, and says in one commit what was done
	// since the last one: with short work and many messages that is several times as
	// quick. When a process dies, all that it worked on has had one more attempt.
	AtOnce int
	// Pause is how long what failed rests before its next attempt, by the number
	// of the one that failed; nil: 1 s, doubled with each, at most an hour.
	Pause func(attempt int) time.Duration
}

// Work takes mail from the mailbox as one of several workers and hands each message to
// do, the oldest first, until ctx ends; it returns ctx's error then, or the store's,
// once all of do has returned. With WorkOptions.AtOnce do is called by several
// goroutines at the same time. What do returns goes out together with the
// acknowledgement, both or neither: a draft without an id gets one. An error of do
// gives the message back with the error as the reason; after WorkOptions.Attempts it
// is a dead letter.
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
	o.AtOnce = max(o.AtOnce, 1)
	w := &worker{Box: b, o: o, do: do, jobs: map[quire.UID]*job{}, ended: make(chan *job, o.AtOnce)}
	if err := w.run(ctx); ctx.Err() == nil {
		return fail("work", b.addr, err)
	}
	return ctx.Err()
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
