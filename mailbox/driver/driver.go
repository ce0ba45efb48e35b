package driver

import (
	"context"
	"time"
)

// Driver keeps mailboxes. It is safe for concurrent use, and every method honours its
// context: what was cancelled did all or nothing.
type Driver interface {
	// View runs fn in a transaction that only reads, all of it as of one moment. fn
	// may be run again after a failure of the driver's own. Errors of fn come back as
	// they are.
	View(ctx context.Context, fn func(Read) error) error

	// Update runs fn in a transaction that writes. When fn fails, or ctx ends before
	// the commit, nothing happened. When Update returns nil all of it did, durably
	// (but see [Update.Lazy]), and what is watched for has been announced. fn may be
	// run again after a failure of the driver's own. repeated says that an earlier
	// run may have been committed already, so that what fn found done may be its own
	// work.
	Update(ctx context.Context, u Update, fn func(Write) error) (repeated bool, err error)

	// Watch begins to look out for changes, of streams only or of all else; the
	// caller stops it.
	Watch(ctx context.Context, streams bool) (Watch, error)

	// Scrub removes for good what is still kept of rows that were deleted or replaced:
	// in indexes, in free space, in logs that are the driver's to cut. It works in
	// short transactions, so that writers wait for one of them at most; what was begun
	// and not ended is done by the next call.
	Scrub(ctx context.Context) error

	// Close releases the driver. What is under way ends first, or with ErrClosed;
	// channels of [Watch.Next] are closed. Closing again does nothing.
	Close() error
}

// Update says how a transaction is carried out.
type Update struct {
	// Repeatable: fn may be run again even when nobody knows whether the run before
	// was committed, because the second run finds what the first one did.
	Repeatable bool
	// Lazy: a crash of the machine (not of the process) may take it back.
	Lazy bool
	// Batch: it is one of many that nobody waits for. The driver rests after it, and does
	// its own upkeep, so that others get on.
	Batch bool
	// Streams: nothing but streams is written, so that only those who watch streams
	// are woken.
	Streams bool
}

// Watch tells that something changed.
type Watch struct {
	// Next returns a channel that the next change closes, also one of another
	// process as far as the driver notices it. Spurious wake-ups are allowed, lost
	// ones are not: a change that is committed after Next has returned closes it.
	Next func() <-chan struct{}
	// Poll is how often to look although nothing was said, for drivers whose hints
	// from other processes may get lost; 0: never.
	Poll time.Duration
	// Stop ends watching. It is called once.
	Stop func()
}
