package mailbox

import (
	"context"

	"github.com/quire-dev/quire"
)

// Restrict is a store for who: each call takes a right, and without it is
// [ErrForbidden] (a *[ForbiddenError]) before the store is asked anything. It is as
// safe as the code that holds it: hand out the result, and keep the store. Nil rights
// are [Granted]'s.
//
// Status, Snapshot, Query, Get, Content, Changes, Receipts, Wait and the reading of
// streams take [RightRead]; Expunge, Compact, Import and the writing of streams
// [RightAdmin]. Of a commit flags, counts, leases and claims take [RightFlag], all else
// RightAdmin of its Address, since it is done in that one's name, and each recipient of
// its sends [RightPost]: one without fails the commit. A group is asked for as a mailbox
// of its own. Close takes RightAdmin of "".
//
// The result is a [Waiter], [Expunger], [Compacter], [Importer] or [Streams] where store
// is, and nothing else: backups and new epochs are for who opened the store. A wait
// that has begun is not ended by a right that is taken away.
func Restrict(store Store, who quire.Address, rights Rights) Store {
	if rights == nil {
		rights = Granted()
	}
	r := &restricted{store, who.Base(), rights}
	waiter, wait := store.(Waiter)
	expunger, expunge := store.(Expunger)
	compacter, compact := store.(Compacter)
	importer, imports := store.(Importer)
	streams, stream := store.(Streams)
	able := 0
	for bit, can := range map[int]bool{ableWait: wait, ableExpunge: expunge, ableCompact: compact, ableImport: imports, ableStream: stream} {
		if can {
			able |= bit
		}
	}
	return r.kind(able, canWait{r, waiter}, canExpunge{r, expunger}, canCompact{r, compacter}, canImport{r, importer}, canStream{r, streams})
}

// restricted is a store's part that every store has.
type restricted struct {
	store  Store
	who    quire.Address
	rights Rights
}

// may is nil when all that is needed is granted.
func (r *restricted) may(op string, addr quire.Address, list ...need) error {
	for _, n := range list {
		if box := n.box.Base(); !r.rights(r.who, box, n.right) {
			return fail(op, addr, &ForbiddenError{r.who, box, n.right})
		}
	}
	return nil
}

// guarded runs f if who has a right.
func guarded[T any](r *restricted, op string, addr quire.Address, right Right, f func() (T, error)) (T, error) {
	if err := r.may(op, addr, need{addr, right}); err != nil {
		var none T
		return none, err
	}
	return f()
}

func (r *restricted) Commit(ctx context.Context, c Commit) (Committed, error) {
	if err := r.may("commit", c.Address, needs(&c)...); err != nil {
		return Committed{}, err
	}
	return r.store.Commit(ctx, c)
}

func (r *restricted) Snapshot(ctx context.Context, addr quire.Address) (Snapshot, error) {
	return guarded(r, "snapshot", addr, RightRead, func() (Snapshot, error) { return r.store.Snapshot(ctx, addr) })
}

func (r *restricted) Status(ctx context.Context, addr quire.Address) (Status, error) {
	return guarded(r, "status", addr, RightRead, func() (Status, error) { return r.store.Status(ctx, addr) })
}

func (r *restricted) Query(ctx context.Context, addr quire.Address, q Query) (Page, error) {
	return guarded(r, "query", addr, RightRead, func() (Page, error) { return r.store.Query(ctx, addr, q) })
}

func (r *restricted) Get(ctx context.Context, addr quire.Address, g Get) ([]quire.Item, error) {
	return guarded(r, "get", addr, RightRead, func() ([]quire.Item, error) { return r.store.Get(ctx, addr, g) })
}

func (r *restricted) Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error) {
	return guarded(r, "content", addr, RightRead, func() ([]byte, error) { return r.store.Content(ctx, addr, d, from, to) })
}

func (r *restricted) Changes(ctx context.Context, addr quire.Address, since quire.State, max int) (Changes, error) {
	return guarded(r, "changes", addr, RightRead, func() (Changes, error) { return r.store.Changes(ctx, addr, since, max) })
}

func (r *restricted) Receipts(ctx context.Context, addr quire.Address, from, to uint64) ([]Receipt, error) {
	return guarded(r, "receipts", addr, RightRead, func() ([]Receipt, error) { return r.store.Receipts(ctx, addr, from, to) })
}

func (r *restricted) Close() error {
	if err := r.may("close", "", need{"", RightAdmin}); err != nil {
		return err
	}
	return r.store.Close()
}
