package agent

import (
	"context"
	"time"

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
	OpenStream(ctx context.Context, addr quire.Address, o mailbox.StreamOpen) (mailbox.StreamAttempt, error)
	AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error
	EndStream(ctx context.Context, addr quire.Address, c mailbox.StreamClose) error
	ReadStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error)
}

// timely is a driver whose reads have a time of their own: one that hangs is an error
// that may pass, and not the end of all turns. Commits have theirs by [Agent.finishing].
type timely struct {
	driver.Driver
	within time.Duration
}

// View implements [driver.Driver].
func (t *timely) View(ctx context.Context, fn func(driver.Read) error) error {
	c, cancel := context.WithTimeout(ctx, t.within)
	defer cancel()
	err := t.Driver.View(c, fn)
	if err != nil && ctx.Err() == nil && c.Err() != nil {
		return c.Err()
	}
	return err
}
