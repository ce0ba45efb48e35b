package drivertest

import (
	"context"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// claimFaults are those of what gateways bring in.
var claimFaults = []fault{
	{"it believes a claimed sender", "a claimed sender supersedes", believing},
	{"it counts claims as what the sender said himself", "what is sent in somebody's name", believing},
	{"it tells nobody of bounces", "who asks for it is told", func(b *broken) {
		b.commit = telling(false)
	}},
	{"it tells everybody of bounces", "who asks for it is told", func(b *broken) {
		b.commit = telling(true)
	}},
	{"it takes events from outside", "nobody brings an event in", believing},
	{"it shows everybody's events as the owner's own", "nobody brings an event in", func(b *broken) {
		b.snapshot = func(s *mailbox.Snapshot) {
			page, err := b.Store.Query(context.Background(), "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindEvent}, Now: day})
			if err == nil && len(s.Arrived) == 0 {
				for _, r := range page.Rows {
					s.Arrived = append(s.Arrived, r.Item)
				}
			}
		}
	}},
}

// clockFaults are those of clocks that were far ahead, and of owners.
var clockFaults = []fault{
	{"its leases end when the clock says so", "what a clock that was a year ahead", func(b *broken) {
		b.page = func(q mailbox.Query, p *mailbox.Page) {
			if q.Pending {
				p.Rows = slices.DeleteFunc(p.Rows, func(r mailbox.Row) bool { return r.VisibleAt.After(q.Now) })
			}
		}
	}},
	{"it forgets when the owner came", "what a clock that was a year ahead", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Own != nil && c.Now.Equal(day) {
				c.Now = c.Now.AddDate(1, 0, 0)
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it lets nobody take an address away", "an administrator takes", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Own != nil {
				own := *c.Own
				own.Force, c.Own = false, &own
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"who lost an address can write on", "an administrator takes", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			c.Fence = 0
			return b.Store.Commit(ctx, c)
		}
	}},
}

// bounceFaults break rules of RunRules.
var bounceFaults = []fault{
	{"it forgets whom a message did not reach", "what is sent again", func(b *broken) {
		b.committed = func(c *mailbox.Committed) {
			for i := range c.Sent {
				if c.Sent[i].Duplicate {
					c.Sent[i].Bounced = nil
				}
			}
		}
	}},
}

// believing makes a store that takes what came through a gateway for what its sender
// said himself.
func believing(b *broken) {
	b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
		c.Via = nil
		return b.Store.Commit(ctx, c)
	}
}

// telling tells of bounces whoever asks or not.
func telling(on bool) func(*broken, context.Context, mailbox.Commit) (mailbox.Committed, error) {
	return func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
		c.TellBounces = on
		return b.Store.Commit(ctx, c)
	}
}
