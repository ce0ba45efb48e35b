package drivertest

import (
	"context"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// broken is a store in memory that breaks one rule.
type broken struct {
	*mailbox.Store
	commit    func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error)
	committed func(*mailbox.Committed)
	snapshot  func(*mailbox.Snapshot)
	status    func(*mailbox.Status)
	page      func(q mailbox.Query, p *mailbox.Page)
	items     func([]quire.Item) []quire.Item
	content   func([]byte) []byte
	changes   func(b *broken, ctx context.Context, addr quire.Address, since quire.State, max int) (mailbox.Changes, error)
	wait      func(b *broken, ctx context.Context, addr quire.Address, w mailbox.Wait) (mailbox.Woken, error)
	expunge   func(b *broken, ctx context.Context, addr quire.Address, uids []quire.UID) (quire.State, error)
	compact   func(b *broken, ctx context.Context, addr quire.Address, before quire.State) (quire.State, error)
	imports   func(b *broken, ctx context.Context, addr quire.Address, im mailbox.Import) (mailbox.Imports, error)
	epoch     func() error
	mu        sync.Mutex
	n         int
}

func (b *broken) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	commit := func() (mailbox.Committed, error) {
		if b.commit != nil {
			return b.commit(b, ctx, c)
		}
		return b.Store.Commit(ctx, c)
	}
	done, err := commit()
	if b.committed != nil && err == nil {
		b.committed(&done)
	}
	return done, err
}

func (b *broken) Snapshot(ctx context.Context, a quire.Address) (mailbox.Snapshot, error) {
	s, err := b.Store.Snapshot(ctx, a)
	if b.snapshot != nil {
		b.snapshot(&s)
	}
	return s, err
}

func (b *broken) Status(ctx context.Context, a quire.Address) (mailbox.Status, error) {
	s, err := b.Store.Status(ctx, a)
	if b.status != nil {
		b.status(&s)
	}
	return s, err
}

func (b *broken) Query(ctx context.Context, a quire.Address, q mailbox.Query) (mailbox.Page, error) {
	p, err := b.Store.Query(ctx, a, q)
	if b.page != nil {
		b.page(q, &p)
	}
	return p, err
}

func (b *broken) Get(ctx context.Context, a quire.Address, g mailbox.Get) ([]quire.Item, error) {
	items, err := b.Store.Get(ctx, a, g)
	if b.items != nil {
		items = b.items(items)
	}
	return items, err
}

func (b *broken) Content(ctx context.Context, a quire.Address, d quire.Digest, from, to int64) ([]byte, error) {
	c, err := b.Store.Content(ctx, a, d, from, to)
	if b.content != nil && err == nil {
		c = b.content(c)
	}
	return c, err
}

func (b *broken) Changes(ctx context.Context, a quire.Address, since quire.State, max int) (mailbox.Changes, error) {
	if b.changes != nil {
		return b.changes(b, ctx, a, since, max)
	}
	return b.Store.Changes(ctx, a, since, max)
}

func (b *broken) Wait(ctx context.Context, a quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
	if b.wait != nil {
		return b.wait(b, ctx, a, w)
	}
	return b.Store.Wait(ctx, a, w)
}

func (b *broken) Expunge(ctx context.Context, a quire.Address, uids []quire.UID) (quire.State, error) {
	if b.expunge != nil {
		return b.expunge(b, ctx, a, uids)
	}
	return b.Store.Expunge(ctx, a, uids)
}

func (b *broken) Compact(ctx context.Context, a quire.Address, before quire.State) (quire.State, error) {
	if b.compact != nil {
		return b.compact(b, ctx, a, before)
	}
	return b.Store.Compact(ctx, a, before)
}

func (b *broken) Import(ctx context.Context, a quire.Address, im mailbox.Import) (mailbox.Imports, error) {
	if b.imports != nil {
		return b.imports(b, ctx, a, im)
	}
	return b.Store.Import(ctx, a, im)
}

func (b *broken) NewEpoch(ctx context.Context) error {
	if b.epoch != nil {
		return b.epoch()
	}
	return b.Store.NewEpoch(ctx)
}
