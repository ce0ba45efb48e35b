package mailbox

import (
	"bytes"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/rank"
)

// memTx writes to a Mem whose lock is held, and can take it all back.
type memTx struct {
	m    *Mem
	undo []func()
}

// rollBack undoes everything, the last change first.
func (tx *memTx) rollBack() {
	for _, f := range slices.Backward(tx.undo) {
		f()
	}
}

func (tx *memTx) onUndo(f func()) { tx.undo = append(tx.undo, f) }

// box returns a mailbox to write to.
func (tx *memTx) box(addr quire.Address) *memBox {
	b := tx.m.boxes[addr]
	if b == nil {
		b = newMemBox()
		tx.m.boxes[addr] = b
		tx.onUndo(func() { delete(tx.m.boxes, addr) })
	}
	return b
}

func (tx *memTx) Meta(box quire.Address) (Meta, error) {
	if b := tx.m.boxes[box]; b != nil {
		return b.meta, nil
	}
	return Meta{NextUID: 1}, nil
}

func (tx *memTx) PutMeta(box quire.Address, meta Meta) error {
	b := tx.box(box)
	old := b.meta
	tx.onUndo(func() { b.meta = old })
	b.meta = meta
	return nil
}

func (tx *memTx) Replay(box quire.Address, id string) (quire.Digest, []byte, error) {
	if b := tx.m.boxes[box]; b != nil {
		c := b.commits[id]
		return c.content, c.done, nil
	}
	return quire.Digest{}, nil, nil
}

func (tx *memTx) Remember(box quire.Address, id string, content quire.Digest, done []byte) error {
	b := tx.box(box)
	tx.onUndo(func() { delete(b.commits, id) })
	b.commits[id] = memCommit{content, done}
	return nil
}

func (tx *memTx) Message(id quire.MessageID) (*Stored, error) {
	if msg := tx.m.messages[id]; msg != nil {
		return &msg.Stored, nil
	}
	return nil, nil
}

func (tx *memTx) PutMessage(a *Accepted) error {
	tx.onUndo(func() { delete(tx.m.messages, a.ID) })
	tx.m.messages[a.ID] = &memMessage{Stored: a.Stored, doc: rank.Analyze(a.Text)}
	for _, blob := range a.Blobs {
		if _, ok := tx.m.blobs[blob.Digest]; !ok {
			tx.onUndo(func() { delete(tx.m.blobs, blob.Digest) })
			tx.m.blobs[blob.Digest] = blob.Data
		}
	}
	return nil
}

func (tx *memTx) Blob(box quire.Address, d quire.Digest, from, to int64) ([]byte, int64, error) {
	b := tx.m.boxes[box]
	if b == nil {
		return nil, 0, ErrNotFound
	}
	return tx.m.content(b, d, from, to)
}

func (tx *memTx) Delivery(box quire.Address, uid quire.UID) (*Placed, error) {
	if b := tx.m.boxes[box]; b != nil {
		return copyOf(b.find(uid)), nil
	}
	return nil, nil
}

func (tx *memTx) DeliveryOf(box quire.Address, id quire.MessageID) (*Placed, error) {
	if b := tx.m.boxes[box]; b != nil {
		return copyOf(b.byID[id]), nil
	}
	return nil, nil
}

func copyOf(p *Placed) *Placed {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

func (tx *memTx) Holders(id quire.MessageID) ([]quire.Address, error) {
	if msg := tx.m.messages[id]; msg != nil {
		return slices.Clone(msg.holders), nil
	}
	return nil, nil
}

func (tx *memTx) Same(box, from quire.Address, same string, since, until time.Time) (int, error) {
	n := 0
	if b := tx.m.boxes[box]; b != nil {
		for _, p := range b.items {
			if p.Same == same && p.From == from && !p.Sent.Before(since) && !p.Sent.After(until) {
				n++
			}
		}
	}
	return n, nil
}

func (tx *memTx) Recent(box, from quire.Address, external bool, nth int) (time.Time, error) {
	if b := tx.m.boxes[box]; b != nil {
		for _, p := range slices.Backward(b.items) {
			if p.From.Base() != from || (p.Trust == quire.TrustExternal) != external {
				continue
			}
			if nth--; nth <= 0 {
				return p.Sent, nil
			}
		}
	}
	return time.Time{}, nil
}

func (tx *memTx) Claimable(box, to quire.Address, now time.Time, limit int) ([]*Placed, error) {
	var list []*Placed
	if b := tx.m.boxes[box]; b != nil {
		for _, p := range b.items {
			if len(list) < limit && p.Pending(now) && (to == "" || p.SentTo == to) {
				list = append(list, copyOf(p))
			}
		}
	}
	return list, nil
}

func (tx *memTx) PutDelivery(box quire.Address, p *Placed) error {
	b, put := tx.box(box), copyOf(p)
	if old := b.find(p.UID); old != nil {
		before := *old
		tx.onUndo(func() { *old = before })
		*old = *put
		return nil
	}
	msg := tx.m.messages[p.Message]
	holders := msg.holders
	tx.onUndo(func() {
		b.items = b.items[:len(b.items)-1]
		delete(b.byID, p.Message)
		b.index.remove(&msg.doc)
		msg.holders = holders
	})
	b.index.add(put.UID, &msg.doc)
	b.items = append(b.items, put)
	b.byID[p.Message] = put
	i, _ := slices.BinarySearch(holders, box)
	msg.holders = slices.Insert(slices.Clone(holders), i, box)
	return nil
}

func (tx *memTx) PutState(box quire.Address, s *AgentState) error {
	b := tx.box(box)
	old := b.agent
	tx.onUndo(func() { b.agent = old })
	b.agent = s.clone()
	return nil
}

func (tx *memTx) PutReceipt(box quire.Address, r *Receipt) error {
	b := tx.box(box)
	old, had := b.receipts[r.Call]
	tx.onUndo(func() {
		if delete(b.receipts, r.Call); had {
			b.receipts[r.Call] = old
		}
	})
	c := *r
	c.Data = bytes.Clone(r.Data)
	b.receipts[r.Call] = c
	return nil
}

func (tx *memTx) PutJournal(box quire.Address, e *JournalEntry) error {
	b := tx.box(box)
	journal := b.journal
	tx.onUndo(func() { b.journal = journal })
	c := *e
	c.Result = bytes.Clone(e.Result)
	b.journal = slices.Clone(journal)
	i := slices.IndexFunc(journal, func(old JournalEntry) bool { return old.Step == e.Step && old.Call == e.Call })
	if i >= 0 {
		b.journal[i] = c
	} else {
		b.journal = append(b.journal, c)
	}
	return nil
}

func (tx *memTx) DropJournal(box quire.Address, step string) error {
	b := tx.box(box)
	journal := b.journal
	tx.onUndo(func() { b.journal = journal })
	b.journal = slices.DeleteFunc(slices.Clone(journal), func(e JournalEntry) bool { return e.Step == step })
	return nil
}
