package mailbox

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
)

// Store keeps mailboxes. It is safe for concurrent use, and every method
// honours its context: a cancelled call did all or nothing. Errors are *[Error].
// [github.com/quire-dev/quire/mailbox/storetest] tests implementations.
type Store interface {
	// Commit applies c to the mailbox of c.Address: all of it or nothing, and
	// durably when it returns nil. It is idempotent by c.ID: a repeat returns
	// what the first one returned, with Replayed set; the same ID with other
	// content is ErrConflict. Sends are delivered in the same transaction.
	Commit(ctx context.Context, c Commit) (Committed, error)

	// Snapshot reads, in one transaction, what composing needs.
	Snapshot(ctx context.Context, addr quire.Address) (Snapshot, error)

	// Status reads a mailbox's state and counts. An address that never got
	// mail has an empty mailbox, not an error.
	Status(ctx context.Context, addr quire.Address) (Status, error)

	// Query finds deliveries: headers and snippets, never bodies.
	Query(ctx context.Context, addr quire.Address, q Query) (Page, error)

	// Get reads whole messages, by UID or message id, in the order asked for.
	// What does not exist in this mailbox is left out.
	Get(ctx context.Context, addr quire.Address, g Get) ([]quire.Item, error)

	// Content reads bytes [from, to) of a blob that a message of this mailbox
	// refers to; to 0 means its end.
	Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error)

	// Changes lists what happened since a state, at most max deliveries (0:
	// 1,000). A state of another epoch, or one that was compacted away, is
	// ErrCannotCalculateChanges, never "everything".
	Changes(ctx context.Context, addr quire.Address, since quire.State, max int) (Changes, error)

	// Receipts reads stored receipts with call numbers in [from, to], in order.
	Receipts(ctx context.Context, addr quire.Address, from, to uint64) ([]Receipt, error)

	// Close releases the store. Waits that are under way end with ErrClosed.
	Close() error
}

// Waiter is a Store that can tell when there is something to do.
type Waiter interface {
	Store
	// Wait is level-triggered: it returns at once while a delivery matches f
	// and is newer than since, and else blocks until one is, until the earliest
	// time at which one becomes visible or due, or until the deadline in w. It
	// consumes nothing.
	Wait(ctx context.Context, addr quire.Address, w Wait) (Woken, error)
}

// Commit is one atomic change. What is left at its zero value does not change.
type Commit struct {
	ID      string // idempotency key, unique per address; empty: not idempotent
	Address quire.Address
	// Rev is the revision of the agent's state that the change was made on. When
	// Agent is set and the stored revision differs, the commit is ErrStale: somebody
	// else wrote.
	Rev        uint64
	Agent      *AgentState // written whole; nil: unchanged
	Sends      []quire.Draft
	Signatures [][]byte          // of Sends, parallel, see [Sign]; needed from addresses with Rules.Keys
	Retract    []quire.MessageID // messages that the address sent and takes back: they get FlagRetracted wherever they are
	Flags      []FlagChange
	Counts     []CountChange
	Leases     []LeaseChange  // of deliveries claimed before; done before all others
	Claim      *Claim         // takes deliveries from the queue
	Own        *Own           // takes, renews or gives back the address itself
	Fence      uint64         // of an Own: when somebody else owns the address by now, the commit is ErrLeaseLost; 0: not checked
	Journal    []JournalEntry // inserts, or replaces by (Step, Call)
	Done       []string       // steps whose journal entries are removed
	Receipt    *Receipt
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

// AgentState is what a mailbox keeps for the agent of its address.
type AgentState struct {
	State   []byte      // its composer's, which nobody else looks into
	Through quire.UID   // own messages up to here have entered its context
	Seen    quire.State // changes of deliveries up to here are taken in
	Holds   []quire.UID // what it refers to: never expunged. Each once
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
	Bounced []Bounce
}

// Bounce says why a recipient did not get a message.
type Bounce struct {
	To     quire.Address
	Limit  string // the guard that stopped it: [LimitHops] and the others
	Reason string // one sentence for people
}

// Snapshot is what composing the next prompt needs, as of one moment.
type Snapshot struct {
	State   quire.State
	Rev     uint64 // grows by one with each commit that writes Agent
	Agent   AgentState
	Arrived []quire.Item     // own turns, results, notes and events (the store's too) with UID > Agent.Through, with their parts, in order
	Changed []quire.Delivery // those of Agent.Holds that changed after Agent.Seen, in their order
	Journal []JournalEntry   // of steps that are not done
}

// Status counts a mailbox.
type Status struct {
	State   quire.State
	Total   int
	Pending int // incoming, visible now, unhandled, not held, superseded, retracted or expired
	NextUID quire.UID
	Oldest  time.Time // when the oldest pending one was sent; zero: none
}

// Query selects deliveries. The zero value is all of them, newest first.
type Query struct {
	Text     string // words; what ranks is package mailbox/rank
	From     quire.Address
	To       quire.Address // only what was sent to this plus-address or group
	Thread   quire.MessageID
	Kinds    []quire.Kind
	Has, Not quire.Flags
	Pending  bool      // only what Item.Pending says at Now
	Incoming bool      // only what others sent
	After    time.Time // sent at or after
	Before   time.Time // sent before
	Above    quire.UID // only UIDs greater than this
	Below    quire.UID // only UIDs smaller than this; 0: no limit
	Sort     Sort
	Collapse bool   // one row a thread: its newest match
	Limit    int    // rows; 0: 20, at most 1,000
	Plain    bool   // rows of a search, too, have the beginning of the body as Snippet: quicker, since no body is read
	Cursor   string // of the page before; "" is the first
	Now      time.Time
}

// Sort is the order of a page.
type Sort string

// The orders. Ties are broken by UID, newest first.
const (
	SortNewest    Sort = "" // or by relevance when Text is set
	SortOldest    Sort = "oldest"
	SortRelevance Sort = "relevance"
	SortDue       Sort = "due"
)

// Page is one page of a query's rows.
type Page struct {
	State quire.State
	Rows  []Row
	More  bool
	Next  string // cursor of the next page, when More
}

// Row is a delivery without its body.
type Row struct {
	quire.Item         // Parts is nil
	Snippet    string  // one line, cleaned: the beginning of the body, or what of it answers Text best
	Matches    []Range // where words of Text stand in Snippet, in order
	Bytes      int64   // of the body
	Tokens     int     // of the body, stored or estimated
	Score      float64 // of Text; 0 without
}

// Range are bytes [From, To) of a text.
type Range struct{ From, To int }

// Get asks for messages.
type Get struct {
	UIDs []quire.UID
	IDs  []quire.MessageID
}

// Changes is what happened to a mailbox between two states.
type Changes struct {
	State     quire.State // after these changes: the next since
	Created   []quire.UID
	Updated   []quire.UID
	Destroyed []quire.UID
	More      bool
}

// Wait says what to wait for.
type Wait struct {
	Since    quire.State      // only deliveries changed after it; "": any
	Match    Query            // its filter fields; the zero value means Pending
	Deadline time.Time        // zero: until ctx ends
	Now      func() time.Time // nil: time.Now
	// Looked is when the caller last looked at the mailbox. What became visible
	// or due after it ends the wait at once, so that nothing is lost between
	// looking and waiting. Zero: when the wait begins.
	Looked time.Time
}

// Woken is why a wait ended.
type Woken struct {
	State   quire.State // where the next wait may start from
	Matched bool        // a delivery matches
	Due     bool        // the deadline or a visible-at time was reached
}

// JournalStatus is how far a tool call got.
type JournalStatus string

// The states of a tool call. A call found as begun after a crash has an unknown
// outcome, unless its tool may be repeated.
const (
	JournalIntended JournalStatus = "intended"
	JournalBegun    JournalStatus = "begun"
	JournalDone     JournalStatus = "done"
)

// JournalEntry is one tool call between its intent and its result.
type JournalEntry struct {
	Step    string // the step's id
	Call    int    // position among the step's calls
	CallID  string
	Tool    string
	Args    string
	Status  JournalStatus
	Result  []byte // encoded parts, once done
	IsError bool
}

// Receipt is a stored receipt: opaque, versioned by the composer.
type Receipt struct {
	Call uint64
	Time time.Time
	Full bool // does not build on the one before
	Data []byte
}
