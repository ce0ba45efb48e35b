package mailbox

import (
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Commit is one atomic change. What is left at its zero value does not change.
type Commit struct {
	// ID is an idempotency key, unique per address; empty: not idempotent. With Agent it is
	// known for the next 100 revisions of the state at least; after that a repeat is ErrStale.
	ID      string
	Address quire.Address
	// Rev is the revision of the agent's state that the change was made on. When
	// Agent is set and the stored revision differs, the commit is ErrStale: somebody
	// else wrote.
	Rev        uint64
	Agent      *driver.AgentState // written whole; nil: unchanged
	Sends      []quire.Draft
	Signatures [][]byte          // of Sends, parallel, see [Sign]; needed from addresses with Rules.Keys
	Retract    []quire.MessageID // messages that the address sent and takes back: they get FlagRetracted wherever they are
	Flags      []FlagChange
	Counts     []CountChange
	Leases     []LeaseChange         // of deliveries claimed before; done before all others
	Claim      *Claim                // takes deliveries from the queue
	Own        *Own                  // takes, renews or gives back the address itself
	Fence      uint64                // of an Own: when somebody else owns the address by now, the commit is ErrLeaseLost; 0: not checked
	Journal    []driver.JournalEntry // inserts, or replaces by (Step, Call)
	Done       []string              // steps whose journal entries are removed
	Receipt    *driver.Receipt
	// Via are the gateways that the sends came through. Their sender is only claimed:
	// their trust is external, they supersede and answer nothing, are no events, turns,
	// results or notes, and a commit that also retracts is ErrForbidden.
	Via []quire.Via
	// TellBounces tells Address what could not be delivered, in an event of the same
	// commit, so that no crash comes between; a message that an undelivered one replies to
	// is not answered.
	TellBounces bool
	Now         time.Time // stamped on what is sent; zero: the store's clock
}

// FlagChange sets and clears flags of one delivery.
type FlagChange struct {
	UID       quire.UID
	Set       quire.Flags
	Clear     quire.Flags
	VisibleAt *time.Time // snooze until; nil: unchanged
}

// CountChange stores a token count of one delivery.
type CountChange struct {
	UID quire.UID
	quire.Count
}

// Committed is what a commit did.
type Committed struct {
	State    quire.State
	Rev      uint64
	Sent     []Sent
	Claimed  []Claimed   // what Claim took
	Dead     []quire.UID // what Claim gave up instead
	Fence    uint64      // after an Own
	Replayed bool
}

// Sent is the fate of one draft.
type Sent struct {
	ID        quire.MessageID
	UID       quire.UID // in the sender's own mailbox, when it was a recipient; else 0
	Duplicate bool      // it had been sent before
	// Bounced are the recipients that did not get it, of a Duplicate those of the first
	// time: it is not tried again. What reached nobody is no duplicate; it is.
	Bounced []driver.Bounce
}
