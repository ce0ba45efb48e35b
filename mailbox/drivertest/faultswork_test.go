package drivertest

import (
	"context"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// workFaults are those of queues, owners and what is taken back.
var workFaults = []fault{
	{"it claims what somebody holds", "a claim takes the oldest", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Claim != nil {
				c.Now = c.Now.Add(time.Hour)
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it never gives up", "what was tried too often", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Claim != nil {
				claim := *c.Claim
				claim.Attempts = 1000
				c.Claim = &claim
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it does not look at fences", "an address has one owner", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			c.Fence = 0
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it lets anybody own an address", "of many that want to own", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Own != nil {
				own := *c.Own
				own.Holder = "anybody"
				c.Own = &own
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it forgets where mail was sent to", "a claim for a plus-address", func(b *broken) {
		b.items = func(items []quire.Item) []quire.Item {
			for i := range items {
				items[i].SentTo = ""
			}
			return items
		}
	}},
	{"it takes back only what the sender still has", "what its sender takes back", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			c.Retract = nil
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it passes over what somebody else sent", "what its sender takes back", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			done, err := b.Store.Commit(ctx, c)
			if err != nil && len(c.Retract) > 1 {
				c.Retract = c.Retract[:1]
				return b.Store.Commit(ctx, c)
			}
			return done, err
		}
	}},
	{"it orders by time", "a clock that jumps back an hour", func(b *broken) {
		b.page = func(q mailbox.Query, p *mailbox.Page) {
			slices.SortStableFunc(p.Rows, func(x, y mailbox.Row) int { return y.Sent.Compare(x.Sent) })
		}
	}},
	{"its leases end when the clock jumps back", "a clock that jumps back gives nobody", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Claim != nil && c.Now.Equal(day) {
				c.Now = c.Now.Add(2 * time.Hour)
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"its waits end when the clock jumps back", "a wait whose clock jumps back", func(b *broken) {
		b.wait = func(b *broken, ctx context.Context, addr quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
			if w.Looked.After(w.Now()) {
				return mailbox.Woken{Due: true}, nil
			}
			return b.Store.Wait(ctx, addr, w)
		}
	}},
	{"it counts repeats from the future as none", "a limit on repeats", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Address == "bot" && c.Now.Equal(day) {
				c.Now = c.Now.Add(-24 * time.Hour)
				c.Sends[0].Subject += "?"
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it believes every file", "what is imported as a claim", func(b *broken) {
		b.imports = func(b *broken, ctx context.Context, addr quire.Address, im mailbox.Import) (mailbox.Imports, error) {
			im.Restore = true
			im.Deliveries = slices.Clone(im.Deliveries)
			for i := range im.Deliveries {
				im.Deliveries[i].Item.UID++
			}
			return b.Store.Import(ctx, addr, im)
		}
	}},
	{"it numbers anew what is restored", "a mailbox that is restored", func(b *broken) {
		b.imports = func(b *broken, ctx context.Context, addr quire.Address, im mailbox.Import) (mailbox.Imports, error) {
			im.Deliveries = slices.Clone(im.Deliveries)
			for i := range im.Deliveries {
				im.Deliveries[i].Item.UID = quire.UID(i + 1)
			}
			return b.Store.Import(ctx, addr, im)
		}
	}},
	{"it imports what comes before the first error", "an import is all or nothing", func(b *broken) {
		b.imports = func(b *broken, ctx context.Context, addr quire.Address, im mailbox.Import) (done mailbox.Imports, err error) {
			for _, d := range im.Deliveries {
				if done, err = b.Store.Import(ctx, addr, mailbox.Import{Restore: im.Restore, Deliveries: []mailbox.Imported{d}}); err != nil {
					return done, err
				}
			}
			return done, nil
		}
	}},
}
