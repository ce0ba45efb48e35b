package driver

import (
	"time"

	"github.com/quire-dev/quire"
)

// Box are a mailbox's counters.
type Box struct {
	NextUID quire.UID // of the next delivery; the first one is 1
	Modseq  uint64    // of the last change
	Low     uint64    // the modseq up to which it is forgotten what was destroyed, see [Write.Compact]
	Rev     uint64    // of the agent's state
	Total   int       // deliveries that are there
	Agent   bool      // it has an agent's state
	// Of the deliveries that are [Delivery.Open].
	Open       int
	OpenBytes  int64
	OpenTokens int64
	// Who runs the agent of this address.
	Owner      string
	Fence      uint64
	OwnedUntil time.Time
	OwnedSince time.Time // when the lease was taken or renewed; zero: unknown
}

// Mailbox is a mailbox as it is listed.
type Mailbox struct {
	Address quire.Address
	Box
	Called time.Time // of the newest receipt; zero: there is none
}

// AgentState is what a mailbox keeps for the agent of its address.
type AgentState struct {
	State   []byte      // its composer's, which nobody else looks into
	Through quire.UID   // own messages up to here have entered its context
	Seen    quire.State // changes of deliveries up to here are taken in
	Holds   []quire.UID // what it refers to: never expunged. Each once
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

// Change is one thing that happened to a delivery.
type Change struct {
	UID    quire.UID
	Modseq uint64 // when
	Kind   ChangeKind
}

// ChangeKind says what happened.
type ChangeKind uint8

// The kinds of change. A delivery counts as updated at its last change, if that is
// not its creation.
const (
	ChangeCreated ChangeKind = iota
	ChangeUpdated
	ChangeDestroyed
)
