package driver

import (
	"time"

	"github.com/quire-dev/quire"
)

// Read is a transaction that reads. It is used by one goroutine at a time, and not
// after the function that got it has returned. Mailboxes are named by address without
// a plus-part ([quire.Address.Base]); one that was never written to is empty, not an
// error. What is returned belongs to the caller.
type Read interface {
	// Epoch names the line of states that this store's are on, see [Write.SetEpoch].
	Epoch() (string, error)

	ReadBox
	ReadMail
	ReadIndex
	ReadVectors
	ReadStreams
}

// ReadBox is what is kept once for a mailbox.
type ReadBox interface {
	// Box reads a mailbox's counters; of an unknown one they are {NextUID: 1}.
	Box(box quire.Address) (Box, error)
	// Ahead says that a snapshot of a mailbox is going to be read: Box, Epoch, Agent,
	// Arrived above its Through, Changed of its Holds since its Seen, and Journal, so that
	// drivers with a server far away fetch all of it at once. Others do nothing.
	Ahead(box quire.Address) error
	// Boxes lists the mailboxes that were ever written to, in order of address (by its
	// bytes), behind an address and at most limit; open: only those with a delivery that
	// is [Delivery.Open], in a time that does not grow with the others.
	Boxes(behind quire.Address, limit int, open bool) ([]Mailbox, error)
	// Agent reads what PutAgent kept; nil when there is nothing.
	Agent(box quire.Address) (*AgentState, error)
	// Journal lists what PutJournal kept, in the order in which it was put first.
	Journal(box quire.Address) ([]JournalEntry, error)
	// Receipts lists those with call numbers in [from, to], in order, the first limit of
	// them; 0: all.
	Receipts(box quire.Address, from, to uint64, limit int) ([]Receipt, error)
	// Replay finds the commit with an id; done is nil when there is none.
	Replay(box quire.Address, id string) (content quire.Digest, done []byte, err error)
	// Commits lists ids of commits that were before a time, at most limit, in any order.
	Commits(box quire.Address, before time.Time, limit int) ([]string, error)
	// Changes lists, of each kind, the first limit changes after a modseq and not
	// after end, in any order. Changes behind the limit of a kind may be left out of
	// the others too.
	Changes(box quire.Address, since, end uint64, limit int) ([]Change, error)
}

// ReadMail is messages and their deliveries.
type ReadMail interface {
	// Message finds a message by id, also one whose deliveries were all destroyed;
	// nil when there never was one. It has its sender, digest, hops, chain and
	// bounces; the rest may be left out.
	Message(id quire.MessageID) (*Message, error)
	// Holders lists the mailboxes that have a message, in order.
	Holders(id quire.MessageID) ([]quire.Address, error)
	// Contents goes through the messages that have content, in one order, whoever has them:
	// about limit of them behind a key, 0 at first, with ID, From, Head and Parts, and the
	// key of the last. What comes while it goes may be left out.
	Contents(behind int64, limit int) (list []Message, last int64, err error)
	// Blob reads bytes [from, to) of content that a message of the mailbox refers
	// to, to 0 means its end, and its whole size in bytes. What none refers to is
	// mailbox.ErrNotFound.
	Blob(box quire.Address, d quire.Digest, from, to int64) (part []byte, size int64, err error)

	// Delivery finds a delivery by number, nil when there is none.
	Delivery(box quire.Address, uid quire.UID) (*Delivery, error)
	// DeliveryOf finds a delivery by message, nil when there is none.
	DeliveryOf(box quire.Address, id quire.MessageID) (*Delivery, error)
	// Changed lists those of the deliveries that changed after a modseq, in the
	// order of uids. What is not there is left out.
	Changed(box quire.Address, uids []quire.UID, since uint64) ([]*Delivery, error)
	// Find lists the first deliveries that f lets through, in its order, at most
	// f.Limit.
	Find(box quire.Address, f *Find) ([]*Delivery, error)
	// Matches says whether any delivery that changed after a modseq passes.
	Matches(box quire.Address, f *Filter, since uint64) (bool, error)
	// Pending counts what [Delivery.Pending] says, and says when the first of it was
	// sent.
	Pending(box quire.Address, now time.Time) (n int, oldest time.Time, err error)
	// Alarm says, of all deliveries, what [Delivery.Alarm] says of one: whether
	// something passed in (looked, now], and when the next thing does.
	Alarm(box quire.Address, looked, now time.Time) (passed bool, next time.Time, err error)

	// Items reads messages with their deliveries, in the order of uids, without
	// Parts unless they are asked for. What is not there is left out.
	Items(box quire.Address, uids []quire.UID, parts bool) ([]Item, error)
	// ItemsOf is Items by message, with Parts.
	ItemsOf(box quire.Address, ids []quire.MessageID) ([]Item, error)
	// Arrived reads what [Delivery.Arrives] says of the deliveries above a number,
	// with Parts, in order.
	Arrived(box quire.Address, above quire.UID) ([]Item, error)

	// Same counts the deliveries in a mailbox of messages with that [Message.Same]
	// from the sender, stamped at or after since and not after until.
	Same(box, from quire.Address, same string, since, until time.Time) (int, error)
	// Recent is when the nth newest delivery to box from the mailbox from was
	// stamped, of those with [quire.TrustExternal] or of all others; zero when there
	// are fewer.
	Recent(box, from quire.Address, external bool, nth int) (time.Time, error)
}

// ReadIndex is the index of words. A driver may name deliveries in it by keys of its
// own: any numbers that are in the order of UIDs within a mailbox.
type ReadIndex interface {
	// Key is the key of the newest delivery with a number up to uid; 0 when there
	// is none.
	Key(box quire.Address, uid quire.UID) (int64, error)
	// UIDs are the numbers of deliveries with some keys, in any order.
	UIDs(box quire.Address, keys []int64) ([]quire.UID, error)
	// AheadPostings says that Posting is going to be asked for with each of some words, and
	// the same for the rest, so that drivers with a server far away find all of them at
	// once. Others do nothing.
	AheadPostings(box quire.Address, words [][]string, upTo int64, limit int) error
	// Posting lists the newest deliveries with any of some terms and a key up to upTo,
	// each once, the newest first, at most limit. oldest is the UID of the last one; it
	// may be left 0 when there are fewer than limit.
	Posting(box quire.Address, anyOf []string, upTo int64, limit int) (keys []int64, oldest quire.UID, err error)
	// Weights reads what decides the places of deliveries, of those that f lets
	// through, in any order. The driver may keep what it read: it never changes as
	// long as the delivery is there.
	Weights(box quire.Address, keys []int64, f *Filter) ([]Weight, error)
	// WeightsOf is Weights by numbers. What is not there is left out.
	WeightsOf(box quire.Address, uids []quire.UID, f *Filter) ([]Weight, error)
}

// ReadStreams is what is being said.
type ReadStreams interface {
	// StreamNumbers lists the streams of a mailbox that are kept, in order.
	StreamNumbers(box quire.Address) ([]uint64, error)
	// StreamAttempts lists the attempts of a stream, in order.
	StreamAttempts(box quire.Address, stream uint64) ([]StreamAttempt, error)
	// StreamChunks reads at most limit chunks from an offset on, which is kept.
	StreamChunks(box quire.Address, stream uint64, attempt int, from uint64, limit int) ([][]byte, error)
}
