package mailbox

import (
	"context"
	"math"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// deletedAtOnce is how much of a mailbox that goes is removed in one transaction.
const deletedAtOnce = 32

// DeleteMailbox removes a mailbox and all that is its own: its deliveries, with the
// content of messages that nobody else has; its agent's state, receipts and journal;
// streams, and what is remembered of commits. What others have of its mail is theirs:
// the certificate lists it as kept, and [Store.Forget] erases it. Mail that is sent to the
// address later makes a new mailbox, whose numbers begin at 1.
//
// It works as [Store.Forget] does: in small transactions, to be called again after an
// error, with the file cleared in the end. Stop the agent of the address before: while
// somebody owns it, it is [ErrLeaseHeld]. Whoever had the right to administer the mailbox
// may delete it.
func (s *Store) DeleteMailbox(ctx context.Context, addr quire.Address) (Certificate, error) {
	if err := s.begin(ctx, "delete mailbox", addr, need{addr, RightAdmin}); err != nil {
		return Certificate{}, err
	}
	g := s.forgetting(ctx)
	g.done.Mailbox = addr.Base()
	for _, step := range []func(quire.Address) error{g.close, g.empty, g.forgetCommits, g.theirs, g.drop} {
		if err := step(addr.Base()); err != nil {
			return Certificate{}, fail("delete mailbox", addr, ended(ctx, err))
		}
	}
	if err := s.d.Scrub(ctx); err != nil {
		return Certificate{}, fail("delete mailbox", addr, ended(ctx, err))
	}
	return g.certificate(), nil
}

// update writes to one mailbox, in a transaction that may be made twice.
func (g *forgetting) update(box quire.Address, f func(w driver.Write) error) error {
	_, err := g.s.d.Update(g.ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) error {
		if err := w.Lock(box); err != nil {
			return err
		}
		return f(w)
	})
	return err
}

// close sees that nobody owns the mailbox, and takes its agent's state, so that nothing is
// referred to any more.
func (g *forgetting) close(box quire.Address) error {
	return g.update(box, func(w driver.Write) error {
		b, err := w.Box(box)
		if err != nil || b.NextUID <= 1 && b.Modseq == 0 && !b.Agent {
			return err
		}
		if b.Owner != "" && g.s.o.Clock().Before(b.OwnedUntil) {
			return ErrLeaseHeld
		}
		list, err := w.Journal(box)
		for i := range list {
			if err == nil {
				err = w.DropJournal(box, list[i].Step)
			}
		}
		if err != nil {
			return err
		}
		b.Rev++ // who works on the state before fails
		if err = w.PutBox(box, b); err == nil && b.Agent {
			err = w.PutAgent(box, &driver.AgentState{Through: math.MaxInt64})
			g.done.States = 1
		}
		return err
	})
}

// empty destroys the deliveries.
func (g *forgetting) empty(box quire.Address) error {
	for n := deletedAtOnce; n == deletedAtOnce; {
		err := g.update(box, func(w driver.Write) error {
			b, err := w.Box(box)
			if err != nil {
				return err
			}
			page, err := w.Find(box, &driver.Find{Filter: driver.Filter{Top: b.NextUID}, Order: driver.OrderOldest, Limit: deletedAtOnce})
			n = len(page)
			if err != nil || n == 0 {
				return err
			}
			uids := make([]quire.UID, n)
			for i, d := range page {
				uids[i] = d.UID
				t := &target{Gone: Gone{Message: d.Message, From: d.From, Kind: d.Kind, Sent: d.Sent, In: []Place{{box, d.UID}}}}
				holders, err := w.Holders(d.Message)
				if err != nil {
					return err
				}
				for _, other := range holders {
					if other == box {
						continue
					}
					at, err := w.DeliveryOf(other, d.Message)
					if err != nil {
						return err
					}
					kept := t.Gone
					kept.In = []Place{{other, at.UID}}
					g.keep(kept)
				}
				g.wanted[d.Message] = t
			}
			_, err = expunge(w, box, uids)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keep notes what somebody else has.
func (g *forgetting) keep(k Gone) {
	for i := range g.done.Kept {
		if old := &g.done.Kept[i]; old.Message == k.Message {
			for _, p := range k.In {
				if !slices.Contains(old.In, p) {
					old.In = append(old.In, p)
				}
			}
			return
		}
	}
	g.done.Kept = append(g.done.Kept, k)
}

// forgetCommits forgets receipts, streams, and ids of commits.
func (g *forgetting) forgetCommits(box quire.Address) error {
	n, err := g.s.dropReceipts(g.ctx, box, func(*driver.Receipt) bool { return true })
	g.done.Receipts = n
	if err == nil {
		_, err = g.s.d.Update(g.ctx, driver.Update{Repeatable: true, Batch: true, Streams: true}, func(w driver.Write) error {
			numbers, err := w.StreamNumbers(box)
			if err != nil || len(numbers) == 0 {
				return err
			}
			return w.DropStreams(box, numbers[len(numbers)-1]+1)
		})
	}
	if err == nil {
		_, err = g.s.dropCommits(g.ctx, box, maxTime)
	}
	return err
}

// theirs lists what others have that the owner wrote.
func (g *forgetting) theirs(box quire.Address) error {
	return g.eachBox(func(b *driver.Mailbox) error {
		if b.Address == box {
			return nil
		}
		return g.eachItem(b.Address, driver.Filter{Top: b.NextUID, From: box, Not: quire.FlagForgotten}, func(_ driver.Read, it *quire.Item) error {
			g.keep(Gone{Message: it.ID, From: it.From, Kind: it.Kind, Sent: it.Sent, In: []Place{{b.Address, it.UID}}})
			return nil
		})
	})
}

// drop removes what is left of the mailbox.
func (g *forgetting) drop(box quire.Address) error {
	var low, end uint64
	err := g.s.d.View(g.ctx, func(r driver.Read) error {
		b, err := r.Box(box)
		low, end = b.Low, b.Modseq
		return err
	})
	for err == nil && low < end {
		low = min(low+1000, end)
		err = g.update(box, func(w driver.Write) error { return w.Compact(box, low) })
	}
	if err != nil {
		return err
	}
	return g.update(box, func(w driver.Write) error {
		b, err := w.Box(box)
		switch {
		case err != nil:
			return err
		case b.Total == 0:
			return w.DropBox(box)
		case b.Agent: // somebody wrote meanwhile: the mailbox is a new one already, and nobody's
			return w.PutAgent(box, &driver.AgentState{})
		}
		return nil
	})
}
