package mailbox

import (
	"time"

	"github.com/quire-dev/quire"
)

// Tx is a writing transaction, as [Rules.Apply] needs it from a store. With it
// a store gets the rules of delivery that all stores share. Nothing of it is
// seen by others before the store commits, and all of it is undone if Apply
// fails. Only one Tx writes to a mailbox at a time.
type Tx interface {
	// Meta reads a mailbox's counters; an unknown mailbox has {NextUID: 1}.
	Meta(box quire.Address) (Meta, error)
	PutMeta(box quire.Address, m Meta) error

	// Replay finds the commit with an id; done is nil when there is none.
	Replay(box quire.Address, id string) (content quire.Digest, done []byte, err error)
	Remember(box quire.Address, id string, content quire.Digest, done []byte) error

	// Message finds a message, also one whose deliveries are all expunged; nil
	// when there never was one. It has its sender, digest, hops, chain and bounces;
	// the rest may be left out.
	Message(id quire.MessageID) (*Stored, error)
	// PutMessage keeps a new message with its content. It has a blob already
	// when another message has the same content.
	PutMessage(a *Accepted) error
	// Blob reads bytes [from, to) of content that a message of the mailbox refers to,
	// to 0 means its end, and its whole size in bytes. What none refers to is
	// ErrNotFound.
	Blob(box quire.Address, d quire.Digest, from, to int64) (part []byte, size int64, err error)

	// Delivery finds a delivery by number, nil when there is none.
	Delivery(box quire.Address, uid quire.UID) (*Placed, error)
	// DeliveryOf finds a delivery by message, nil when there is none.
	DeliveryOf(box quire.Address, id quire.MessageID) (*Placed, error)
	// Holders lists the mailboxes that have a message, in order.
	Holders(id quire.MessageID) ([]quire.Address, error)
	// Same counts the deliveries in a mailbox of messages with that Stored.Same
	// from the sender, stamped at or after since and not after until.
	Same(box, from quire.Address, same string, since, until time.Time) (int, error)
	// Recent is when the nth newest delivery to box from the mailbox from was
	// stamped, of those with [quire.TrustExternal] or of all others; zero when there
	// are fewer.
	Recent(box, from quire.Address, external bool, nth int) (time.Time, error)
	// Claimable lists the oldest deliveries that are pending at a time, at most
	// limit, in order of arrival; with to set only those sent to that address.
	Claimable(box, to quire.Address, now time.Time, limit int) ([]*Placed, error)
	// PutDelivery inserts a delivery or replaces the one with its UID.
	PutDelivery(box quire.Address, p *Placed) error

	// PutState keeps an agent's state in place of what is there.
	PutState(box quire.Address, s *AgentState) error
	PutReceipt(box quire.Address, r *Receipt) error
	PutJournal(box quire.Address, e *JournalEntry) error
	DropJournal(box quire.Address, step string) error
}

// Meta are a mailbox's counters.
type Meta struct {
	NextUID quire.UID // of the next delivery; the first one is 1
	Modseq  uint64    // of the last change
	Rev     uint64    // of the agent's state
	Total   int       // deliveries that are there
	Agent   bool      // it has an agent's state
	// Of the deliveries that are [Placed.Open].
	Open       int
	OpenBytes  int64
	OpenTokens int64
	// Who runs the agent of this address, see [Own].
	Owner      string
	Fence      uint64
	OwnedUntil time.Time // an Instant
	OwnedSince time.Time // likewise: when the lease was taken or renewed; zero: unknown
}

// count adds an open delivery to the counters, or takes it away.
func (m *Meta) count(p *Placed, sign int) {
	m.Open += sign
	bytes, tokens := max(p.Bytes, 0), max(int64(p.Tokens), 0)
	if sign > 0 {
		m.OpenBytes, m.OpenTokens = plus(max(m.OpenBytes, 0), bytes), plus(max(m.OpenTokens, 0), tokens)
	} else {
		m.OpenBytes, m.OpenTokens = max(m.OpenBytes-bytes, 0), max(m.OpenTokens-tokens, 0)
	}
}

// Stored is one message as a store keeps it: its draft without parts, its parts
// and what is computed from them once.
type Stored struct {
	ID    quire.MessageID
	Head  []byte // the encoded draft, without its parts
	Parts []byte // encoded, texts detached
	quire.Envelope
	Digest     quire.Digest // of the draft as cleaned
	Kind       quire.Kind
	Auto       quire.AutoClass
	InReplyTo  quire.MessageID
	References []quire.MessageID
	Supersedes []quire.MessageID
	ValidUntil time.Time
	ReplyBy    time.Time      // of its question
	Refers     []quire.Digest // blobs in its parts
	Bytes      int64          // of the body
	Tokens     int            // estimated
	Snippet    string
	Bounced    []Bounce // recipients that did not get it
	Same       string   // equal for automatic messages that say the same; else empty
}

// size is what the message counts in a quota.
func (s *Stored) size() int64 { return plus(s.Bytes, int64(len(s.Head))) }

// Item puts a message and its delivery together. Without parts when Parts is
// nil. What can't be read wraps [ErrCorrupt].
func (s *Stored) Item(d quire.Delivery) (quire.Item, error) {
	draft, err := quire.DecodeDraft(s.Head)
	if err == nil && s.Parts != nil {
		draft.Parts, err = quire.DecodeParts(s.Parts)
	}
	if err != nil {
		return quire.Item{}, corrupt("message "+string(s.ID), err)
	}
	return quire.Item{Message: quire.Message{Draft: draft, Envelope: s.Envelope}, Delivery: d}, nil
}

// Row is a delivery's row.
func (s *Stored) Row(d quire.Delivery) (Row, error) {
	head := *s
	head.Parts = nil
	it, err := head.Item(d)
	r := Row{Item: it, Snippet: s.Snippet, Bytes: s.Bytes, Tokens: s.Tokens}
	if n := len(d.Counts); n > 0 {
		r.Tokens = d.Counts[n-1].Tokens
	}
	return r, err
}

// Placed is one delivery as a store keeps it.
type Placed struct {
	quire.Delivery
	Message quire.MessageID
	Created uint64 // modseq of its arrival
	// What queries look at, copied from the message.
	From       quire.Address
	Kind       quire.Kind
	Sent       time.Time
	ValidUntil time.Time
	ReplyBy    time.Time
	Same       string
	Bytes      int64 // of body and Head
	Tokens     int
}

// Open says whether the delivery may still become or be pending.
func (p *Placed) Open() bool {
	return !p.Self && p.Flags&quire.FlagsSettled == 0
}

// Pending is [quire.Item.Pending].
func (p *Placed) Pending(now time.Time) bool {
	return p.Open() && p.Visible(now) && (p.ValidUntil.IsZero() || now.Before(p.ValidUntil))
}

// Arrives says whether a snapshot shows the delivery by itself: the owner's own
// messages, and events that he or the store told him. What others call an event waits
// like their mail: it is held, refused and found in the same way.
func (p *Placed) Arrives() bool {
	return p.Self || p.Kind == quire.KindEvent && p.Trust == quire.TrustSelf
}
