package mailbox

import (
	"context"
	"slices"

	"github.com/quire-dev/quire"
)

// Compacter is a Store that can forget what only those need who come back after
// long: which deliveries were destroyed, and when. Nothing in this library does so
// by itself.
type Compacter interface {
	Store
	// Compact forgets what was destroyed up to a state, and raises the mailbox's low
	// mark to it, durably and for good. Changes since a state below the mark is
	// ErrCannotCalculateChanges from then on, whatever happened since; changes since
	// the mark, or a newer state, stay whole. It returns the mark, which never falls:
	// a state below it changes nothing. A state that is not this mailbox's past is
	// ErrCannotCalculateChanges.
	//
	// Nothing else changes: no state, no message, no id that a message or a commit
	// had. A Wait takes states from below the mark, since it looks for what is there.
	Compact(ctx context.Context, addr quire.Address, before quire.State) (quire.State, error)
}

// CompactTx is what [ApplyCompact] needs of a writing transaction.
type CompactTx interface {
	// Meta is that of Tx.
	Meta(box quire.Address) (Meta, error)
	// Low reads a mailbox's low mark, a modseq; 0 when it was never compacted.
	Low(box quire.Address) (uint64, error)
	// Forget keeps another low mark, and forgets what was destroyed up to it.
	Forget(box quire.Address, low uint64) error
}

// ApplyCompact carries out a Compact in a writing transaction. When it fails the
// store must undo all of tx. It is for implementers.
func ApplyCompact(tx CompactTx, epoch string, box quire.Address, before quire.State) (quire.State, error) {
	meta, err := tx.Meta(box)
	if err != nil {
		return "", err
	}
	to, err := ParseState(before, epoch, meta.Modseq)
	if err != nil {
		return "", err
	}
	low, err := tx.Low(box)
	if err != nil {
		return "", err
	}
	if to <= low {
		return FormatState(epoch, low), nil
	}
	return FormatState(epoch, to), tx.Forget(box, to)
}

// ParseSince is [ParseState] for [Store.Changes] of a mailbox with a low mark: a
// state below it is [ErrCannotCalculateChanges].
func ParseSince(s quire.State, epoch string, low, now uint64) (uint64, error) {
	n, err := ParseState(s, epoch, now)
	if err == nil && n < low {
		err = ErrCannotCalculateChanges
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Compact implements [Compacter].
func (m *Mem) Compact(ctx context.Context, addr quire.Address, before quire.State) (quire.State, error) {
	if err := ctx.Err(); err != nil {
		return "", fail("compact", addr, err)
	}
	if err := addr.Valid(); err != nil {
		return "", fail("compact", addr, invalid("the address: %w", err))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return "", fail("compact", addr, ErrClosed)
	}
	low, err := ApplyCompact(&memTx{m: m}, m.epoch, addr.Base(), before)
	return low, fail("compact", addr, err)
}

func (tx *memTx) Low(box quire.Address) (uint64, error) {
	if b := tx.m.boxes[box]; b != nil {
		return b.low, nil
	}
	return 0, nil
}

func (tx *memTx) Forget(box quire.Address, low uint64) error {
	b := tx.box(box)
	b.low = low
	b.gone = slices.DeleteFunc(slices.Clone(b.gone), func(c Change) bool { return c.Modseq <= low })
	return nil
}

var _ Compacter = (*Mem)(nil)
