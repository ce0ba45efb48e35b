package mailbox

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/rank"
)

// MemOptions say how a store in memory behaves. The zero value is ready to use.
type MemOptions struct {
	Epoch string           // of all its mailboxes; empty: random
	Clock func() time.Time // when a call brings no time; nil: time.Now
	Rules Rules
}

// Mem is a [Store] in memory: the plain one that others are compared with. It
// loses everything when its process ends. Reads look at every delivery of a
// mailbox, but for searches by words, so it suits tests and short runs better than large mailboxes.
type Mem struct {
	rules Rules
	clock func() time.Time

	mu       sync.RWMutex
	epoch    string
	closed   bool
	changed  chan struct{} // closed by the next commit, and by Close
	messages map[quire.MessageID]*memMessage
	boxes    map[quire.Address]*memBox
	blobs    map[quire.Digest]string
	streams  memStreams
}

// memMessage is a message and what it is found by.
type memMessage struct {
	Stored
	doc     rank.Doc
	holders []quire.Address // mailboxes that have it, in order
}

// memBox is a mailbox.
type memBox struct {
	meta     Meta
	items    []*Placed // by UID
	byID     map[quire.MessageID]*Placed
	index    memIndex
	gone     []Change // destroyed after low, by modseq
	low      uint64   // the low mark, see Compacter
	agent    AgentState
	journal  []JournalEntry
	receipts map[uint64]Receipt
	commits  map[string]memCommit
}

// memCommit is what is remembered of a commit with an id.
type memCommit struct {
	content quire.Digest
	done    []byte
}

// NewMem returns an empty store. Without options, or with nil, it has the zero
// [MemOptions]; of several only the first counts.
func NewMem(options ...*MemOptions) *Mem {
	var o MemOptions
	if len(options) > 0 && options[0] != nil {
		o = *options[0]
	}
	if o.Epoch == "" {
		epoch, err := NewEpoch(nil)
		if err != nil { // the system's randomness failed; there is no safe way on
			panic(fmt.Sprintf("mailbox: %v", err))
		}
		o.Epoch = epoch
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Rules = o.Rules.Clone()
	return &Mem{
		rules: o.Rules, clock: o.Clock, epoch: o.Epoch, changed: make(chan struct{}),
		messages: map[quire.MessageID]*memMessage{}, boxes: map[quire.Address]*memBox{}, blobs: map[quire.Digest]string{},
		streams: memStreams{changed: make(chan struct{}), boxes: map[quire.Address]map[uint64][]*memAttempt{}},
	}
}

// Close implements [Store].
func (m *Mem) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.changed)
		close(m.streams.changed)
	}
	return nil
}

// Commit implements [Store].
func (m *Mem) Commit(ctx context.Context, c Commit) (Committed, error) {
	done, err := m.commit(ctx, c)
	return done, fail("commit", c.Address, err)
}

func (m *Mem) commit(ctx context.Context, c Commit) (Committed, error) {
	if err := ctx.Err(); err != nil {
		return Committed{}, err
	}
	p, err := m.rules.Prepare(c, m.clock())
	if err != nil {
		return Committed{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Committed{}, ErrClosed
	}
	tx := &memTx{m: m}
	done, err := m.rules.Apply(tx, m.epoch, p)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		tx.rollBack()
		return Committed{}, err
	}
	m.announce()
	return done, nil
}

// announce wakes all who wait. The lock is held.
func (m *Mem) announce() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// NewEpoch begins a new epoch, as a store does that was restored or rebuilt:
// states of before can't be compared any more.
func (m *Mem) NewEpoch(ctx context.Context) error {
	epoch, err := NewEpoch(nil)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return fail("new epoch", "", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fail("new epoch", "", ErrClosed)
	}
	m.epoch = epoch
	m.announce()
	m.streamChanged()
	return nil
}

// read runs f on a mailbox under the lock; the mailbox may be empty, never nil.
func (m *Mem) read(ctx context.Context, op string, addr quire.Address, f func(b *memBox) error) error {
	if err := ctx.Err(); err != nil {
		return fail(op, addr, err)
	}
	if err := addr.Valid(); err != nil {
		return fail(op, addr, invalid("the address: %w", err))
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return fail(op, addr, ErrClosed)
	}
	b := m.boxes[addr.Base()]
	if b == nil {
		b = newMemBox()
	}
	return fail(op, addr, f(b))
}

func newMemBox() *memBox {
	return &memBox{meta: Meta{NextUID: 1}, byID: map[quire.MessageID]*Placed{}, index: memIndex{}, receipts: map[uint64]Receipt{}, commits: map[string]memCommit{}}
}

// from returns the index of the first delivery with a UID of at least uid.
func (b *memBox) from(uid quire.UID) int {
	i, _ := slices.BinarySearchFunc(b.items, uid, func(p *Placed, uid quire.UID) int {
		switch {
		case p.UID < uid:
			return -1
		case p.UID > uid:
			return 1
		}
		return 0
	})
	return i
}

// find returns the delivery with a number, or nil.
func (b *memBox) find(uid quire.UID) *Placed {
	if i := b.from(uid); i < len(b.items) && b.items[i].UID == uid {
		return b.items[i]
	}
	return nil
}
