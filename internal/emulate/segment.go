package emulate

import "time"

// Level is the part of a request that a segment belongs to.
type Level uint8

// The levels, in the order in which providers read them.
const (
	LevelTools Level = iota
	LevelSystem
	LevelMessages
)

// Kind is what a segment is, as far as a cache asks.
type Kind uint8

// The kinds.
const (
	KindOther  Kind = iota
	KindUser        // of a user's message
	KindCall        // a tool call that is a block of its own
	KindResult      // of a tool's result
)

// Segment is one piece of a request: a tool, a block of system text, a content
// block. Requests must be cut alike: a prefix is found at the end of a segment
// only.
type Segment struct {
	Level  Level
	Kind   Kind
	Bytes  []byte // as sent, without the mark; not kept
	Tokens int    // as the provider counts them; negative ones count as 0
	// Message tells the messages on the wire apart: segments with equal numbers
	// that follow each other are of one message.
	Message  int
	Volatile bool // expected to be gone in the next request; see [Common]
	Mark     bool // a cache entry is to end here
	TTL      time.Duration
}

func (s *Segment) tokens() int { return max(0, s.Tokens) }

// continues says whether s stands in one run with the segment before it, which
// counts as one position: of calls or of results.
func (s *Segment) continues(before *Segment) bool {
	return s.Level == before.Level && s.Kind == before.Kind && (s.Kind == KindCall || s.Kind == KindResult)
}

// Request is one model call as it was sent.
type Request struct {
	At time.Time // when it was sent
	// Answer is how long after At the answer began; what the request leaves can
	// be read from then on.
	Answer time.Duration
	// Lost: no answer ever began. The outcome says what would have been; the
	// request leaves nothing and refreshes nothing.
	Lost bool
	// Scope is all that the provider keeps caches apart by: model, workspace, cache
	// key, settings such as thinking.
	Scope string
	// Implicit: the provider places a mark too. At Anthropic at the end of the
	// request; at OpenAI see [Breakpoints].
	Implicit bool
	Segments []Segment
	// Reply is the answer as it will stand in later requests; only [Units] looks
	// at it. Empty when it is not known.
	Reply []Segment
}
