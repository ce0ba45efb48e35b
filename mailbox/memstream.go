package mailbox

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/quire-dev/quire"
)

// memStreams are the streams of all mailboxes, under the lock of their Mem.
type memStreams struct {
	changed chan struct{} // closed by the next change, and by Close
	boxes   map[quire.Address]map[uint64][]*memAttempt
}

type memAttempt struct {
	StreamAttempt
	chunks [][]byte // from First on
}

// streamChanged wakes those who follow streams. The lock is held.
func (m *Mem) streamChanged() {
	close(m.streams.changed)
	m.streams.changed = make(chan struct{})
}

// writeStream runs f with the lock. f checks everything before it writes, and in
// memory nothing fails then: there is nothing to undo.
func (m *Mem) writeStream(ctx context.Context, op string, addr quire.Address, f func(tx StreamTx, box quire.Address) error) error {
	if err := ctx.Err(); err != nil {
		return fail(op, addr, err)
	}
	if err := addr.Valid(); err != nil {
		return fail(op, addr, invalid("the address: %w", err))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fail(op, addr, ErrClosed)
	}
	if err := f((*memStreamTx)(m), addr.Base()); err != nil {
		return fail(op, addr, err)
	}
	m.streamChanged()
	return nil
}

// OpenStream implements [Streams].
func (m *Mem) OpenStream(ctx context.Context, addr quire.Address, o StreamOpen) (a StreamAttempt, err error) {
	err = m.writeStream(ctx, "open stream", addr, func(tx StreamTx, box quire.Address) error {
		a, err = ApplyStreamOpen(tx, box, o.At(m.clock))
		return err
	})
	return a, err
}

// AppendStream implements [Streams].
func (m *Mem) AppendStream(ctx context.Context, addr quire.Address, a StreamAppend) error {
	return m.writeStream(ctx, "append to stream", addr, func(tx StreamTx, box quire.Address) error {
		return ApplyStreamAppend(tx, box, a)
	})
}

// EndStream implements [Streams].
func (m *Mem) EndStream(ctx context.Context, addr quire.Address, c StreamClose) error {
	return m.writeStream(ctx, "end stream", addr, func(tx StreamTx, box quire.Address) error {
		return ApplyStreamClose(tx, box, c)
	})
}

// ReadStream implements [Streams].
func (m *Mem) ReadStream(ctx context.Context, addr quire.Address, r StreamRead) (StreamPage, error) {
	var p StreamPage
	err := m.read(ctx, "read stream", addr, func(*memBox) (err error) {
		p, err = LookStream((*memStreamTx)(m), m.epoch, addr.Base(), r)
		return err
	})
	return p, err
}

// WaitStream implements [Streams].
func (m *Mem) WaitStream(ctx context.Context, addr quire.Address, r StreamRead) (StreamPage, error) {
	signal := func() <-chan struct{} {
		m.mu.RLock()
		defer m.mu.RUnlock()
		return m.streams.changed
	}
	p, err := WaitStreamFor(ctx, 0, signal, func() (StreamPage, error) { return m.ReadStream(ctx, addr, r) })
	return p, fail("wait for stream", addr, err)
}

// memStreamTx is a Mem whose lock is held.
type memStreamTx Mem

func (tx *memStreamTx) StreamFence(box quire.Address) (uint64, error) {
	if b := tx.boxes[box]; b != nil {
		return b.meta.Fence, nil
	}
	return 0, nil
}

func (tx *memStreamTx) StreamNumbers(box quire.Address) ([]uint64, error) {
	return slices.Sorted(maps.Keys(tx.streams.boxes[box])), nil
}

func (tx *memStreamTx) StreamAttempts(box quire.Address, stream uint64) ([]StreamAttempt, error) {
	var list []StreamAttempt
	for _, a := range tx.streams.boxes[box][stream] {
		c := a.StreamAttempt
		c.About = bytes.Clone(c.About)
		if c.End != nil {
			end := *c.End
			c.End = &end
		}
		list = append(list, c)
	}
	return list, nil
}

func (tx *memStreamTx) StreamChunks(box quire.Address, stream uint64, attempt int, from uint64, limit int) ([][]byte, error) {
	a := tx.streams.boxes[box][stream][attempt-1]
	var list [][]byte
	for _, c := range a.chunks[from-a.First:] {
		if len(list) < limit {
			list = append(list, bytes.Clone(c))
		}
	}
	return list, nil
}

func (tx *memStreamTx) PutStreamAttempt(box quire.Address, a *StreamAttempt) error {
	streams := tx.streams.boxes[box]
	if streams == nil {
		streams = map[uint64][]*memAttempt{}
		tx.streams.boxes[box] = streams
	}
	list := streams[a.Stream]
	if a.Attempt > len(list) {
		streams[a.Stream] = append(list, &memAttempt{StreamAttempt: *a})
		return nil
	}
	list[a.Attempt-1].StreamAttempt = *a
	return nil
}

func (tx *memStreamTx) PutStreamChunk(box quire.Address, stream uint64, attempt int, _ uint64, data []byte) error {
	a := tx.streams.boxes[box][stream][attempt-1]
	a.chunks = append(a.chunks, bytes.Clone(data))
	return nil
}

func (tx *memStreamTx) DropStreamChunks(box quire.Address, stream uint64, attempt int, below uint64) error {
	a := tx.streams.boxes[box][stream][attempt-1]
	a.chunks = slices.Clone(a.chunks[below-a.First:])
	a.First = below
	return nil
}

func (tx *memStreamTx) DropStreams(box quire.Address, below uint64) error {
	maps.DeleteFunc(tx.streams.boxes[box], func(n uint64, _ []*memAttempt) bool { return n < below })
	return nil
}

var _ Streams = (*Mem)(nil)
