package drivertest

import (
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// writing changes a copy of what is to be kept, and keeps it.
func writing[T any](tx brokenTx, what string, change func(*T), v *T, do func(v *T) error) error {
	c := *v
	if change != nil {
		change(&c)
	}
	return tx.writes(what, func() error { return do(&c) })
}

func (tx brokenTx) writes(what string, do func() error) error {
	if tx.h.write != nil {
		return tx.h.write(tx.Write, what, do)
	}
	return do()
}

func (tx brokenTx) SetEpoch(epoch string) error {
	return tx.writes("SetEpoch", func() error { return tx.Write.SetEpoch(epoch) })
}

func (tx brokenTx) PutBox(box quire.Address, b driver.Box) error {
	return writing(tx, "PutBox", tx.h.forms.box, &b, func(b *driver.Box) error { return tx.Write.PutBox(box, *b) })
}

func (tx brokenTx) PutAgent(box quire.Address, a *driver.AgentState) error {
	return writing(tx, "PutAgent", tx.h.forms.agent, a, func(a *driver.AgentState) error { return tx.Write.PutAgent(box, a) })
}

func (tx brokenTx) PutJournal(box quire.Address, e *driver.JournalEntry) error {
	return writing(tx, "PutJournal", tx.h.forms.entry, e, func(e *driver.JournalEntry) error { return tx.Write.PutJournal(box, e) })
}

func (tx brokenTx) DropJournal(box quire.Address, step string) error {
	return tx.writes("DropJournal", func() error { return tx.Write.DropJournal(box, step) })
}

func (tx brokenTx) PutReceipt(box quire.Address, r *driver.Receipt) error {
	return writing(tx, "PutReceipt", tx.h.forms.receipt, r, func(r *driver.Receipt) error { return tx.Write.PutReceipt(box, r) })
}

func (tx brokenTx) Remember(box quire.Address, id string, content quire.Digest, done []byte, at time.Time, rev uint64) error {
	return tx.writes("Remember", func() error { return tx.Write.Remember(box, id, content, done, at, rev) })
}

func (tx brokenTx) DropCommits(box quire.Address, ids []string) error {
	return tx.writes("DropCommits", func() error { return tx.Write.DropCommits(box, ids) })
}

func (tx brokenTx) DropReceipts(box quire.Address, below uint64) error {
	return tx.writes("DropReceipts", func() error { return tx.Write.DropReceipts(box, below) })
}

func (tx brokenTx) DropMessages(before time.Time, limit int) (n int, err error) {
	err = tx.writes("DropMessages", func() error { n, err = tx.Write.DropMessages(before, limit); return err })
	return n, err
}

func (tx brokenTx) DropBox(box quire.Address) error {
	return tx.writes("DropBox", func() error { return tx.Write.DropBox(box) })
}

func (tx brokenTx) Erase(m *driver.Message) error {
	return writing(tx, "Erase", tx.h.forms.erase, m, tx.Write.Erase)
}

func (tx brokenTx) PutMessage(m *driver.Message) error {
	return writing(tx, "PutMessage", tx.h.forms.message, m, tx.Write.PutMessage)
}

func (tx brokenTx) Refill(m *driver.Message) error {
	return writing(tx, "Refill", tx.h.forms.message, m, tx.Write.Refill)
}

func (tx brokenTx) PutDelivery(box quire.Address, d *driver.Delivery) error {
	return writing(tx, "PutDelivery", tx.h.forms.put, d, func(d *driver.Delivery) error { return tx.Write.PutDelivery(box, d) })
}

func (tx brokenTx) Destroy(box quire.Address, d *driver.Delivery, modseq uint64) error {
	if tx.h.forms.destroy != nil {
		return tx.h.forms.destroy(tx.Write, box, d, modseq)
	}
	return tx.writes("Destroy", func() error { return tx.Write.Destroy(box, d, modseq) })
}

func (tx brokenTx) Compact(box quire.Address, low uint64) error {
	if tx.h.forms.forget != nil {
		return tx.h.forms.forget(tx.Write, box, low)
	}
	return tx.writes("Compact", func() error { return tx.Write.Compact(box, low) })
}

func (tx brokenTx) PutStreamAttempt(box quire.Address, a *driver.StreamAttempt) error {
	return writing(tx, "PutStreamAttempt", tx.h.forms.attempt, a, func(a *driver.StreamAttempt) error { return tx.Write.PutStreamAttempt(box, a) })
}

func (tx brokenTx) PutStreamChunk(box quire.Address, stream uint64, attempt int, offset uint64, data []byte) error {
	return tx.writes("PutStreamChunk", func() error { return tx.Write.PutStreamChunk(box, stream, attempt, offset, data) })
}

func (tx brokenTx) DropStreamChunks(box quire.Address, stream uint64, attempt int, below uint64) error {
	return tx.writes("DropStreamChunks", func() error { return tx.Write.DropStreamChunks(box, stream, attempt, below) })
}

func (tx brokenTx) DropStreams(box quire.Address, below uint64) error {
	return tx.writes("DropStreams", func() error { return tx.Write.DropStreams(box, below) })
}
