// Package resident is what stands in a context, as compose keeps it, and its encoding.
package resident

import (
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
)

// Set is what is resident in one context, in order of entry. Its tags are the format
// that stores kept until they kept the state whole.
type Set struct {
	Through quire.UID `json:"through"`       // the owner's own turns and results up to here have entered
	Head    []Entry   `json:"head,omitzero"` // pinned by configuration, before the log
	Log     []Entry   `json:"log,omitzero"`  // in order of entry; nothing in it ever moves
}

// Entry is a group: one incoming message, or an assistant message with its tool
// calls, all their results and its reasoning. It keeps its order and its pairs.
// An entry with a Tombstone stands for groups that left.
type Entry struct {
	Seq       uint64     `json:"seq"` // order of entry; never changes
	Spans     []Span     `json:"spans,omitzero"`
	Open      bool       `json:"open,omitzero"`    // calls still wait for results
	CallIDs   []string   `json:"callIDs,omitzero"` // of its calls, as shown to the model
	Tombstone *Tombstone `json:"tombstone,omitzero"`
	Render    int        `json:"render,omitzero"` // version of the rendering that the entry's bytes follow
	Forgot    bool       `json:"forgot,omitzero"` // what stood before it changed: reasoning that is bound to that is lost
	Notice    string     `json:"notice,omitzero"` // of a reply with reasoning: the notice of the call that it answered, where it has to stay
}

// Tombstone stands, as one line, for all that left between two kept groups.
type Tombstone struct {
	First    quire.UID `json:"first"`
	Last     quire.UID `json:"last"`
	Messages int       `json:"messages"`
	Tokens   int       `json:"tokens"` // of the rendered line, framing included
}

// Form is how a span stands in the prompt.
type Form uint8

// The forms.
const (
	FormWhole   Form = iota // as stored
	FormExcerpt             // head and tail only, with the way to the rest
	FormStub                // one line in place of a result's body
	FormWaiting             // an excerpt of what came in the open turn, made while it waited for an answer
)

// Span is one message in the context: the smallest thing that can leave by
// itself. A result's body may become a stub inside its pair; an assistant
// message leaves when all the results of its group are dead too.
type Span struct {
	Message  quire.MessageID `json:"message"`
	UID      quire.UID       `json:"uid"`
	Kind     quire.Kind      `json:"kind"`
	Role     quire.Role      `json:"role"`
	Says     bool            `json:"says,omitzero"` // of an assistant message: it has text beside its calls; of a result: the model wrote about it since
	From     quire.Address   `json:"from,omitzero"`
	Class    policy.Class    `json:"class"`
	Shows    []quire.UID     `json:"shows,omitzero"` // what a pull result shows
	Tool     string          `json:"tool,omitzero"`  // of a result: the tool's name
	Call     string          `json:"call,omitzero"`  // of a result: the id of its call, as shown
	Key      string          `json:"key,omitzero"`   // of a result: digest of the call's name and arguments
	Form     Form            `json:"form,omitzero"`
	Keep     int             `json:"keep,omitzero"` // of an excerpt: bytes of text that it shows
	Mark     policy.Mark     `json:"mark,omitzero"`
	Pinned   bool            `json:"pinned,omitzero"` // at run time; forbids eviction
	Tokens   int             `json:"tokens"`          // as it stands, framing included
	Stub     int             `json:"stub,omitzero"`   // what it takes as a stub; 0 when it can't be one
	Digest   quire.Digest    `json:"digest"`          // of the stored parts, to know a duplicate
	Entered  uint64          `json:"entered"`         // call that first showed it
	LastUse  uint64          `json:"lastUse"`         // call in which the model last used it
	Uses     int             `json:"uses,omitzero"`   // calls in which the model used it
	Names    int             `json:"names,omitzero"`  // identifiers that it holds
	Turn     uint64          `json:"turn,omitzero"`   // the exchange it belongs to
	Refaults int             `json:"refaults,omitzero"`
	Rent     float64         `json:"rent,omitzero"` // tokens that were read for nothing: its size, once for each call since it died
	Priority int             `json:"priority,omitzero"`
	Until    time.Time       `json:"until,omitzero"` // end of the message's validity
}

// Dead says whether the span is marked.
func (s *Span) Dead() bool { return s.Mark != policy.MarkNone }
