package agent

import (
	"context"
	"errors"
	"time"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// Run takes turns until ctx ends, and returns its error then. In between it
// sleeps until mail comes, put-off mail is due again or a question's deadline
// passes. It goes on after what only concerns one turn (limits, a budget that
// does not hold what must stay, a refusal); it returns what would go wrong again
// and again: errors of the store, and a key that the provider does not accept.
//
// With Options.Lease only one process runs the agent at a time; the others wait.
func (a *Agent) Run(ctx context.Context) error {
	return a.owning(ctx, a.run)
}

func (a *Agent) run(ctx context.Context) error {
	for {
		t, err := a.Turn(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var limit *LimitError
		switch pause, goOn := a.after(err); {
		case !goOn:
			return err
		case errors.As(err, &limit) && limit.Paused:
			err = a.rest(ctx, limit.Until)
		case pause > 0:
			err = a.o.Sleep(ctx, pause)
		case err == nil && t.Idle:
			err = a.wait(ctx)
		default:
			err = nil
		}
		if err != nil {
			return err
		}
	}
}

// after says what follows a turn: a pause, and whether to go on at all.
func (a *Agent) after(err error) (pause time.Duration, goOn bool) {
	var limit *LimitError
	var budget *compose.BudgetError
	var failure *providers.Error
	var stored *mailbox.Error
	switch {
	case err == nil:
		return 0, true
	case errors.As(err, &stored): // also when it kept a limit or a failure from being written down
		return 0, false
	case errors.As(err, &limit):
		return 0, true
	case errors.As(err, &budget):
		return 0, true
	case errors.As(err, &failure):
		switch {
		case retryable(failure):
			return max(failure.RetryAfter, 30*a.o.Limits.Backoff), true
		case lasting(failure):
			return 0, true
		}
	}
	return 0, false
}

// rest sleeps until a pause is over, or mail comes that may end it: an answer.
func (a *Agent) rest(ctx context.Context, until time.Time) error {
	w, ok := a.o.Store.(mailbox.Waiter)
	if !ok {
		pause := a.o.Limits.Poll
		if !until.IsZero() {
			pause = max(min(pause, until.Sub(a.o.Now())), time.Millisecond)
		}
		return a.o.Sleep(ctx, pause)
	}
	_, err := w.Wait(ctx, a.o.Address, mailbox.Wait{Since: a.idle, Deadline: until, Now: a.o.Now})
	return err
}

// wait sleeps until there may be something to do. What was there when the agent
// last looked does not wake it.
func (a *Agent) wait(ctx context.Context) error {
	m, err := a.look(ctx)
	if err != nil {
		return err
	}
	w, ok := a.o.Store.(mailbox.Waiter)
	if !ok {
		return a.o.Sleep(ctx, a.o.Limits.Poll)
	}
	_, err = w.Wait(ctx, a.o.Address, mailbox.Wait{Since: a.idle, Deadline: m.host.wakeAt(), Now: a.o.Now})
	return err
}
