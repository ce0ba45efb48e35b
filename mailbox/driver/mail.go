package driver

import (
	"time"

	"github.com/quire-dev/quire"
)

// Message is one message as a store keeps it: its draft without parts, its parts, and
// what is computed from them once.
type Message struct {
	ID    quire.MessageID
	Head  []byte // the encoded draft, without its parts
	Parts []byte // encoded, long texts taken out as blobs
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

	// Only of a message that is put: content to keep, and what it is found by.
	Blobs []BlobContent
	Words Words
}

// BlobContent is what a [quire.Blob] stands for.
type BlobContent struct {
	Digest quire.Digest
	Data   string
}

// Words is what a message is found by.
type Words struct {
	Terms  []string // each once, sorted
	Length int      // how many words it has
	Freq   []byte   // how often it has each of them: opaque
}

// Bounce says why a recipient did not get a message.
type Bounce struct {
	To quire.Address
	// Limit is the guard that stopped it: "hops" (automatic replies to automatic
	// replies), "repeats" (the same automatic message again and again), "chain" (agents
	// that answer each other, and no person among them), "rate" (an agent's or automatic
	// messages from one sender to one mailbox), "quota" (what waits in one mailbox) or
	// "contact" (its owner does not want mail from the sender).
	Limit  string
	Reason string // one sentence for people
}

// Delivery is one message in one mailbox.
type Delivery struct {
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
func (d *Delivery) Open() bool {
	return !d.Self && d.Flags&quire.FlagsSettled == 0
}

// Pending is [quire.Item.Pending].
func (d *Delivery) Pending(now time.Time) bool {
	return d.Open() && d.Visible(now) && (d.ValidUntil.IsZero() || now.Before(d.ValidUntil))
}

// Arrives says whether a snapshot shows the delivery by itself: the owner's own
// messages, and events from the owner or the store. What others call an event waits
// like their mail: it is held, refused and found in the same way.
func (d *Delivery) Arrives() bool {
	return d.Self || d.Kind == quire.KindEvent && d.Trust == quire.TrustSelf
}

// Alarm says when an open delivery wants attention without any change: when it
// becomes visible, and when its question is due. passed is what lies in (looked, now];
// next the earliest later time, zero for none.
func (d *Delivery) Alarm(looked, now time.Time) (passed bool, next time.Time) {
	if !d.Open() || !d.ValidUntil.IsZero() && !now.Before(d.ValidUntil) {
		return false, time.Time{}
	}
	for _, t := range []time.Time{d.VisibleAt, d.ReplyBy} {
		switch {
		case t.IsZero() || !t.After(looked) || t.Before(d.VisibleAt):
		case t.After(now):
			if next.IsZero() || t.Before(next) {
				next = t
			}
		default:
			passed = true
		}
	}
	return passed, next
}

// Item is a message and its delivery.
type Item struct {
	Delivery *Delivery
	Message  *Message
}

// Weight is what decides the place of a delivery in a search, and what it answers.
type Weight struct {
	Key     int64 // see [ReadIndex]
	UID     quire.UID
	Thread  quire.MessageID
	From    quire.Address
	Kind    quire.Kind
	Sent    time.Time
	ReplyBy time.Time
	Tokens  int    // of the body, estimated
	Length  int    // [Words.Length]
	Freq    []byte // [Words.Freq]
}
