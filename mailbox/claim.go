package mailbox

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Claim takes deliveries from a mailbox that several workers share: the oldest
// pending ones. Nobody else gets them until the lease ends; then they are pending
// again. One that was claimed too often already is not taken: it is handled and
// has [quire.FlagDead], and its sender gets an event with the reason.
type Claim struct {
	Holder   string        // the worker's name
	To       quire.Address // only what was sent to this plus-address or group
	Limit    int           // 0: 1; at most 1,000
	For      time.Duration // the lease; 0: 1 minute
	Attempts int           // how often one delivery is tried; 0: 5
}

// Claimed is one delivery that a [Claim] took.
type Claimed struct {
	UID     quire.UID
	Attempt int       // of this claim: the fencing token of its [LeaseChange]s
	Until   time.Time // the end of the lease
}

// LeaseChange changes a lease that the commit's author holds: the work is done, the lease
// is renewed, or, with neither, the work is given up and pending again. If the lease
// ended, or somebody else claimed the delivery since, the whole commit is [ErrLeaseLost]:
// what a worker sends together with Done goes out only if the work was still his.
type LeaseChange struct {
	UID     quire.UID
	Holder  string
	Attempt int           // of the claim
	Done    bool          // the work is done: handled, and not pending again
	Renew   bool          // the lease lasts For from now on
	For     time.Duration // of a renewed lease: 0 is 1 minute; of work that is given up: pending after it, 0 is at once
	Reason  string        // of work that is given up: kept with the delivery, for people
}

const (
	defaultLease    = time.Minute
	defaultAttempts = 5
	maxReason       = 1000 // bytes
	maxLease        = 366 * 24 * time.Hour
)

// work checks what a commit claims and changes, and sets defaults.
func (p *prepared) work() error {
	if c := p.Claim; c != nil {
		claim := *c
		claim.setDefaults()
		if !validWord(claim.Holder, maxID) {
			return invalid("the claim's holder %.40q is no name: up to %d printable characters without spaces, another one for each worker", claim.Holder, maxID)
		}
		if claim.Limit > maxRows || claim.For < 0 || claim.For > maxLease {
			return invalid("a claim of %d deliveries for %s: up to %d, for up to %s", claim.Limit, claim.For, maxRows, maxLease)
		}
		claim.To = searchable(claim.To)
		p.Claim = &claim
	}
	leases := make([]LeaseChange, len(p.Leases))
	for i, l := range p.Leases {
		if l.Renew && l.For == 0 {
			l.For = defaultLease
		}
		if l.Done && l.Renew || l.For < 0 || l.For > maxLease {
			return invalid("the change of the lease of %s for %s (done %t, renewed %t): one of them, for up to %s", l.UID, l.For, l.Done, l.Renew, maxLease)
		}
		l.Reason = rank.Cut(jsontext.Clean(l.Reason), maxReason)
		leases[i] = l
	}
	if p.Leases != nil {
		p.Leases = leases
	}
	if o := p.Own; o != nil {
		own := *o
		if own.For == 0 {
			own.For = defaultLease
		}
		if !validWord(own.Holder, maxID) || own.For < 0 || own.For > maxLease {
			return invalid("the address can't be owned by %.40q for %s: a name of printable characters without spaces, for up to %s", own.Holder, own.For, maxLease)
		}
		p.Own = &own
	}
	return nil
}

func (c *Claim) setDefaults() {
	if c.Limit <= 0 {
		c.Limit = 1
	}
	if c.For == 0 {
		c.For = defaultLease
	}
	if c.Attempts <= 0 {
		c.Attempts = defaultAttempts
	}
}

// leases changes leases that the author holds.
func (a *applying) leases() error {
	if err := readAheadOf(a, a.p.Leases, func(l *LeaseChange) quire.UID { return l.UID }); err != nil {
		return err
	}
	now := a.p.Now
	for _, l := range a.p.Leases {
		d, err := a.known(l.UID)
		if err != nil {
			return err
		}
		if d == nil || d.Lease.Holder == "" || d.Lease.Holder != l.Holder || d.Lease.Attempt != l.Attempt || d.Visible(now) || !d.Open() {
			return fmt.Errorf("%s, attempt %d of %.80q: %w", l.UID, l.Attempt, l.Holder, ErrLeaseLost)
		}
		open := d.Open()
		switch {
		case l.Renew:
			d.VisibleAt, d.PutOff = now.Add(l.For), now
		case l.Done:
			d.Flags |= quire.FlagHandled
			d.VisibleAt, d.PutOff, d.Lease.Holder, d.Lease.Reason = time.Time{}, time.Time{}, "", ""
		default:
			d.VisibleAt, d.PutOff, d.Lease.Holder, d.Lease.Reason = time.Time{}, time.Time{}, "", l.Reason
			if l.For > 0 {
				d.VisibleAt, d.PutOff = now.Add(l.For), now
			}
		}
		if err := a.put(a.p.Mailbox, d, open); err != nil {
			return err
		}
	}
	return nil
}

// claim takes what is pending, and gives up what was tried too often.
func (a *applying) claim() error {
	c := a.p.Claim
	if c == nil {
		return nil
	}
	for left := c.Limit; left > 0; left = c.Limit - len(a.claimed) {
		list, err := a.tx.Find(a.p.Mailbox, &driver.Find{Filter: driver.Filter{Top: maxNumber, Pending: true, To: c.To, Now: a.p.Now}, Order: driver.OrderOldest, Limit: left})
		if err != nil {
			return err
		}
		for _, d := range list {
			if err := a.take(c, d); err != nil {
				return err
			}
		}
		if len(list) < left {
			return nil
		}
	}
	return nil
}

// take claims one pending delivery, or gives it up.
func (a *applying) take(c *Claim, d *driver.Delivery) error {
	if d.Lease.Attempt >= c.Attempts {
		return a.giveUp(d)
	}
	d.VisibleAt, d.PutOff = a.p.Now.Add(c.For), a.p.Now
	d.Lease.Holder = c.Holder
	d.Lease.Attempt++
	a.claimed = append(a.claimed, Claimed{d.UID, d.Lease.Attempt, d.VisibleAt})
	return a.put(a.p.Mailbox, d, true)
}

// giveUp makes a delivery a dead letter and tells its sender.
func (a *applying) giveUp(d *driver.Delivery) error {
	if d.Lease.Reason == "" {
		d.Lease.Reason = fmt.Sprintf("the lease of %s ended before it said anything", d.Lease.Holder)
	}
	d.Lease.Holder = ""
	d.Flags |= quire.FlagDead | quire.FlagHandled
	a.dead = append(a.dead, d.UID)
	if err := a.put(a.p.Mailbox, d, true); err != nil {
		return err
	}
	if d.From.Base() == a.p.Mailbox || d.Kind == quire.KindEvent || d.Trust == quire.TrustExternal {
		return nil
	}
	return a.event(a.p.Mailbox, d.From.Base(), &quire.Draft{
		ID: a.eventID("dead", d.Message), InReplyTo: d.Message, References: []quire.MessageID{d.Message}, Subject: "Given up",
		Parts: []quire.Part{quire.Text{Text: fmt.Sprintf("After %d attempts %s gave your message up. The last reason: %s. It is kept there as %s.", d.Lease.Attempt, a.p.Mailbox, d.Lease.Reason, d.UID)}},
	})
}

// eventID names an event that happens to a message, or to a pair of addresses, of
// this mailbox at most once.
func (a *applying) eventID(what string, about quire.MessageID) quire.MessageID {
	return quire.MessageID(what + "-" + quire.DigestOf([]byte(string(a.p.Mailbox)+"\x00"+string(about))).String())
}

// event delivers an event to a mailbox. Guards hold for one from the committing
// mailbox as for all mail; what the store tells an owner in his own name passes
// them. One that was delivered before is not delivered again.
func (a *applying) event(from, box quire.Address, d *quire.Draft) error {
	d.To, d.Kind, d.Auto = []quire.Address{box}, quire.KindEvent, quire.AutoGenerated
	old, err := a.tx.Message(d.ID)
	if err != nil || old != nil {
		return err
	}
	e, err := new(Rules).accept(d, a.p.Mailbox, false, &a.limits)
	if err != nil {
		return err
	}
	e.Envelope, e.told = quire.Envelope{From: from, Sent: a.p.Now}, from == box
	if from != box {
		if bounce, err := a.guard(e, box); err != nil || bounce != nil {
			return err
		}
	}
	if err := a.tx.PutMessage(&e.Message); err != nil {
		return err
	}
	_, err = a.deliver(e, 0, 0)
	return err
}
