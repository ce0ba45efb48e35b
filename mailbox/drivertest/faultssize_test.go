package drivertest

import (
	"context"
	"errors"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// sizeFaults are those of large fields and of blobs.
var sizeFaults = []fault{
	{"it cuts what is too large", "every field of a draft has a limit", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			for i := range c.Sends {
				c.Sends[i].InReplyTo = c.Sends[i].InReplyTo[:min(len(c.Sends[i].InReplyTo), 255)]
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it does not count names", "names in parts count", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			for _, d := range c.Sends {
				for i, p := range d.Parts {
					if call, ok := p.(quire.ToolCall); ok {
						call.ID = ""
						d.Parts[i] = call
					}
				}
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it believes what is said of a blob", "a blob is described", func(b *broken) {
		said := map[quire.MessageID][]quire.Part{}
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			for _, d := range c.Sends {
				said[d.ID] = d.Parts
			}
			return b.Store.Commit(ctx, c)
		}
		b.items = func(items []quire.Item) []quire.Item {
			for i := range items {
				if items[i].From == "ada" {
					items[i].Parts = said[items[i].ID]
				}
			}
			return items
		}
	}},
	{"it fails when it is asked for NUL", "what can't be in any mailbox", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			for _, id := range c.Retract {
				if strings.Contains(string(id), "\x00") {
					return mailbox.Committed{}, errors.New("invalid byte sequence for encoding \"UTF8\": 0x00")
				}
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it gives a claimed sender's content away", "who only claims to be somebody sends", believing},
}
