package mailbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
)

// Expunger is a Store that can destroy deliveries for good. Nothing in this
// library does so by itself.
type Expunger interface {
	Store
	// Expunge destroys deliveries and returns the state after it: all of them
	// or, when one can't be, none. A message goes with its last delivery; its id
	// stays known, so that it is not delivered again. What [AgentState].Holds names, and
	// of an agent its own messages after Through, is [ErrInUse]. Numbers that are not there are passed over.
	Expunge(ctx context.Context, addr quire.Address, uids []quire.UID) (quire.State, error)
}

// ExpungeTx is what [ApplyExpunge] needs of a writing transaction besides Tx.
type ExpungeTx interface {
	Tx
	// Held reads of what PutState kept Holds and Through.
	Held(box quire.Address) ([]quire.UID, quire.UID, error)
	// Destroy removes a delivery and remembers that it was destroyed at modseq.
	// With the last delivery of a message goes its content, but not its id,
	// sender and digest.
	Destroy(box quire.Address, d *Placed, modseq uint64) error
}

// ApplyExpunge carries out an Expunge in a writing transaction. When it fails
// the store must undo all of tx. It is for implementers.
func ApplyExpunge(tx ExpungeTx, box quire.Address, uids []quire.UID) (Meta, error) {
	meta, err := tx.Meta(box)
	if err != nil {
		return meta, err
	}
	holds, through, err := tx.Held(box)
	if err != nil {
		return meta, err
	}
	for _, uid := range slices.Compact(slices.Sorted(slices.Values(uids))) {
		d, err := tx.Delivery(box, uid)
		if err != nil {
			return meta, err
		}
		if d == nil {
			continue
		}
		if slices.Contains(holds, uid) || meta.Agent && d.Self && uid > through {
			return meta, fmt.Errorf("%s: %w", uid, ErrInUse)
		}
		meta.Modseq++
		meta.Total--
		if d.Open() {
			meta.count(d, -1)
		}
		if err := tx.Destroy(box, d, meta.Modseq); err != nil {
			return meta, err
		}
	}
	return meta, tx.PutMeta(box, meta)
}

// Expunge implements [Expunger].
func (m *Mem) Expunge(ctx context.Context, addr quire.Address, uids []quire.UID) (quire.State, error) {
	if err := ctx.Err(); err != nil {
		return "", fail("expunge", addr, err)
	}
	if err := addr.Valid(); err != nil {
		return "", fail("expunge", addr, invalid("the address: %w", err))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return "", fail("expunge", addr, ErrClosed)
	}
	tx := &memTx{m: m}
	meta, err := ApplyExpunge(tx, addr.Base(), uids)
	if err != nil {
		tx.rollBack()
		return "", fail("expunge", addr, err)
	}
	m.announce()
	return FormatState(m.epoch, meta.Modseq), nil
}

func (tx *memTx) Held(box quire.Address) ([]quire.UID, quire.UID, error) {
	if b := tx.m.boxes[box]; b != nil {
		return b.agent.Holds, b.agent.Through, nil
	}
	return nil, 0, nil
}

func (tx *memTx) Destroy(box quire.Address, d *Placed, modseq uint64) error {
	b, msg := tx.box(box), tx.m.messages[d.Message]
	items, gone, stored := b.items, b.gone, *msg
	at := b.from(d.UID)
	was := b.items[at]
	tx.onUndo(func() {
		b.items, b.gone, *msg = items, gone, stored
		b.byID[d.Message] = was
	})
	b.items = slices.Delete(slices.Clone(items), at, at+1)
	delete(b.byID, d.Message)
	b.gone = append(slices.Clone(gone), Change{d.UID, modseq, ChangeDestroyed})
	msg.holders = slices.DeleteFunc(slices.Clone(msg.holders), func(a quire.Address) bool { return a == box })
	if len(msg.holders) > 0 {
		return nil
	}
	msg.Head, msg.Parts, msg.doc = nil, nil, stored.doc
	msg.doc.Freq = nil
	for _, digest := range stored.Refers {
		tx.dropBlob(digest)
	}
	return nil
}

// dropBlob forgets content that no delivered message refers to.
func (tx *memTx) dropBlob(d quire.Digest) {
	for _, msg := range tx.m.messages {
		if len(msg.holders) > 0 && slices.Contains(msg.Refers, d) {
			return
		}
	}
	data, ok := tx.m.blobs[d]
	if !ok {
		return
	}
	tx.onUndo(func() { tx.m.blobs[d] = data })
	delete(tx.m.blobs, d)
}

var _ Expunger = (*Mem)(nil)
