package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire/mailbox"
)

// Lease makes one process at a time run the agent of an address. The zero value
// takes none: whoever runs it twice then pays for calls whose results go nowhere, and may
// run tools twice.
type Lease struct {
	// Holder is this process's name, another one for each: a host name and a
	// process id, say. Run then owns the address while it runs: it waits until
	// nobody else does, renews, and gives it back at its end. A process that is
	// gone is succeeded when its lease ends. Empty: no lease.
	Holder string
	For    time.Duration // 0: 1 minute
}

const defaultLease = time.Minute

// leaseFor is how long a lease lasts.
func (a *Agent) leaseFor() time.Duration {
	if a.o.Lease.For > 0 {
		return a.o.Lease.For
	}
	return defaultLease
}

// leaseMargin is the part of a lease that is left when its owner stops: by then what he
// had under way has ended, whatever the store does.
const leaseMargin = 10

// owning runs f while the address is this process's, again and again until ctx
// ends or f fails otherwise.
func (a *Agent) owning(ctx context.Context, f func(context.Context) error) error {
	if a.o.Lease.Holder == "" {
		return f(ctx)
	}
	waited := false
	for {
		until, err := a.own(ctx, 0)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, mailbox.ErrLeaseHeld):
			if !waited {
				waited = true
				a.log.Info(logHeld, "err", cutWords(err))
			}
			if err := a.nap(ctx, a.leaseFor()/4); err != nil {
				return err
			}
			continue
		default:
			if err := a.overcome(ctx, err); err != nil {
				return err
			}
			continue
		}
		waited = false
		a.row = row{}
		a.log.Info(logTaken, "holder", a.o.Lease.Holder, "fence", a.fence)
		err = a.whileOwned(ctx, until, f)
		if ctx.Err() == nil && errors.Is(err, mailbox.ErrLeaseLost) {
			a.fence = 0
			a.log.Error(logLost, "err", cutWords(err))
			a.survived(err)
			continue
		}
		a.free(ctx)
		if ctx.Err() != nil && errors.Is(err, mailbox.ErrLeaseLost) { // it was over anyhow
			err = ctx.Err()
		}
		return err
	}
}

// own takes the address, or, with the fence of before, renews. It is this process's until
// a time by the clock of this machine, which no jump of the other one moves: the lease
// may have begun when the commit was sent.
func (a *Agent) own(ctx context.Context, fence uint64) (until time.Time, err error) {
	began := time.Now()
	l := a.leaseFor()
	within, cancel := context.WithTimeout(ctx, l/6)
	defer cancel()
	c := mailbox.Commit{Address: a.o.Address, Fence: fence, Own: &mailbox.Own{Holder: a.o.Lease.Holder, For: l}, Now: a.o.Now()}
	done, err := a.mail.Commit(within, c)
	if err != nil {
		return time.Time{}, err
	}
	if fence == 0 {
		a.fence = done.Fence
	}
	return began.Add(l - l/leaseMargin), nil
}

// free gives the address back. When that fails the lease ends by itself.
func (a *Agent) free(ctx context.Context) {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.leaseFor()/3)
	defer cancel()
	own := mailbox.Own{Holder: a.o.Lease.Holder, Free: true}
	_, _ = a.mail.Commit(within, mailbox.Commit{Address: a.o.Address, Own: &own, Fence: a.fence, Now: a.o.Now()})
	a.fence = 0
}

// whileOwned runs f and renews the lease until f returns. When the lease is lost, or is
// over without having been renewed, f's context ends, and the error is
// [mailbox.ErrLeaseLost].
func (a *Agent) whileOwned(ctx context.Context, until time.Time, f func(context.Context) error) error {
	owned, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	renewals, stop := context.WithCancel(owned)
	over := time.AfterFunc(time.Until(until), func() { lost(a.lost(errOver)) })
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		a.renewing(renewals, over, a.fence, lost)
	}()
	err := f(owned)
	stop()
	<-stopped
	over.Stop()
	if cause := context.Cause(owned); errors.Is(cause, mailbox.ErrLeaseLost) {
		return cause
	}
	return err
}

// errOver says that a lease ended before it could be renewed.
var errOver = errors.New("it was not renewed in time")

func (a *Agent) lost(why error) error {
	return fmt.Errorf("agent %s: %w (%v)", a.o.Address, mailbox.ErrLeaseLost, why)
}

// renewing renews until ctx ends, and puts over off each time. Each renewal has a time of
// its own, and one that fails or hangs is tried again soon.
func (a *Agent) renewing(ctx context.Context, over *time.Timer, fence uint64, lost context.CancelCauseFunc) {
	wait := max(a.leaseFor()/3, time.Millisecond)
	next := time.NewTimer(wait)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		next.Reset(wait)
		until, err := a.own(ctx, fence)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, mailbox.ErrLeaseLost):
			lost(a.lost(err))
			return
		case err != nil:
			a.log.Warn(logRenewal, "err", cutWords(err))
			next.Reset(max(wait/10, time.Millisecond))
		case over.Stop(): // else it is over already
			over.Reset(time.Until(until))
		}
	}
}
