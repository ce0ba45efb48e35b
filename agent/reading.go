package agent

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// reading is a store whose looks end in time: one that is swallowed on its way would hold
// the agent for ever, also when it is to stop.
type reading struct {
	mailbox.Store
	limit time.Duration
}

func (r reading) Snapshot(ctx context.Context, addr quire.Address) (mailbox.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	return r.Store.Snapshot(ctx, addr)
}

func (r reading) Status(ctx context.Context, addr quire.Address) (mailbox.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	return r.Store.Status(ctx, addr)
}

func (r reading) Query(ctx context.Context, addr quire.Address, q mailbox.Query) (mailbox.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	return r.Store.Query(ctx, addr, q)
}

func (r reading) Get(ctx context.Context, addr quire.Address, g mailbox.Get) ([]quire.Item, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	return r.Store.Get(ctx, addr, g)
}

func (r reading) Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	return r.Store.Content(ctx, addr, d, from, to)
}
