package memstore

import (
	"bytes"
	"maps"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// attempt is an attempt of a stream with its chunks.
type attempt struct {
	driver.StreamAttempt
	chunks [][]byte // from First on
}

func (tx *transaction) StreamNumbers(addr quire.Address) ([]uint64, error) {
	return slices.Sorted(maps.Keys(tx.there(addr).streams)), nil
}

func (tx *transaction) StreamAttempts(addr quire.Address, stream uint64) ([]driver.StreamAttempt, error) {
	var list []driver.StreamAttempt
	for _, a := range tx.there(addr).streams[stream] {
		list = append(list, copyOfAttempt(&a.StreamAttempt))
	}
	return list, nil
}

func copyOfAttempt(a *driver.StreamAttempt) driver.StreamAttempt {
	c := *a
	c.About = bytes.Clone(c.About)
	if c.End != nil {
		end := *c.End
		c.End = &end
	}
	return c
}

func (tx *transaction) StreamChunks(addr quire.Address, stream uint64, number int, from uint64, limit int) ([][]byte, error) {
	a := tx.there(addr).streams[stream][number-1]
	var list [][]byte
	for _, c := range a.chunks[from-a.First:] {
		if len(list) < limit {
			list = append(list, bytes.Clone(c))
		}
	}
	return list, nil
}

// stream is a mailbox whose streams will be written to: they come back as they were
// when the transaction fails.
func (tx *transaction) stream(addr quire.Address) *box {
	b := tx.box(addr)
	old := maps.Clone(b.streams)
	tx.onUndo(func() { b.streams = old })
	return b
}

func (tx *transaction) PutStreamAttempt(addr quire.Address, a *driver.StreamAttempt) error {
	b := tx.stream(addr)
	list := slices.Clone(b.streams[a.Stream])
	if a.Attempt > len(list) {
		list = append(list, &attempt{StreamAttempt: copyOfAttempt(a)})
	} else {
		list[a.Attempt-1] = &attempt{copyOfAttempt(a), list[a.Attempt-1].chunks}
	}
	b.streams[a.Stream] = list
	return nil
}

func (tx *transaction) PutStreamChunk(addr quire.Address, stream uint64, number int, _ uint64, data []byte) error {
	tx.change(addr, stream, number, func(a *attempt) { a.chunks = append(a.chunks, bytes.Clone(data)) })
	return nil
}

func (tx *transaction) DropStreamChunks(addr quire.Address, stream uint64, number int, below uint64) error {
	tx.change(addr, stream, number, func(a *attempt) {
		a.chunks = slices.Clone(a.chunks[below-a.First:])
		a.First = below
	})
	return nil
}

// change changes a copy of an attempt.
func (tx *transaction) change(addr quire.Address, stream uint64, number int, f func(a *attempt)) {
	b := tx.stream(addr)
	list := slices.Clone(b.streams[stream])
	c := *list[number-1]
	f(&c)
	list[number-1] = &c
	b.streams[stream] = list
}

func (tx *transaction) DropStreams(addr quire.Address, below uint64) error {
	b := tx.stream(addr)
	maps.DeleteFunc(b.streams, func(n uint64, _ []*attempt) bool { return n < below })
	return nil
}
