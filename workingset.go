package quire

import "time"

// WorkingSet is what is resident in one agent's context, in order of entry. It
// is plain data: the composer makes the next one, a store keeps it, and what it
// refers to is never expunged.
type WorkingSet struct {
	Rev     uint64  `json:"rev"`           // grows by one with each commit that changes the set
	Through UID     `json:"through"`       // the owner's own turns and results up to here have entered
	Seen    State   `json:"seen"`          // changes of deliveries up to here are taken in
	Head    []Entry `json:"head,omitzero"` // pinned by configuration, before the log
	Log     []Entry `json:"log,omitzero"`  // in order of entry; nothing in it ever moves
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
}

// Tombstone stands, as one line, for all that left between two kept groups.
type Tombstone struct {
	First    UID `json:"first"`
	Last     UID `json:"last"`
	Messages int `json:"messages"`
	Tokens   int `json:"tokens"` // of the rendered line, framing included
}

// Role says who speaks in a span.
type Role string

// The roles of prompt messages.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
)

// Form is how a span stands in the prompt.
type Form uint8

// The forms.
const (
	FormWhole   Form = iota // as stored
	FormExcerpt             // head and tail only, with the way to the rest
	FormStub                // one line in place of a result's body
	FormWaiting             // an excerpt of what came in the open turn, made while it waited for an answer
)

// Mark says why something resident is dead: no longer wanted. The empty mark
// means that it is wanted.
type Mark string

// The marks.
const (
	MarkNone       Mark = ""
	MarkDropped    Mark = "dropped"    // the agent let it go
	MarkSuperseded Mark = "superseded" // a later message replaces it
	MarkExpired    Mark = "expired"    // its validity ended
	MarkStale      Mark = "stale"      // the policy judged it of no more use
)

// Class says how a span came to be resident. Classes are not places: the order
// is that of entry for all three.
type Class string

// The classes.
const (
	ClassRecent Class = "recent"
	ClassPulled Class = "pulled"
	ClassPinned Class = "pinned"
)

// Span is one message in the context: the smallest thing that can leave by
// itself. A result's body may become a stub inside its pair; an assistant
// message leaves when all the results of its group are dead too.
type Span struct {
	Message  MessageID `json:"message"`
	UID      UID       `json:"uid"`
	Kind     Kind      `json:"kind"`
	Role     Role      `json:"role"`
	Says     bool      `json:"says,omitzero"` // of an assistant message: it has text beside its calls; of a result: the model wrote about it since
	From     Address   `json:"from,omitzero"`
	Class    Class     `json:"class"`
	Shows    []UID     `json:"shows,omitzero"` // what a pull result shows
	Tool     string    `json:"tool,omitzero"`  // of a result: the tool's name
	Call     string    `json:"call,omitzero"`  // of a result: the id of its call, as shown
	Key      string    `json:"key,omitzero"`   // of a result: digest of the call's name and arguments
	Form     Form      `json:"form,omitzero"`
	Keep     int       `json:"keep,omitzero"` // of an excerpt: bytes of text that it shows
	Mark     Mark      `json:"mark,omitzero"`
	Pinned   bool      `json:"pinned,omitzero"` // at run time; forbids eviction
	Tokens   int       `json:"tokens"`          // as it stands, framing included
	Stub     int       `json:"stub,omitzero"`   // what it takes as a stub; 0 when it can't be one
	Digest   Digest    `json:"digest"`          // of the stored parts, to know a duplicate
	Entered  uint64    `json:"entered"`         // call that first showed it
	LastUse  uint64    `json:"lastUse"`         // call in which the model last used it
	Uses     int       `json:"uses,omitzero"`   // calls in which the model used it
	Names    int       `json:"names,omitzero"`  // identifiers that it holds
	Turn     uint64    `json:"turn,omitzero"`   // the exchange it belongs to
	Refaults int       `json:"refaults,omitzero"`
	Rent     float64   `json:"rent,omitzero"` // tokens that were read for nothing: its size, once for each call since it died
	Priority int       `json:"priority,omitzero"`
	Until    time.Time `json:"until,omitzero"` // end of the message's validity
}

// Dead says whether the span is marked.
func (s *Span) Dead() bool { return s.Mark != MarkNone }
