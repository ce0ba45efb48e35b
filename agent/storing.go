package agent

import (
	"context"
	"errors"
	"fmt"

	"github.com/quire-dev/quire/mailbox"
)

// ErrShared says that somebody else works on the agent's mailbox: what this process had
// made was not committed. [mailbox.ErrStale] or [mailbox.ErrConflict] comes with it.
var ErrShared = errors.New("another process runs the agent: give Options.Lease to both, so that one waits")

// errSame says that somebody else made the very same commit.
var errSame = fmt.Errorf("%w: it made the same commit", mailbox.ErrStale)

func (a *Agent) shared(err error) error {
	return fmt.Errorf("agent %s: %w: %w", a.o.Address, ErrShared, err)
}

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
			return done, a.shared(errSame)
		case err == nil:
			a.row.shared = 0
			return done, nil
		case errors.Is(err, mailbox.ErrStale), errors.Is(err, mailbox.ErrConflict):
			return done, a.shared(err)
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
