package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// Run takes turns until ctx ends, and returns its error then, or [ErrShutdown] after
// [Agent.Shutdown]. In between it sleeps until mail comes, put-off mail is due again or a
// question's deadline passes. It goes on after what only concerns one turn (limits, a
// budget that does not hold what must stay, a refusal), and after what may pass: models
// that can't be reached, also for want of a key that they accept, and a store that is
// away. It tries those again after pauses that grow, [Limits] say how; [Options.OnError]
// hears of each, and [Status.Health] shows an outage. Run returns what would go wrong
// again and again: other errors of the store, and [ErrShared] when another process
// was faster several times in a row.
//
// With Options.Lease only one process runs the agent at a time; the others wait.
func (a *Agent) Run(ctx context.Context) error {
	running, end, err := a.life.begin(ctx)
	if err != nil {
		return err
	}
	a.log.Info(logRun, "model", a.chain[0].Profile.Name, "lease", a.o.Lease.Holder)
	err = end(a.owning(running, a.run))
	switch {
	case ctx.Err() != nil, errors.Is(err, ErrShutdown):
		a.log.Info(logRunEnds, "err", cutWords(err))
	default:
		a.log.Error(logRunEnds, "err", cutWords(err))
	}
	return err
}

// row counts what failed in a row.
type row struct {
	store  int // times that the store was away
	shared int // commits that somebody else was faster with
}

// maxShared is how often in a row another process may be faster.
const maxShared = 5

func (a *Agent) run(ctx context.Context) error {
	for {
		err := a.cycle(ctx)
		for err != nil && ctx.Err() == nil {
			if err = a.overcome(ctx, err); err == nil {
				break
			}
			if !passing(err) { // a rest that failed for another reason than it began
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// cycle takes a turn, or waits until there may be one.
func (a *Agent) cycle(ctx context.Context) error {
	if a.draining() {
		return ErrShutdown
	}
	t, err := a.Turn(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	a.row = row{}
	if !t.Idle {
		return nil
	}
	if t.Parked != a.parked {
		if a.parked = t.Parked; t.Parked != "" {
			a.log.Warn(logParked, "err", cutWords(errors.New(t.Parked)))
		}
	}
	return a.wait(ctx)
}

// overcome deals with an error of a cycle: it waits for as long as it may last, and
// returns the error if it can't pass.
func (a *Agent) overcome(ctx context.Context, err error) error {
	var limit *LimitError
	paused := errors.As(err, &limit) && limit.Paused
	pause, goOn := a.after(err)
	if !goOn {
		return err
	}
	a.survived(err)
	switch {
	case paused && !isStore(err):
		return a.rest(ctx, limit.Until)
	case pause > 0:
		return a.nap(ctx, pause)
	}
	return nil
}

// isStore says whether an error is the store's, also when it kept a limit or a failure
// from being written down.
func isStore(err error) bool {
	var stored *mailbox.Error
	return errors.As(err, &stored) || passing(err) && !outage(err)
}

// after says what follows an error: a pause, and whether to go on at all.
func (a *Agent) after(err error) (pause time.Duration, goOn bool) {
	var limit *LimitError
	var budget *compose.BudgetError
	var failure *providers.Error
	switch {
	case errors.Is(err, ErrShutdown):
		return 0, false
	case errors.Is(err, ErrShared):
		a.row.shared++
		a.log.Warn(logShared, "err", cutWords(err), "attempt", a.row.shared)
		return a.sharedPause(), a.row.shared < maxShared
	case isStore(err):
		if !passing(err) {
			return 0, false
		}
		a.row.store++
		pause = a.storePause(a.row.store)
		a.log.Error(logStore, "err", cutWords(err), "attempt", a.row.store, "wait", pause)
		return pause, true
	case errors.As(err, &limit):
		a.log.Warn(logLimit, "limit", limit.Limit, "until", limit.Until, "err", cutWords(err))
		return 0, true
	case errors.As(err, &budget), errors.As(err, &failure) && lasting(err):
		a.log.Warn(logUnheeded, "err", cutWords(err))
		return 0, true
	case errors.As(err, &failure) && a.ill != nil:
		return max(a.ill.Next.Sub(a.o.Now()), time.Millisecond), true
	case errors.As(err, &failure):
		return doubled(30*a.o.Limits.Backoff, 0), true
	}
	return 0, false
}

// storePause is how long is waited after so many failures of the store.
func (a *Agent) storePause(n int) time.Duration {
	return spread(doubled(a.o.Limits.Backoff, n-1), jitter(string(a.o.Address), a.o.Lease.Holder, "store", fmt.Sprint(n)))
}

// sharedPause is how long is waited when another process was faster: long enough for it
// to be done with what it is at, or it would be disturbed for ever.
func (a *Agent) sharedPause() time.Duration {
	return spread(doubled(a.o.Limits.Backoff, a.row.shared-1), jitter(string(a.o.Address), a.o.Now().String()))
}

// maxWait is how long is waited without a look, by this machine's timers: the clock may
// have been put right meanwhile.
const maxWait = time.Hour

// rest sleeps until a pause is over, or mail comes that may end it: an answer. What was
// there when the agent last looked does not end it.
func (a *Agent) rest(ctx context.Context, until time.Time) error {
	c, done := a.calm(ctx)
	defer done()
	c, cancel := context.WithTimeout(c, maxWait)
	defer cancel()
	_, err := a.mail.Wait(c, a.o.Address, mailbox.Wait{Since: a.idle, Deadline: until, Now: a.o.Now})
	if a.draining() && ctx.Err() == nil {
		return ErrShutdown
	}
	if c.Err() != nil && ctx.Err() == nil {
		return nil // it looks again
	}
	return err
}

// wait sleeps until there may be something to do.
func (a *Agent) wait(ctx context.Context) error {
	m, err := a.look(ctx)
	if err != nil {
		return err
	}
	return a.rest(ctx, m.host.wakeAt())
}
