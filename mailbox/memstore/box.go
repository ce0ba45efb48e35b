package memstore

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// message is a message and who has it.
type message struct {
	driver.Message
	holders []quire.Address // mailboxes that have it, in order
}

// box is a mailbox.
type box struct {
	counters driver.Box
	items    []*driver.Delivery // by UID
	byID     map[quire.MessageID]*driver.Delivery
	index    map[string][]quire.UID // of each term the deliveries that came with it, in order; what was destroyed stays in it
	gone     []driver.Change        // destroyed after counters.Low, by modseq
	agent    *driver.AgentState
	journal  []driver.JournalEntry
	receipts map[uint64]driver.Receipt
	commits  map[string]commit
	streams  map[uint64][]*attempt
	vectors  map[string]map[quire.UID][]byte // by model
}

// commit is what is remembered of a commit with an id.
type commit struct {
	content quire.Digest
	done    []byte
	at      time.Time
	rev     uint64
}

func newBox() *box {
	return &box{counters: driver.Box{NextUID: 1}, byID: map[quire.MessageID]*driver.Delivery{}, index: map[string][]quire.UID{},
		receipts: map[uint64]driver.Receipt{}, commits: map[string]commit{}, streams: map[uint64][]*attempt{}, vectors: map[string]map[quire.UID][]byte{}}
}

// from returns the index of the first delivery with a UID of at least uid.
func (b *box) from(uid quire.UID) int {
	i, _ := slices.BinarySearchFunc(b.items, uid, func(d *driver.Delivery, uid quire.UID) int {
		switch {
		case d.UID < uid:
			return -1
		case d.UID > uid:
			return 1
		}
		return 0
	})
	return i
}

// find returns the delivery with a number, or nil.
func (b *box) find(uid quire.UID) *driver.Delivery {
	if i := b.from(uid); i < len(b.items) && b.items[i].UID == uid {
		return b.items[i]
	}
	return nil
}

// copyOf is a delivery for others to keep.
func copyOf(d *driver.Delivery) *driver.Delivery {
	if d == nil {
		return nil
	}
	c := *d
	c.Counts = slices.Clone(d.Counts)
	return &c
}

// transaction is a memory whose lock is held. One that writes can take all back.
type transaction struct {
	*memory
	undo     []func()
	newEpoch bool
}

// rollBack undoes everything, the last change first.
func (tx *transaction) rollBack() {
	for _, f := range slices.Backward(tx.undo) {
		f()
	}
}

func (tx *transaction) onUndo(f func()) { tx.undo = append(tx.undo, f) }

// there is a mailbox to read; it may be empty, never nil.
func (tx *transaction) there(addr quire.Address) *box {
	if b := tx.boxes[addr]; b != nil {
		return b
	}
	return newBox()
}

// box returns a mailbox to write to.
func (tx *transaction) box(addr quire.Address) *box {
	b := tx.boxes[addr]
	if b == nil {
		b = newBox()
		tx.boxes[addr] = b
		tx.onUndo(func() { delete(tx.boxes, addr) })
	}
	return b
}

func (tx *transaction) Epoch() (string, error)      { return tx.epoch, nil }
func (tx *transaction) Ahead(quire.Address) error   { return nil }
func (tx *transaction) Lock(...quire.Address) error { return nil }

func (tx *transaction) SetEpoch(epoch string) error {
	old := tx.epoch
	tx.onUndo(func() { tx.epoch = old })
	tx.epoch, tx.newEpoch = epoch, true
	return nil
}

func (tx *transaction) Box(addr quire.Address) (driver.Box, error) {
	return tx.there(addr).counters, nil
}

func (tx *transaction) Boxes(behind quire.Address, limit int, open bool) ([]driver.Mailbox, error) {
	var list []driver.Mailbox
	var addrs []quire.Address
	for addr, b := range tx.boxes {
		if addr > behind && (!open || b.counters.Open > 0) {
			addrs = append(addrs, addr)
		}
	}
	slices.Sort(addrs)
	for _, addr := range addrs[:min(limit, len(addrs))] {
		b := tx.boxes[addr]
		m := driver.Mailbox{Address: addr, Box: b.counters}
		newest := uint64(0)
		for call, r := range b.receipts {
			if call >= newest {
				newest, m.Called = call, r.Time
			}
		}
		list = append(list, m)
	}
	return list, nil
}

func (tx *transaction) PutBox(addr quire.Address, counters driver.Box) error {
	b := tx.box(addr)
	old := b.counters
	tx.onUndo(func() { b.counters = old })
	b.counters = counters
	return nil
}

func (tx *transaction) Agent(addr quire.Address) (*driver.AgentState, error) {
	return copyOfState(tx.there(addr).agent), nil
}

func (tx *transaction) PutAgent(addr quire.Address, a *driver.AgentState) error {
	b := tx.box(addr)
	old := b.agent
	tx.onUndo(func() { b.agent = old })
	b.agent = copyOfState(a)
	return nil
}

func copyOfState(a *driver.AgentState) *driver.AgentState {
	if a == nil {
		return nil
	}
	c := *a
	c.State, c.Holds = bytes.Clone(a.State), slices.Clone(a.Holds)
	return &c
}

func (tx *transaction) Journal(addr quire.Address) ([]driver.JournalEntry, error) {
	var list []driver.JournalEntry
	for _, e := range tx.there(addr).journal {
		e.Result = bytes.Clone(e.Result)
		list = append(list, e)
	}
	return list, nil
}

func (tx *transaction) PutJournal(addr quire.Address, e *driver.JournalEntry) error {
	b := tx.box(addr)
	journal := b.journal
	tx.onUndo(func() { b.journal = journal })
	c := *e
	c.Result = bytes.Clone(e.Result)
	b.journal = slices.Clone(journal)
	i := slices.IndexFunc(journal, func(old driver.JournalEntry) bool { return old.Step == e.Step && old.Call == e.Call })
	if i >= 0 {
		b.journal[i] = c
	} else {
		b.journal = append(b.journal, c)
	}
	return nil
}

func (tx *transaction) DropJournal(addr quire.Address, step string) error {
	b := tx.box(addr)
	journal := b.journal
	tx.onUndo(func() { b.journal = journal })
	b.journal = slices.DeleteFunc(slices.Clone(journal), func(e driver.JournalEntry) bool { return e.Step == step })
	return nil
}

func (tx *transaction) Receipts(addr quire.Address, from, to uint64, limit int) ([]driver.Receipt, error) {
	var list []driver.Receipt
	for call, r := range tx.there(addr).receipts {
		if call >= from && call <= to {
			r.Data = bytes.Clone(r.Data)
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(x, y driver.Receipt) int {
		if x.Call < y.Call {
			return -1
		}
		return 1
	})
	return list[:min(cmp.Or(limit, len(list)), len(list))], nil
}

func (tx *transaction) PutReceipt(addr quire.Address, r *driver.Receipt) error {
	b := tx.box(addr)
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

func (tx *transaction) Replay(addr quire.Address, id string) (quire.Digest, []byte, error) {
	c := tx.there(addr).commits[id]
	return c.content, c.done, nil
}

func (tx *transaction) Remember(addr quire.Address, id string, content quire.Digest, done []byte, at time.Time, rev uint64) error {
	b := tx.box(addr)
	tx.onUndo(func() { delete(b.commits, id) })
	b.commits[id] = commit{content, done, at, rev}
	if rev <= driver.KeptRevs || rev%16 != 0 {
		return nil
	}
	var ids []string
	for old, c := range b.commits {
		if c.rev > 0 && c.rev <= rev-driver.KeptRevs {
			ids = append(ids, old)
		}
	}
	return tx.DropCommits(addr, ids)
}

func (tx *transaction) Commits(addr quire.Address, before time.Time, limit int) ([]string, error) {
	var ids []string
	for id, c := range tx.there(addr).commits {
		if c.at.Before(before) && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (tx *transaction) DropCommits(addr quire.Address, ids []string) error {
	b := tx.box(addr)
	old := maps.Clone(b.commits)
	tx.onUndo(func() { b.commits = old })
	for _, id := range ids {
		delete(b.commits, id)
	}
	return nil
}

func (tx *transaction) DropReceipts(addr quire.Address, below uint64) error {
	b := tx.box(addr)
	old := maps.Clone(b.receipts)
	tx.onUndo(func() { b.receipts = old })
	maps.DeleteFunc(b.receipts, func(call uint64, _ driver.Receipt) bool { return call < below })
	return nil
}

func (tx *transaction) DropMessages(before time.Time, limit int) (n int, err error) {
	for id, m := range tx.messages {
		if len(m.holders) == 0 && m.Head == nil && m.Sent.Before(before) && n < limit {
			tx.onUndo(func() { tx.messages[id] = m })
			delete(tx.messages, id)
			n++
		}
	}
	return n, nil
}

func (tx *transaction) DropBox(addr quire.Address) error {
	if old := tx.boxes[addr]; old != nil {
		tx.onUndo(func() { tx.boxes[addr] = old })
		delete(tx.boxes, addr)
	}
	return nil
}

func (tx *transaction) Changes(addr quire.Address, since, end uint64, _ int) ([]driver.Change, error) {
	b := tx.there(addr)
	var list []driver.Change
	add := func(uid quire.UID, modseq uint64, kind driver.ChangeKind) {
		if modseq > since && modseq <= end {
			list = append(list, driver.Change{UID: uid, Modseq: modseq, Kind: kind})
		}
	}
	for _, d := range b.items {
		add(d.UID, d.Created, driver.ChangeCreated)
		if d.Modseq != d.Created {
			add(d.UID, d.Modseq, driver.ChangeUpdated)
		}
	}
	for _, c := range b.gone {
		add(c.UID, c.Modseq, c.Kind)
	}
	return list, nil
}

func (tx *transaction) Compact(addr quire.Address, low uint64) error {
	b := tx.box(addr)
	gone, counters := b.gone, b.counters
	tx.onUndo(func() { b.gone, b.counters = gone, counters })
	b.counters.Low = low
	b.gone = slices.DeleteFunc(slices.Clone(gone), func(c driver.Change) bool { return c.Modseq <= low })
	return nil
}

func (tx *transaction) Pending(addr quire.Address, now time.Time) (n int, oldest time.Time, err error) {
	for _, d := range tx.there(addr).items {
		if !d.Pending(now) {
			continue
		}
		if n++; n == 1 {
			oldest = d.Sent
		}
	}
	return n, oldest, nil
}
