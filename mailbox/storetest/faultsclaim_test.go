package storetest

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// claimFaults are those of what gateways bring in.
var claimFaults = []fault{
	{"it believes a claimed sender", "a claimed sender supersedes", believing},
	{"it counts claims as what the sender said himself", "what is sent in somebody's name", believing},
	{"it takes events from outside", "nobody brings an event in", believing},
	{"it shows everybody's events as the owner's own", "nobody brings an event in", func(b *broken) {
		b.snapshot = func(s *mailbox.Snapshot) {
			page, err := b.Mem.Query(context.Background(), "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindEvent}, Now: day})
			if err == nil && len(s.Arrived) == 0 {
				for _, r := range page.Rows {
					s.Arrived = append(s.Arrived, r.Item)
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
		return b.Mem.Commit(ctx, c)
	}
}
