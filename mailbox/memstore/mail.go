package memstore

import (
	"maps"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

func (tx *transaction) Message(id quire.MessageID) (*driver.Message, error) {
	if m := tx.messages[id]; m != nil {
		c := m.Message
		return &c, nil
	}
	return nil, nil
}

func (tx *transaction) Holders(id quire.MessageID) ([]quire.Address, error) {
	if m := tx.messages[id]; m != nil {
		return slices.Clone(m.holders), nil
	}
	return nil, nil
}

func (tx *transaction) Contents(behind int64, _ int) (list []driver.Message, last int64, err error) {
	if behind > 0 { // all of them came at once
		return nil, behind, nil
	}
	for _, id := range slices.Sorted(maps.Keys(tx.messages)) {
		if m := tx.messages[id]; m.Head != nil {
			list = append(list, m.Message)
		}
	}
	return list, 1, nil
}

func (tx *transaction) Refill(m *driver.Message) error {
	if len(tx.messages[m.ID].holders) > 0 {
		return nil
	}
	return tx.PutMessage(m)
}

func (tx *transaction) PutMessage(m *driver.Message) error {
	old := tx.messages[m.ID]
	tx.onUndo(func() {
		if delete(tx.messages, m.ID); old != nil {
			tx.messages[m.ID] = old
		}
	})
	put := &message{Message: *m}
	put.Blobs = nil
	tx.messages[m.ID] = put
	for _, blob := range m.Blobs {
		if _, ok := tx.blobs[blob.Digest]; !ok {
			tx.onUndo(func() { delete(tx.blobs, blob.Digest) })
			tx.blobs[blob.Digest] = blob.Data
		}
	}
	return nil
}

func (tx *transaction) Blob(addr quire.Address, d quire.Digest, from, to int64) ([]byte, int64, error) {
	refers := func(p *driver.Delivery) bool { return slices.Contains(tx.messages[p.Message].Refers, d) }
	if !slices.ContainsFunc(tx.there(addr).items, refers) {
		return nil, 0, mailbox.ErrNotFound
	}
	data := tx.blobs[d]
	size := int64(len(data))
	if to <= 0 || to > size {
		to = size
	}
	return []byte(data[min(max(from, 0), to):to]), size, nil
}

func (tx *transaction) Delivery(addr quire.Address, uid quire.UID) (*driver.Delivery, error) {
	return copyOf(tx.there(addr).find(uid)), nil
}

func (tx *transaction) DeliveryOf(addr quire.Address, id quire.MessageID) (*driver.Delivery, error) {
	return copyOf(tx.there(addr).byID[id]), nil
}

func (tx *transaction) Changed(addr quire.Address, uids []quire.UID, since uint64) ([]*driver.Delivery, error) {
	b := tx.there(addr)
	var list []*driver.Delivery
	for _, uid := range uids {
		if d := b.find(uid); d != nil && d.Modseq > since {
			list = append(list, copyOf(d))
		}
	}
	return list, nil
}

func (tx *transaction) Find(addr quire.Address, f *driver.Find) ([]*driver.Delivery, error) {
	var list []*driver.Delivery
	for _, d := range tx.there(addr).items {
		if f.Match(d) {
			list = append(list, d)
		}
	}
	list = f.Page(list)
	for i, d := range list {
		list[i] = copyOf(d)
	}
	return list, nil
}

func (tx *transaction) Matches(addr quire.Address, f *driver.Filter, since uint64) (bool, error) {
	return slices.ContainsFunc(tx.there(addr).items, func(d *driver.Delivery) bool { return d.Modseq > since && f.Match(d) }), nil
}

func (tx *transaction) Alarm(addr quire.Address, looked, now time.Time) (passed bool, next time.Time, err error) {
	for _, d := range tx.there(addr).items {
		p, n := d.Alarm(looked, now)
		passed = passed || p
		if !n.IsZero() && (next.IsZero() || n.Before(next)) {
			next = n
		}
	}
	return passed, next, nil
}

// item reads a whole message.
func (tx *transaction) item(d *driver.Delivery) driver.Item {
	m := tx.messages[d.Message].Message
	return driver.Item{Delivery: copyOf(d), Message: &m}
}

func (tx *transaction) Items(addr quire.Address, uids []quire.UID, _ bool) ([]driver.Item, error) {
	b := tx.there(addr)
	var list []driver.Item
	for _, uid := range uids {
		if d := b.find(uid); d != nil {
			list = append(list, tx.item(d))
		}
	}
	return list, nil
}

func (tx *transaction) ItemsOf(addr quire.Address, ids []quire.MessageID) ([]driver.Item, error) {
	b := tx.there(addr)
	var list []driver.Item
	for _, id := range ids {
		if d := b.byID[id]; d != nil {
			list = append(list, tx.item(d))
		}
	}
	return list, nil
}

func (tx *transaction) Arrived(addr quire.Address, above quire.UID) ([]driver.Item, error) {
	b := tx.there(addr)
	var list []driver.Item
	for _, d := range b.items[b.from(above+1):] {
		if d.Arrives() {
			list = append(list, tx.item(d))
		}
	}
	return list, nil
}

func (tx *transaction) Same(addr, from quire.Address, same string, since, until time.Time) (int, error) {
	n := 0
	for _, d := range tx.there(addr).items {
		if d.Same == same && d.From == from && !d.Sent.Before(since) && !d.Sent.After(until) {
			n++
		}
	}
	return n, nil
}

func (tx *transaction) Recent(addr, from quire.Address, external bool, nth int) (time.Time, error) {
	for _, d := range slices.Backward(tx.there(addr).items) {
		if d.From.Base() != from || (d.Trust == quire.TrustExternal) != external {
			continue
		}
		if nth--; nth <= 0 {
			return d.Sent, nil
		}
	}
	return time.Time{}, nil
}

func (tx *transaction) PutDelivery(addr quire.Address, d *driver.Delivery) error {
	b, put := tx.box(addr), copyOf(d)
	if old := b.find(d.UID); old != nil {
		before := *old
		tx.onUndo(func() { *old = before })
		*old = *put
		return nil
	}
	m := tx.messages[d.Message]
	holders := m.holders
	tx.onUndo(func() {
		b.items = b.items[:len(b.items)-1]
		delete(b.byID, d.Message)
		for _, term := range m.Words.Terms {
			b.index[term] = b.index[term][:len(b.index[term])-1]
		}
		m.holders = holders
	})
	for _, term := range m.Words.Terms {
		b.index[term] = append(b.index[term], put.UID)
	}
	b.items = append(b.items, put)
	b.byID[d.Message] = put
	i, _ := slices.BinarySearch(holders, addr)
	m.holders = slices.Insert(slices.Clone(holders), i, addr)
	return nil
}

func (tx *transaction) Destroy(addr quire.Address, d *driver.Delivery, modseq uint64) error {
	b, m := tx.box(addr), tx.messages[d.Message]
	items, gone, before := b.items, b.gone, *m
	at := b.from(d.UID)
	was := b.items[at]
	tx.onUndo(func() {
		b.items, b.gone, *m = items, gone, before
		b.byID[d.Message] = was
	})
	b.items = slices.Delete(slices.Clone(items), at, at+1)
	delete(b.byID, d.Message)
	tx.dropVectorsOf(b, d.UID)
	b.gone = append(slices.Clone(gone), driver.Change{UID: d.UID, Modseq: modseq, Kind: driver.ChangeDestroyed})
	m.holders = slices.DeleteFunc(slices.Clone(m.holders), func(a quire.Address) bool { return a == addr })
	if len(m.holders) > 0 {
		return nil
	}
	m.Head, m.Parts, m.Words.Freq, m.Via, m.Signature, m.Snippet = nil, nil, nil, nil, nil, ""
	for _, digest := range before.Refers {
		tx.dropBlob(digest)
	}
	return nil
}

func (tx *transaction) Erase(left *driver.Message) error {
	m := tx.messages[left.ID]
	if m == nil {
		return nil
	}
	before := *m
	tx.onUndo(func() { *m = before })
	for _, addr := range m.holders {
		b := tx.boxes[addr]
		uid := b.byID[left.ID].UID
		tx.dropVectorsOf(b, uid)
		for _, term := range before.Words.Terms {
			list := b.index[term]
			tx.onUndo(func() { b.index[term] = list })
			b.index[term] = slices.DeleteFunc(slices.Clone(list), func(u quire.UID) bool { return u == uid })
			if len(b.index[term]) == 0 {
				delete(b.index, term)
			}
		}
	}
	m.Head, m.Parts, m.Bytes, m.Tokens = left.Head, left.Parts, left.Bytes, left.Tokens
	m.Via, m.Signature, m.Snippet, m.Words, m.Refers = nil, nil, "", driver.Words{}, nil
	for _, digest := range before.Refers {
		tx.dropBlob(digest)
	}
	return nil
}

// dropBlob forgets content that no delivered message refers to.
func (tx *transaction) dropBlob(d quire.Digest) {
	for _, m := range tx.messages {
		if len(m.holders) > 0 && slices.Contains(m.Refers, d) {
			return
		}
	}
	data, ok := tx.blobs[d]
	if !ok {
		return
	}
	tx.onUndo(func() { tx.blobs[d] = data })
	delete(tx.blobs, d)
}

func (tx *transaction) Key(addr quire.Address, uid quire.UID) (int64, error) {
	b := tx.there(addr)
	if i := b.from(uid + 1); i > 0 {
		return int64(b.items[i-1].UID), nil
	}
	return 0, nil
}

func (tx *transaction) UIDs(_ quire.Address, keys []int64) ([]quire.UID, error) {
	uids := make([]quire.UID, len(keys))
	for i, key := range keys {
		uids[i] = quire.UID(key)
	}
	return uids, nil
}

func (tx *transaction) AheadPostings(quire.Address, [][]string, int64, int) error { return nil }

func (tx *transaction) Posting(addr quire.Address, anyOf []string, upTo int64, limit int) (keys []int64, oldest quire.UID, err error) {
	b := tx.there(addr)
	var uids []quire.UID
	for _, term := range anyOf {
		n := 0
		for _, uid := range slices.Backward(b.index[term]) {
			if n == limit {
				break
			}
			if int64(uid) <= upTo && b.find(uid) != nil {
				uids = append(uids, uid)
				n++
			}
		}
	}
	slices.Sort(uids)
	for _, uid := range slices.Backward(slices.Compact(uids)) {
		if len(keys) == limit {
			break
		}
		keys, oldest = append(keys, int64(uid)), uid
	}
	return keys, oldest, nil
}

func (tx *transaction) Weights(addr quire.Address, keys []int64, f *driver.Filter) ([]driver.Weight, error) {
	uids := make([]quire.UID, len(keys))
	for i, key := range keys {
		uids[i] = quire.UID(key)
	}
	return tx.WeightsOf(addr, uids, f)
}

func (tx *transaction) WeightsOf(addr quire.Address, uids []quire.UID, f *driver.Filter) ([]driver.Weight, error) {
	b := tx.there(addr)
	var list []driver.Weight
	for _, uid := range uids {
		if d := b.find(uid); d != nil && f.Match(d) {
			m := &tx.messages[d.Message].Message
			list = append(list, driver.Weight{Key: int64(uid), UID: d.UID, Thread: d.Thread, From: d.From, Kind: d.Kind, Sent: d.Sent, ReplyBy: d.ReplyBy,
				Tokens: m.Tokens, Length: m.Words.Length, Freq: m.Words.Freq})
		}
	}
	return list, nil
}
