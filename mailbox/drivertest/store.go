package drivertest

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// store is a *mailbox.Store, or one that a test of the kit broke.
type store interface {
	Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error)
	Snapshot(ctx context.Context, addr quire.Address) (mailbox.Snapshot, error)
	Status(ctx context.Context, addr quire.Address) (mailbox.Status, error)
	Query(ctx context.Context, addr quire.Address, q mailbox.Query) (mailbox.Page, error)
	Candidates(ctx context.Context, addr quire.Address, c mailbox.Candidates) (mailbox.Judged, error)
	Get(ctx context.Context, addr quire.Address, g mailbox.Get) ([]quire.Item, error)
	Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error)
	Changes(ctx context.Context, addr quire.Address, since quire.State, max int) (mailbox.Changes, error)
	Receipts(ctx context.Context, addr quire.Address, from, to uint64) ([]driver.Receipt, error)
	Wait(ctx context.Context, addr quire.Address, w mailbox.Wait) (mailbox.Woken, error)
	Expunge(ctx context.Context, addr quire.Address, uids []quire.UID) (quire.State, error)
	Forget(ctx context.Context, f mailbox.Forget) (mailbox.Certificate, error)
	DeleteMailbox(ctx context.Context, addr quire.Address) (mailbox.Certificate, error)
	Prune(ctx context.Context, r mailbox.Retention) (mailbox.Pruned, error)
	Compact(ctx context.Context, addr quire.Address, before quire.State) (quire.State, error)
	Import(ctx context.Context, addr quire.Address, im mailbox.Import) (mailbox.Imports, error)
	Vectors(ctx context.Context, addr quire.Address, model string, uids []quire.UID) ([]driver.Vector, error)
	PutVectors(ctx context.Context, addr quire.Address, model string, list []driver.Vector) error
	DropVectors(ctx context.Context, addr quire.Address, keep string) error
	OpenStream(ctx context.Context, addr quire.Address, o mailbox.StreamOpen) (driver.StreamAttempt, error)
	AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error
	EndStream(ctx context.Context, addr quire.Address, c mailbox.StreamClose) error
	ReadStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error)
	WaitStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error)
	Mailboxes(ctx context.Context, q mailbox.MailboxQuery) ([]mailbox.Mailbox, error)
	WaitMailboxes(ctx context.Context, q mailbox.MailboxQuery) ([]mailbox.Mailbox, error)
	NewEpoch(ctx context.Context) error
	Close() error
}
