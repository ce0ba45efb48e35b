package agent

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/quire-dev/quire/mailbox"
)

// callGrace is how long a call that should have ended is waited for: what it brings then
// was paid for. maxLeft is how many may run on that were abandoned.
const (
	callGrace = 5 * time.Second
	maxLeft   = 64
)

// errHung is the cause of a call's end that took too long.
var errHung = errors.New("it took too long")

// hungError says that a call did not end.
type hungError struct {
	what  string
	limit time.Duration
}

// Error says how long it was waited for.
func (e *hungError) Error() string {
	if e.limit <= 0 {
		return fmt.Sprintf("%s was not called: %d calls before it never ended", e.what, maxLeft)
	}
	return fmt.Sprintf("%s did not end within %s", e.what, e.limit)
}

// Unwrap makes it a deadline that passed.
func (e *hungError) Unwrap() error { return context.DeadlineExceeded }

// ending is how a call ended.
type ending[T any] struct {
	value  T
	err    error
	exited bool // its goroutine was ended with it
}

// within runs f, for as long as it may take. f has a goroutine of its own, which is
// waited for; one that heeds neither the limit nor the end of ctx is abandoned, and
// what it returns one day is thrown away, so f must own what it writes to. A panic is an
// error. What ends f's goroutine ends the caller's.
func within[T any](ctx context.Context, a *Agent, what string, limit time.Duration, f func(context.Context) (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if a.left.Load() >= maxLeft {
		return none, &hungError{what: what}
	}
	c, cancel := context.WithTimeoutCause(ctx, limit, errHung)
	defer cancel()
	came := make(chan ending[T], 1)
	var settled atomic.Bool // by who came first: the call, or who gave it up
	go func() {
		e := ending[T]{exited: true}
		defer func() {
			if r := recover(); r != nil {
				e.exited, e.err = false, fmt.Errorf("%s panicked: %v", what, r)
			}
			if !settled.CompareAndSwap(false, true) {
				a.log.Warn(logLate, "what", what, "abandoned", a.left.Add(-1))
				return
			}
			came <- e
		}()
		e.value, e.err = f(c)
		e.exited = false
	}()
	select {
	case e := <-came:
		return e.end(c, what, limit)
	case <-c.Done():
	}
	late := time.NewTimer(a.graceOf(ctx))
	defer late.Stop()
	select {
	case e := <-came:
		return e.end(c, what, limit)
	case <-late.C:
	}
	a.left.Add(1)
	if !settled.CompareAndSwap(false, true) {
		a.left.Add(-1)
		e := <-came
		return e.end(c, what, limit)
	}
	a.log.Error(logHung, "what", what, "abandoned", a.left.Load(), "limit", limit)
	if ctx.Err() != nil {
		return none, ctx.Err()
	}
	return none, &hungError{what, limit}
}

// end is what the caller of a call gets.
func (e *ending[T]) end(c context.Context, what string, limit time.Duration) (T, error) {
	if e.exited {
		runtime.Goexit()
	}
	if e.err != nil && context.Cause(c) == errHung {
		return e.value, &hungError{what, limit}
	}
	return e.value, e.err
}

// graceOf is how long a call is waited for that should have ended. A process that lost
// its lease has little time.
func (a *Agent) graceOf(ctx context.Context) time.Duration {
	if errors.Is(context.Cause(ctx), mailbox.ErrLeaseLost) {
		return min(a.grace, a.leaseFor()/20)
	}
	return a.grace
}
