package mailbox

import (
	"context"

	"github.com/quire-dev/quire"
)

// What only some stores can, each with nothing but the methods of its interface.
type (
	canWait struct {
		r     *restricted
		store Waiter
	}
	canExpunge struct {
		r     *restricted
		store Expunger
	}
	canCompact struct {
		r     *restricted
		store Compacter
	}
	canImport struct {
		r     *restricted
		store Importer
	}
	canStream struct {
		r     *restricted
		store Streams
	}
)

func (c canWait) Wait(ctx context.Context, addr quire.Address, w Wait) (Woken, error) {
	return guarded(c.r, "wait", addr, RightRead, func() (Woken, error) { return c.store.Wait(ctx, addr, w) })
}

func (c canExpunge) Expunge(ctx context.Context, addr quire.Address, uids []quire.UID) (quire.State, error) {
	return guarded(c.r, "expunge", addr, RightAdmin, func() (quire.State, error) { return c.store.Expunge(ctx, addr, uids) })
}

func (c canCompact) Compact(ctx context.Context, addr quire.Address, before quire.State) (quire.State, error) {
	return guarded(c.r, "compact", addr, RightAdmin, func() (quire.State, error) { return c.store.Compact(ctx, addr, before) })
}

func (c canImport) Import(ctx context.Context, addr quire.Address, im Import) (Imports, error) {
	return guarded(c.r, "import", addr, RightAdmin, func() (Imports, error) { return c.store.Import(ctx, addr, im) })
}

func (c canStream) OpenStream(ctx context.Context, addr quire.Address, o StreamOpen) (StreamAttempt, error) {
	return guarded(c.r, "open stream", addr, RightAdmin, func() (StreamAttempt, error) { return c.store.OpenStream(ctx, addr, o) })
}

func (c canStream) AppendStream(ctx context.Context, addr quire.Address, a StreamAppend) error {
	if err := c.r.may("append to stream", addr, need{addr, RightAdmin}); err != nil {
		return err
	}
	return c.store.AppendStream(ctx, addr, a)
}

func (c canStream) EndStream(ctx context.Context, addr quire.Address, e StreamClose) error {
	if err := c.r.may("end stream", addr, need{addr, RightAdmin}); err != nil {
		return err
	}
	return c.store.EndStream(ctx, addr, e)
}

func (c canStream) ReadStream(ctx context.Context, addr quire.Address, s StreamRead) (StreamPage, error) {
	return guarded(c.r, "read stream", addr, RightRead, func() (StreamPage, error) { return c.store.ReadStream(ctx, addr, s) })
}

func (c canStream) WaitStream(ctx context.Context, addr quire.Address, s StreamRead) (StreamPage, error) {
	return guarded(c.r, "wait for stream", addr, RightRead, func() (StreamPage, error) { return c.store.WaitStream(ctx, addr, s) })
}
