package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/quire-dev/quire/mailbox"
)

// ErrShutdown is what [Agent.Run] returns after [Agent.Shutdown], and what steps return
// that would have made another call.
var ErrShutdown = errors.New("agent: it was shut down")

// life is that of an agent's Run.
type life struct {
	asked context.Context // ends when the agent is to stop
	ask   context.CancelFunc

	mu     sync.Mutex
	cancel context.CancelCauseFunc // of the Run that is under way, or was the last; nil: there was none
	over   chan struct{}           // closed when it returned
}

// Shutdown ends Run when it is at a good place, and waits for that: no other model call
// begins, the one that is under way ends and is committed with what its tools did, and
// the lease is given back. Run returns [ErrShutdown]. What is left is gone on with by the
// next process. When ctx ends first, what is under way is cancelled, and Shutdown returns
// ctx's error at once. It may be called from any goroutine, more than once, and before
// and after Run. An agent that was shut down makes no calls any more.
func (a *Agent) Shutdown(ctx context.Context) error {
	l := &a.life
	l.ask()
	l.mu.Lock()
	cancel, over := l.cancel, l.over
	l.mu.Unlock()
	if over == nil {
		return nil
	}
	select {
	case <-over:
		return nil
	default:
	}
	a.log.Info(logShutdown)
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		cancel(ErrShutdown)
		return ctx.Err()
	}
}

// draining says that the agent is to stop.
func (a *Agent) draining() bool { return a.life.asked.Err() != nil }

// begin makes the context of a Run. end must be called with how it ended.
func (l *life) begin(ctx context.Context) (run context.Context, end func(error) error, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked.Err() != nil {
		return nil, nil, ErrShutdown
	}
	run, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	l.cancel, l.over = cancel, over
	return run, func(err error) error {
		cancel(nil)
		close(over)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case l.asked.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, mailbox.ErrLeaseLost)):
			return ErrShutdown // the call that was under way took too long
		}
		return err
	}, nil
}

// calm is ctx while nothing is under way: it ends with the agent's shutdown.
func (a *Agent) calm(ctx context.Context) (context.Context, context.CancelFunc) {
	c, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(a.life.asked, func() { cancel(ErrShutdown) })
	return c, func() {
		stop()
		cancel(nil)
	}
}

// nap sleeps until d is over, ctx ends or the agent is shut down.
func (a *Agent) nap(ctx context.Context, d time.Duration) error {
	if a.draining() {
		return ErrShutdown
	}
	c, done := a.calm(ctx)
	defer done()
	err := a.o.Sleep(c, d)
	if a.draining() && ctx.Err() == nil {
		return ErrShutdown
	}
	return err
}
