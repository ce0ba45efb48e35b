package driver

import (
	"time"

	"github.com/quire-dev/quire"
)

// KeptRevs is of how many revisions of an agent's state, at least, the ids of the commits
// that made them are kept. Who did not hear of its commit asks again at once, and who
// comes later than that finds a newer revision, with or without the id.
const KeptRevs = 100

// Write is a transaction that writes. Reads in it see what it wrote. Nothing of it is
// seen by others before it is committed, and all of it is undone if its function
// fails.
type Write interface {
	Read
	WriteVectors

	// Lock names mailboxes that will be written to, before anything is read of them,
	// so that drivers whose transactions run side by side take their locks in one
	// order. Others do nothing.
	Lock(boxes ...quire.Address) error

	// SetEpoch begins a new epoch.
	SetEpoch(epoch string) error

	PutBox(box quire.Address, b Box) error
	// PutAgent keeps an agent's state, whole.
	PutAgent(box quire.Address, a *AgentState) error
	// PutJournal inserts an entry, or replaces the one with its Step and Call.
	PutJournal(box quire.Address, e *JournalEntry) error
	DropJournal(box quire.Address, step string) error
	PutReceipt(box quire.Address, r *Receipt) error
	// Remember keeps a commit's id for Replay, and when it was. With a rev above 0 it made
	// that revision of the agent's state: it can't be made again, whatever is remembered of
	// it, and what was remembered [KeptRevs] revisions before may be forgotten.
	Remember(box quire.Address, id string, content quire.Digest, done []byte, at time.Time, rev uint64) error
	// DropCommits forgets ids of commits.
	DropCommits(box quire.Address, ids []string) error
	// DropReceipts forgets those of calls below a number.
	DropReceipts(box quire.Address, below uint64) error

	// PutMessage keeps a new message with its content. A blob that is there already
	// is the same.
	PutMessage(m *Message) error
	// Refill is PutMessage for a message that is known: it gets its content back if
	// all its deliveries were destroyed, and can be delivered.
	Refill(m *Message) error
	// PutDelivery inserts a delivery, the newest of its mailbox, or replaces the one
	// with its UID.
	PutDelivery(box quire.Address, d *Delivery) error
	// Destroy removes a delivery with its vectors, and remembers that it was destroyed at
	// modseq. With the last delivery of a message goes its content, but not its id, sender and
	// digest.
	Destroy(box quire.Address, d *Delivery, modseq uint64) error
	// Erase puts Head, Parts, Bytes and Tokens of m in place of those of the message with
	// its id. What else it said goes: snippet, gateways, signature, words, vectors, and blobs
	// that no other message refers to. Deliveries, sender, time and digest stay.
	Erase(m *Message) error
	// Compact raises [Box.Low], and forgets what was destroyed up to it.
	Compact(box quire.Address, low uint64) error

	// DropMessages forgets, of messages whose deliveries were all destroyed and that were
	// sent before a time, that they were there: at most limit, and it says how many.
	DropMessages(before time.Time, limit int) (int, error)
	// DropBox removes a mailbox that has no deliveries, with its state and journal, and
	// what is left of all else.
	DropBox(box quire.Address) error

	// PutStreamAttempt inserts an attempt or replaces the one with its numbers.
	PutStreamAttempt(box quire.Address, a *StreamAttempt) error
	PutStreamChunk(box quire.Address, stream uint64, attempt int, offset uint64, data []byte) error
	// DropStreamChunks forgets the chunks of an attempt below an offset.
	DropStreamChunks(box quire.Address, stream uint64, attempt int, below uint64) error
	// DropStreams forgets all streams below a number, with all that is theirs.
	DropStreams(box quire.Address, below uint64) error
}
