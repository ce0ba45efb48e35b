// Package memstore is a store in memory: the plain one that others are compared with.
// It loses everything when its process ends. Reads look at every delivery of a mailbox,
// but for searches by words, so it suits tests and short runs better than large
// mailboxes.
package memstore

import (
	"context"
	"fmt"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// New returns an empty store. nil options are the zero ones.
func New(options *mailbox.Options) *mailbox.Store { return mailbox.New(NewDriver(""), options) }

// NewDriver returns what keeps the mail of an empty store, for whoever wraps it. epoch
// names its states, so that they are the same in each run; empty: random.
func NewDriver(epoch string) driver.Driver {
	if epoch == "" {
		var err error
		if epoch, err = driver.NewEpoch(); err != nil { // the system's randomness failed; there is no safe way on
			panic(fmt.Sprintf("memstore: %v", err))
		}
	}
	return &memory{
		epoch: epoch, changed: make(chan struct{}), said: make(chan struct{}),
		messages: map[quire.MessageID]*message{}, boxes: map[quire.Address]*box{}, blobs: map[quire.Digest]string{},
	}
}

// memory keeps all mailboxes under one lock.
type memory struct {
	mu       sync.RWMutex
	epoch    string
	closed   bool
	changed  chan struct{} // closed by the next commit, and by Close
	said     chan struct{} // likewise, by what changes a stream
	messages map[quire.MessageID]*message
	boxes    map[quire.Address]*box
	blobs    map[quire.Digest]string
}

// View implements [driver.Driver].
func (m *memory) View(ctx context.Context, fn func(driver.Read) error) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return mailbox.ErrClosed
	}
	return fn(&transaction{memory: m})
}

// Update implements [driver.Driver].
func (m *memory) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (repeated bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false, mailbox.ErrClosed
	}
	tx := &transaction{memory: m}
	if err = fn(tx); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		tx.rollBack()
		return false, err
	}
	if !u.Streams {
		close(m.changed)
		m.changed = make(chan struct{})
	}
	if u.Streams || tx.newEpoch {
		close(m.said)
		m.said = make(chan struct{})
	}
	return false, nil
}

// Watch implements [driver.Driver].
func (m *memory) Watch(_ context.Context, streams bool) (driver.Watch, error) {
	next := func() <-chan struct{} {
		m.mu.RLock()
		defer m.mu.RUnlock()
		if streams {
			return m.said
		}
		return m.changed
	}
	return driver.Watch{Next: next, Stop: func() {}}, nil
}

// Scrub implements [driver.Driver]: what was deleted from memory is the collector's.
func (m *memory) Scrub(ctx context.Context) error { return ctx.Err() }

// Close implements [driver.Driver].
func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.changed)
		close(m.said)
	}
	return nil
}
