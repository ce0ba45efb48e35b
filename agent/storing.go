package agent

import (
	"context"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// SharedError says that somebody else works on the agent's mailbox: what this process had
// made was not committed. It wraps [mailbox.ErrStale] or [mailbox.ErrConflict].
type SharedError struct {
	Address quire.Address
	Err     error
}

// Error says what to do about it.
func (e *SharedError) Error() string {
	return fmt.Sprintf("another process runs agent %s: give Options.Lease to both, so that one waits (%v)", e.Address, e.Err)
}

// Unwrap returns the cause.
func (e *SharedError) Unwrap() error { return e.Err }

// errSame says that somebody else made the very same commit.
var errSame = fmt.Errorf("%w: it made the same commit", mailbox.ErrStale)

// passing says whether an error of the store may pass by itself.
func passing(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, mailbox.ErrUnavailable) || errors.Is(err, mailbox.ErrBusy) || errors.Is(err, mailbox.ErrFull) ||
		errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// finishing is the context of a commit. It is not abandoned when ctx ends, since it is
// short and what it holds was paid for, but it has a time of its own, and it ends with
// the lease.
func (a *Agent) finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	c, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.o.Limits.StoreFor)
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), mailbox.ErrLeaseLost) {
			cancel()
		}
	})
	return c, func() {
		stop()
		cancel()
	}
}

// store commits c. One that has an id is tried again while the store is away: it is the
// same commit, however often it is made.
func (a *Agent) store(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	for try := 1; ; try++ {
		within, cancel := a.finishing(ctx)
		done, err := a.mail.Commit(within, c)
		cancel()
		switch {
		case err == nil && done.Replayed && try == 1:
			return done, &SharedError{a.o.Address, errSame}
		case err == nil:
			a.row.shared = 0
			return done, nil
		case errors.Is(err, mailbox.ErrStale), errors.Is(err, mailbox.ErrConflict):
			return done, &SharedError{a.o.Address, err}
		}
		err = fmt.Errorf("agent %s: %w", a.o.Address, err)
		again := c.ID != "" && passing(err) && ctx.Err() == nil && try < a.o.Limits.Retries
		a.log.Warn(logCommit, "commit", c.ID, "attempt", try, "err", cutWords(err))
		if !again {
			return done, err
		}
		a.survived(err)
		if e := a.o.Sleep(ctx, a.storePause(try)); e != nil {
			return done, err
		}
	}
}
