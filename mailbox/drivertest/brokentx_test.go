package drivertest

import (
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// hooks change what a transaction is asked and what it answers.
type hooks struct {
	box      func(*driver.Box)
	ahead    func()
	agent    func(*driver.AgentState)
	journal  func([]driver.JournalEntry) []driver.JournalEntry
	receipts func(tx driver.Write, box quire.Address, from, to uint64, limit int) ([]driver.Receipt, error)
	replay   func(tx driver.Write, box quire.Address, id string) (quire.Digest, []byte, error)
	changes  func(since, end uint64, list []driver.Change) []driver.Change

	message  func(*driver.Message)
	holders  func([]quire.Address) []quire.Address
	blob     func(tx driver.Write, box quire.Address, d quire.Digest, from, to int64) ([]byte, int64, error)
	delivery func(*driver.Delivery) *driver.Delivery
	changed  func(tx driver.Write, box quire.Address, uids []quire.UID, since uint64) ([]*driver.Delivery, error)
	find     func(f *driver.Find)
	found    func([]*driver.Delivery) []*driver.Delivery
	filter   func(f *driver.Filter) // of Matches
	matches  func(since *uint64, matches *bool)
	pending  func(n *int, oldest *time.Time)
	alarm    func(passed *bool, next *time.Time)
	items    func([]driver.Item) []driver.Item // by number
	itemsOf  func([]driver.Item) []driver.Item // by message
	arrived  func([]driver.Item) []driver.Item
	same     func(tx driver.Write, box, from quire.Address, same string, since, until time.Time) (int, error)
	recent   func(tx driver.Write, box, from quire.Address, external bool, nth int) (time.Time, error)

	key     func(int64) int64
	posting func(tx driver.Write, box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error)
	keyed   func(int64) int64             // the keys of Weights and UIDs
	uids    func([]quire.UID) []quire.UID // of keys
	weighed func(f *driver.Filter)        // of Weights
	weights func([]driver.Weight) []driver.Weight

	vectors func(tx driver.Write, box quire.Address, model string, uids []quire.UID) ([]driver.Vector, error)

	numbers  func([]uint64) []uint64
	attempts func([]driver.StreamAttempt)
	chunks   func(tx driver.Write, box quire.Address, stream uint64, attempt int, from uint64, limit int) ([][]byte, error)

	write func(tx driver.Write, what string, do func() error) error // around each operation that writes
	forms forms
}

// forms change what is written.
type forms struct {
	box     func(*driver.Box)
	agent   func(*driver.AgentState)
	entry   func(*driver.JournalEntry)
	receipt func(*driver.Receipt)
	message func(*driver.Message)
	erase   func(*driver.Message)
	attempt func(*driver.StreamAttempt)
	destroy func(tx driver.Write, box quire.Address, d *driver.Delivery, modseq uint64) error
	forget  func(tx driver.Write, box quire.Address, low uint64) error
	vectors func(tx driver.Write, box quire.Address, model string, list []driver.Vector) error
	dropped func(tx driver.Write, box quire.Address, keep string, limit int) (bool, error)
	put     func(*driver.Delivery)
}

// brokenTx is a transaction with hooks.
type brokenTx struct {
	driver.Write
	h *hooks
}

// with is what was answered, changed.
func with[T any](change func(T) T, v T, err error) (T, error) {
	if change != nil && err == nil {
		v = change(v)
	}
	return v, err
}

func (tx brokenTx) Box(box quire.Address) (driver.Box, error) {
	b, err := tx.Write.Box(box)
	if tx.h.box != nil {
		tx.h.box(&b)
	}
	return b, err
}

func (tx brokenTx) Agent(box quire.Address) (*driver.AgentState, error) {
	a, err := tx.Write.Agent(box)
	if tx.h.agent != nil && a != nil {
		tx.h.agent(a)
	}
	return a, err
}

func (tx brokenTx) Journal(box quire.Address) ([]driver.JournalEntry, error) {
	list, err := tx.Write.Journal(box)
	return with(tx.h.journal, list, err)
}

func (tx brokenTx) Receipts(box quire.Address, from, to uint64, limit int) ([]driver.Receipt, error) {
	if tx.h.receipts != nil {
		return tx.h.receipts(tx.Write, box, from, to, limit)
	}
	return tx.Write.Receipts(box, from, to, limit)
}

func (tx brokenTx) Replay(box quire.Address, id string) (quire.Digest, []byte, error) {
	if tx.h.replay != nil {
		return tx.h.replay(tx.Write, box, id)
	}
	return tx.Write.Replay(box, id)
}

func (tx brokenTx) Changes(box quire.Address, since, end uint64, limit int) ([]driver.Change, error) {
	list, err := tx.Write.Changes(box, since, end, limit)
	if tx.h.changes != nil {
		list = tx.h.changes(since, end, list)
	}
	return list, err
}

func (tx brokenTx) Contents(behind int64, limit int) ([]driver.Message, int64, error) {
	list, last, err := tx.Write.Contents(behind, limit)
	for i := range list {
		if tx.h.message != nil {
			tx.h.message(&list[i])
		}
	}
	return list, last, err
}

func (tx brokenTx) Message(id quire.MessageID) (*driver.Message, error) {
	m, err := tx.Write.Message(id)
	if tx.h.message != nil && m != nil {
		tx.h.message(m)
	}
	return m, err
}

func (tx brokenTx) Holders(id quire.MessageID) ([]quire.Address, error) {
	list, err := tx.Write.Holders(id)
	return with(tx.h.holders, list, err)
}

func (tx brokenTx) Blob(box quire.Address, d quire.Digest, from, to int64) ([]byte, int64, error) {
	if tx.h.blob != nil {
		return tx.h.blob(tx.Write, box, d, from, to)
	}
	return tx.Write.Blob(box, d, from, to)
}

func (tx brokenTx) Delivery(box quire.Address, uid quire.UID) (*driver.Delivery, error) {
	d, err := tx.Write.Delivery(box, uid)
	return with(tx.h.delivery, d, err)
}

func (tx brokenTx) DeliveryOf(box quire.Address, id quire.MessageID) (*driver.Delivery, error) {
	d, err := tx.Write.DeliveryOf(box, id)
	return with(tx.h.delivery, d, err)
}

func (tx brokenTx) Ahead(box quire.Address) error {
	if tx.h.ahead != nil {
		tx.h.ahead()
	}
	return tx.Write.Ahead(box)
}

func (tx brokenTx) Changed(box quire.Address, uids []quire.UID, since uint64) ([]*driver.Delivery, error) {
	if tx.h.changed != nil {
		return tx.h.changed(tx.Write, box, uids, since)
	}
	return tx.Write.Changed(box, uids, since)
}

func (tx brokenTx) Find(box quire.Address, f *driver.Find) ([]*driver.Delivery, error) {
	asked := *f
	if tx.h.find != nil {
		tx.h.find(&asked)
	}
	list, err := tx.Write.Find(box, &asked)
	return with(tx.h.found, list, err)
}

func (tx brokenTx) Matches(box quire.Address, f *driver.Filter, since uint64) (bool, error) {
	asked, unused := *f, false
	if tx.h.filter != nil {
		tx.h.filter(&asked)
	}
	if tx.h.matches == nil {
		return tx.Write.Matches(box, &asked, since)
	}
	tx.h.matches(&since, &unused)
	matches, err := tx.Write.Matches(box, &asked, since)
	tx.h.matches(&since, &matches)
	return matches, err
}

func (tx brokenTx) Pending(box quire.Address, now time.Time) (int, time.Time, error) {
	n, oldest, err := tx.Write.Pending(box, now)
	if tx.h.pending != nil {
		tx.h.pending(&n, &oldest)
	}
	return n, oldest, err
}

func (tx brokenTx) Alarm(box quire.Address, looked, now time.Time) (bool, time.Time, error) {
	passed, next, err := tx.Write.Alarm(box, looked, now)
	if tx.h.alarm != nil {
		tx.h.alarm(&passed, &next)
	}
	return passed, next, err
}

func (tx brokenTx) Items(box quire.Address, uids []quire.UID, parts bool) ([]driver.Item, error) {
	list, err := tx.Write.Items(box, uids, parts)
	return with(tx.h.items, list, err)
}

func (tx brokenTx) ItemsOf(box quire.Address, ids []quire.MessageID) ([]driver.Item, error) {
	list, err := tx.Write.ItemsOf(box, ids)
	return with(tx.h.itemsOf, list, err)
}

func (tx brokenTx) Arrived(box quire.Address, above quire.UID) ([]driver.Item, error) {
	list, err := tx.Write.Arrived(box, above)
	return with(tx.h.arrived, list, err)
}

func (tx brokenTx) Same(box, from quire.Address, same string, since, until time.Time) (int, error) {
	if tx.h.same != nil {
		return tx.h.same(tx.Write, box, from, same, since, until)
	}
	return tx.Write.Same(box, from, same, since, until)
}

func (tx brokenTx) Recent(box, from quire.Address, external bool, nth int) (time.Time, error) {
	if tx.h.recent != nil {
		return tx.h.recent(tx.Write, box, from, external, nth)
	}
	return tx.Write.Recent(box, from, external, nth)
}

func (tx brokenTx) Key(box quire.Address, uid quire.UID) (int64, error) {
	key, err := tx.Write.Key(box, uid)
	return with(tx.h.key, key, err)
}

func (tx brokenTx) Posting(box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error) {
	if tx.h.posting != nil {
		return tx.h.posting(tx.Write, box, anyOf, upTo, limit)
	}
	return tx.Write.Posting(box, anyOf, upTo, limit)
}

func (tx brokenTx) UIDs(box quire.Address, keys []int64) ([]quire.UID, error) {
	uids, err := tx.Write.UIDs(box, tx.theirs(keys))
	return with(tx.h.uids, uids, err)
}

func (tx brokenTx) Weights(box quire.Address, keys []int64, f *driver.Filter) ([]driver.Weight, error) {
	asked := *f
	if tx.h.weighed != nil {
		tx.h.weighed(&asked)
	}
	list, err := tx.Write.Weights(box, tx.theirs(keys), &asked)
	return with(tx.h.weights, list, err)
}

// theirs are the keys of the driver that is broken.
func (tx brokenTx) theirs(keys []int64) []int64 {
	if tx.h.keyed == nil {
		return keys
	}
	keys = slices.Clone(keys)
	for i, key := range keys {
		keys[i] = tx.h.keyed(key)
	}
	return keys
}

func (tx brokenTx) WeightsOf(box quire.Address, uids []quire.UID, f *driver.Filter) ([]driver.Weight, error) {
	asked := *f
	if tx.h.weighed != nil {
		tx.h.weighed(&asked)
	}
	list, err := tx.Write.WeightsOf(box, uids, &asked)
	return with(tx.h.weights, list, err)
}

func (tx brokenTx) StreamNumbers(box quire.Address) ([]uint64, error) {
	list, err := tx.Write.StreamNumbers(box)
	return with(tx.h.numbers, list, err)
}

func (tx brokenTx) StreamAttempts(box quire.Address, stream uint64) ([]driver.StreamAttempt, error) {
	list, err := tx.Write.StreamAttempts(box, stream)
	if tx.h.attempts != nil {
		tx.h.attempts(list)
	}
	return list, err
}

func (tx brokenTx) StreamChunks(box quire.Address, stream uint64, attempt int, from uint64, limit int) ([][]byte, error) {
	if tx.h.chunks != nil {
		return tx.h.chunks(tx.Write, box, stream, attempt, from, limit)
	}
	return tx.Write.StreamChunks(box, stream, attempt, from, limit)
}
