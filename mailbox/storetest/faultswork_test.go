package storetest

import (
	"context"
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
			return b.Mem.Commit(ctx, c)
		}
	}},
	{"it never gives up", "what was tried too often", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Claim != nil {
				claim := *c.Claim
				claim.Attempts = 1000
				c.Claim = &claim
			}
			return b.Mem.Commit(ctx, c)
		}
	}},
	{"it does not look at fences", "an address has one owner", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			c.Fence = 0
			return b.Mem.Commit(ctx, c)
		}
	}},
	{"it lets anybody own an address", "of many that want to own", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Own != nil {
				own := *c.Own
				own.Holder = "anybody"
				c.Own = &own
			}
			return b.Mem.Commit(ctx, c)
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
			return b.Mem.Commit(ctx, c)
		}
	}},
	{"it passes over what somebody else sent", "what its sender takes back", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			done, err := b.Mem.Commit(ctx, c)
			if err != nil && len(c.Retract) > 1 {
				c.Retract = c.Retract[:1]
				return b.Mem.Commit(ctx, c)
			}
			return done, err
		}
	}},
}
