package mailbox

import (
	"time"

	"github.com/quire-dev/quire"
)

// Certificate says what was forgotten, for the records of whoever had to. It has no
// word of what was: numbers, ids, addresses and times. Its JSON is a format.
type Certificate struct {
	At      time.Time          `json:"at"`
	From    quire.Address      `json:"from,omitzero"`    // whose messages were asked for
	Mailbox quire.Address      `json:"mailbox,omitzero"` // that was deleted
	Kinds   map[quire.Kind]int `json:"kinds"`            // how many messages went of each kind, derived ones too
	// Messages are those that were asked for, and Derived what named and showed them. Delete
	// their ids wherever you made something of messages: copies, exports.
	Messages []Gone            `json:"messages"`
	Derived  []Gone            `json:"derived"`
	Unknown  []quire.MessageID `json:"unknown,omitzero"` // ids that were asked for, and that nothing has
	// Earlier are those that were asked for and had gone before this call: in one that a
	// crash ended, say, so that its certificate was lost.
	Earlier []Gone `json:"earlier,omitzero"`
	// Calls are the model calls that saw any of it: it may be in the records of whoever
	// runs the model.
	Calls []Saw `json:"calls"`
	// Quotes are exact copies in messages that stay, for a person to decide: what else is
	// to go is forgotten by its id.
	Quotes []Quoted `json:"quotes"`
	// Chunks of streams that went, and the receipts, states and journal entries of which
	// something went.
	Chunks   int `json:"chunks"`
	Receipts int `json:"receipts"`
	States   int `json:"states"`
	Journal  int `json:"journal"`
	// Kept is what others have of a mailbox that was deleted: messages to or from it, that
	// are theirs.
	Kept []Gone `json:"kept,omitzero"`
}

// Gone is a message of which the content went.
type Gone struct {
	Message quire.MessageID   `json:"message"`
	From    quire.Address     `json:"from"`
	Kind    quire.Kind        `json:"kind"`
	Sent    time.Time         `json:"sent"`
	In      []Place           `json:"in"`
	Of      []quire.MessageID `json:"of,omitzero"` // of what is derived: from what
}

// Place is a message's number in a mailbox.
type Place struct {
	Mailbox quire.Address `json:"mailbox"`
	UID     quire.UID     `json:"uid"`
}

// Saw says in which calls of an agent's model a message stood.
type Saw struct {
	Agent quire.Address `json:"agent"`
	UID   quire.UID     `json:"uid"`
	// The first call and the last, and when they were; Last is 0 when it stands there
	// still, or nobody knows.
	First   uint64    `json:"first"`
	Last    uint64    `json:"last,omitzero"`
	Since   time.Time `json:"since"`
	Through time.Time `json:"through,omitzero"`
}

// Quoted is a place where a message that stays says the same as one that went.
type Quoted struct {
	Place
	Message quire.MessageID `json:"message"`
	From    quire.Address   `json:"from"`
	Kind    quire.Kind      `json:"kind"`
	Of      quire.MessageID `json:"of"`
	// Part is the number of its part, from 0 on; -1 is what stands around them: subject,
	// headers and question, a line each. From the byte Offset on Length bytes are the same;
	// of a result the texts of its parts are lines, and of a picture it is the data in base64.
	Part   int `json:"part"`
	Offset int `json:"offset"`
	Length int `json:"length"`
}
