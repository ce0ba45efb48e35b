package mailbox

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Own is about the address as a whole: its agent runs in one place at a time.
// Whoever owns an address gets a fencing token, a number that grows with each
// owner, and puts it into the Fence of his commits: when another one has taken
// over, they fail with [ErrLeaseLost] and change nothing. An Own with the Fence
// of before renews; one without takes over when the lease ended, nobody has one,
// or it is the same Holder's, who was started again; else it is [ErrLeaseHeld]. A lease
// that was taken more than [quire.MaxSkew] after now, by a clock that was wrong, has ended.
type Own struct {
	Holder string        // the owner's name, another one for each process
	For    time.Duration // 0: 1 minute
	Free   bool          // give it back instead
	// Force takes the address, or with Free takes it away, whoever owns it: for an
	// administrator who knows that the owner is gone. Whoever owned it before can
	// commit nothing more under his fence.
	Force bool
}

// fence checks who owns the address.
func (a *applying) fence(meta *driver.Box) error {
	if p := a.p; p.Fence != 0 && p.Fence != meta.Fence {
		return fmt.Errorf("%s has had another owner since (fence %d, the commit has %d): %w", p.Mailbox, meta.Fence, p.Fence, ErrLeaseLost)
	}
	return nil
}

// own changes who owns the address.
func (a *applying) own(meta *driver.Box) error {
	p, o := a.p, a.p.Own
	if o == nil {
		return nil
	}
	// A lease that was taken in the future was taken by a clock that was wrong.
	ahead := meta.OwnedSince.After(p.Now.Add(quire.MaxSkew))
	free := meta.Owner == "" || !p.Now.Before(meta.OwnedUntil) || ahead || o.Force
	if p.Fence == 0 && !free && meta.Owner != o.Holder {
		return fmt.Errorf("%s runs %s until %s: %w", meta.Owner, p.Mailbox, meta.OwnedUntil.Format(time.RFC3339), ErrLeaseHeld)
	}
	if p.Fence == 0 && (o.Force || !o.Free) {
		meta.Fence++
	}
	if o.Free {
		meta.Owner, meta.OwnedUntil, meta.OwnedSince = "", time.Time{}, time.Time{}
		return nil
	}
	meta.Owner, meta.OwnedUntil, meta.OwnedSince = o.Holder, p.Now.Add(o.For), p.Now
	return nil
}
