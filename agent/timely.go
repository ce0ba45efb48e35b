package agent

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// timely is a store whose reads have a time of their own: one that hangs is an error that
// may pass, and not the end of all turns. Commits have theirs by [Agent.finishing].
type timely struct {
	*mailbox.Store
	within time.Duration
}

func (s *timely) Snapshot(ctx context.Context, addr quire.Address) (mailbox.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	return s.Store.Snapshot(ctx, addr)
}

func (s *timely) Status(ctx context.Context, addr quire.Address) (mailbox.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	return s.Store.Status(ctx, addr)
}

func (s *timely) Query(ctx context.Context, addr quire.Address, q mailbox.Query) (mailbox.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	return s.Store.Query(ctx, addr, q)
}

func (s *timely) Get(ctx context.Context, addr quire.Address, g mailbox.Get) ([]quire.Item, error) {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	return s.Store.Get(ctx, addr, g)
}

func (s *timely) Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	return s.Store.Content(ctx, addr, d, from, to)
}

func (s *timely) Changes(ctx context.Context, addr quire.Address, since quire.State, max int) (mailbox.Changes, error) {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	return s.Store.Changes(ctx, addr, since, max)
}
