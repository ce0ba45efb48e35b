package mailbox

import (
	"context"
	"iter"
	"time"

	"github.com/quire-dev/quire"
)

// Follow reads a stream from r on while it grows, through all its attempts, until it
// is over. A page with Last set is the end of an attempt. After an error it yields
// nothing more; a *[GoneError] says where one can go on.
func Follow(ctx context.Context, s Streams, addr quire.Address, r StreamRead) iter.Seq2[StreamPage, error] {
	return func(yield func(StreamPage, error) bool) {
		for {
			p, err := s.WaitStream(ctx, addr, r)
			if !yield(p, err) || err != nil || p.Over() {
				return
			}
			r = p.Read
		}
	}
}

// WaitStreamFor is the loop of [Streams.WaitStream], for implementers, as [WaitFor] is
// that of waits: signal returns a channel that is closed by the next change, look
// reads, and poll is how often to look although nothing was signalled; 0: never.
func WaitStreamFor(ctx context.Context, poll time.Duration, signal func() <-chan struct{}, look func() (StreamPage, error)) (StreamPage, error) {
	for {
		changed := signal()
		if err := ctx.Err(); err != nil {
			return StreamPage{}, err
		}
		p, err := look()
		if err != nil || len(p.Chunks) > 0 || p.Last != nil {
			return p, err
		}
		if err := sleep(ctx, changed, pause(time.Time{}, time.Time{}, time.Time{}, poll)); err != nil {
			return StreamPage{}, err
		}
	}
}
