package agent

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// mailStore is what an agent does with its store.
type mailStore interface {
	Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error)
	Snapshot(ctx context.Context, addr quire.Address) (mailbox.Snapshot, error)
	Status(ctx context.Context, addr quire.Address) (mailbox.Status, error)
	Query(ctx context.Context, addr quire.Address, q mailbox.Query) (mailbox.Page, error)
	Get(ctx context.Context, addr quire.Address, g mailbox.Get) ([]quire.Item, error)
	Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error)
	Wait(ctx context.Context, addr quire.Address, w mailbox.Wait) (mailbox.Woken, error)
	OpenStream(ctx context.Context, addr quire.Address, o mailbox.StreamOpen) (driver.StreamAttempt, error)
	AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error
	EndStream(ctx context.Context, addr quire.Address, c mailbox.StreamClose) error
	ReadStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error)
}
