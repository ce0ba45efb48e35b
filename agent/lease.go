package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire/mailbox"
)

// Lease makes one process at a time run the agent of an address. The zero value
// takes none: whoever runs it twice then pays for calls whose results go nowhere.
type Lease struct {
	// Holder is this process's name, another one for each: a host name and a
	// process id, say. Run then owns the address while it runs: it waits until
	// nobody else does, renews, and gives it back at its end. A process that is
	// gone is succeeded when its lease ends. Empty: no lease.
	Holder string
	For    time.Duration // 0: 1 minute
}

const defaultLease = time.Minute

// owning runs f while the address is this process's, again and again until ctx
// ends or f fails otherwise.
func (a *Agent) owning(ctx context.Context, f func(context.Context) error) error {
	l := a.o.Lease
	if l.Holder == "" {
		return f(ctx)
	}
	if l.For <= 0 {
		l.For = defaultLease
	}
	for {
		if err := a.own(ctx, &l); errors.Is(err, mailbox.ErrLeaseHeld) {
			if err := a.o.Sleep(ctx, l.For/4); err != nil {
				return err
			}
			continue
		} else if err != nil {
			return err
		}
		err := a.whileOwned(ctx, &l, f)
		if ctx.Err() == nil && errors.Is(err, mailbox.ErrLeaseLost) {
			a.fence = 0
			continue
		}
		free := mailbox.Own{Holder: l.Holder, Free: true}
		_, _ = a.o.Store.Commit(context.WithoutCancel(ctx), mailbox.Commit{Address: a.o.Address, Own: &free, Fence: a.fence, Now: a.o.Now()}) // else it ends by itself
		a.fence = 0
		return err
	}
}

// own takes or renews the address.
func (a *Agent) own(ctx context.Context, l *Lease) error {
	done, err := a.o.Store.Commit(ctx, mailbox.Commit{Address: a.o.Address, Own: &mailbox.Own{Holder: l.Holder, For: l.For}, Now: a.o.Now()})
	if err == nil {
		a.fence = done.Fence
	}
	return err
}

// whileOwned runs f and renews the lease until f returns. When the lease is lost
// f's context ends, and the error is [mailbox.ErrLeaseLost].
func (a *Agent) whileOwned(ctx context.Context, l *Lease, f func(context.Context) error) error {
	owned, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		a.renewing(owned, l, a.fence, stop, lost)
	}()
	err := f(owned)
	close(stop)
	<-stopped
	if cause := context.Cause(owned); errors.Is(cause, mailbox.ErrLeaseLost) {
		return cause
	}
	return err
}

// renewing renews until stop, and calls lost when the lease is gone.
func (a *Agent) renewing(ctx context.Context, l *Lease, fence uint64, stop <-chan struct{}, lost context.CancelCauseFunc) {
	tick := time.NewTicker(max(l.For/3, time.Millisecond))
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := a.o.Store.Commit(ctx, mailbox.Commit{Address: a.o.Address, Fence: fence, Own: &mailbox.Own{Holder: l.Holder, For: l.For}, Now: a.o.Now()})
		switch {
		case err == nil:
			renewed = time.Now()
		case errors.Is(err, mailbox.ErrLeaseLost), time.Since(renewed) >= l.For:
			lost(fmt.Errorf("agent %s: %w (%v)", a.o.Address, mailbox.ErrLeaseLost, err))
			return
		}
	}
}
