package drivertest

import (
	"context"
	"errors"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

const (
	marks  = "a compacted mailbox tells"
	little = "compacting forgets nothing but"
	past   = "no mailbox is compacted up to"
	reads  = "who reads changes while they are compacted"
)

// compactFaults are those of low marks.
var compactFaults = []fault{
	{"it raises no mark", marks, func(b *broken) {
		b.compact = func(_ *broken, _ context.Context, _ quire.Address, before quire.State) (quire.State, error) {
			return before, nil
		}
	}},
	{"it raises the mark too far", marks, func(b *broken) {
		b.compact = func(b *broken, ctx context.Context, a quire.Address, before quire.State) (quire.State, error) {
			s, err := b.Store.Status(ctx, a)
			if err == nil {
				_, err = b.Store.Compact(ctx, a, s.State)
			}
			return before, err
		}
	}},
	{"it forgets and raises no mark", marks, func(b *broken) { forgets(b, 1<<30) }},
	{"it forgets one and raises no mark", marks, func(b *broken) { forgets(b, 1) }},
	{"it forgets one beyond the mark", marks, func(b *broken) {
		b.compact = func(b *broken, ctx context.Context, a quire.Address, before quire.State) (quire.State, error) {
			b.n = 1
			return b.Store.Compact(ctx, a, before)
		}
		b.changes = func(b *broken, ctx context.Context, a quire.Address, since quire.State, max int) (mailbox.Changes, error) {
			c, err := b.Store.Changes(ctx, a, since, max)
			if b.n > 0 && len(c.Destroyed) > 0 {
				c.Destroyed = c.Destroyed[1:]
			}
			return c, err
		}
	}},
	{"it says that the mark fell", marks, func(b *broken) {
		b.compact = func(b *broken, ctx context.Context, a quire.Address, before quire.State) (quire.State, error) {
			_, err := b.Store.Compact(ctx, a, before)
			return before, err
		}
	}},
	{"what is below the mark has no changes", reads, func(b *broken) {
		b.changes = func(b *broken, ctx context.Context, a quire.Address, since quire.State, max int) (mailbox.Changes, error) {
			c, err := b.Store.Changes(ctx, a, since, max)
			if errors.Is(err, mailbox.ErrCannotCalculateChanges) {
				return mailbox.Changes{State: since}, nil
			}
			return c, err
		}
	}},
	{"it compacts up to any state", past, func(b *broken) {
		b.compact = func(b *broken, ctx context.Context, a quire.Address, before quire.State) (quire.State, error) {
			low, err := b.Store.Compact(ctx, a, before)
			if errors.Is(err, mailbox.ErrCannotCalculateChanges) {
				return before, nil
			}
			return low, err
		}
	}},
	{"it compacts everybody's mailbox", little, func(b *broken) {
		b.compact = func(b *broken, ctx context.Context, a quire.Address, before quire.State) (quire.State, error) {
			s, err := b.Store.Status(ctx, "ben")
			if err == nil {
				_, err = b.Store.Compact(ctx, "ben", s.State)
			}
			if err != nil {
				return "", err
			}
			return b.Store.Compact(ctx, a, before)
		}
	}},
	{"compacting is a change", little, func(b *broken) {
		b.compact = func(b *broken, ctx context.Context, a quire.Address, before quire.State) (quire.State, error) {
			_, _ = b.Store.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: "x", To: []quire.Address{a}}}})
			return b.Store.Compact(ctx, a, before)
		}
	}},
}

// forgets makes a store that leaves out up to n of what was destroyed, once it is
// compacted, and has no mark.
func forgets(b *broken, n int) {
	b.compact = func(b *broken, _ context.Context, _ quire.Address, before quire.State) (quire.State, error) {
		b.n = n
		return before, nil
	}
	b.changes = func(b *broken, ctx context.Context, a quire.Address, since quire.State, max int) (mailbox.Changes, error) {
		c, err := b.Store.Changes(ctx, a, since, max)
		c.Destroyed = c.Destroyed[min(b.n, len(c.Destroyed)):]
		return c, err
	}
}
