package compose

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// Scratch keeps what earlier plans of one agent rendered. It is a cache: losing it
// costs time and changes nothing else. It belongs to one agent's State, is not
// safe for concurrent use, and its zero value is ready.
type Scratch struct {
	model   string
	entries map[uint64]*rendered    // by Entry.Seq
	last    []*rendered             // what the last plan showed, in order
	at      int                     // where in last the next entry is looked for
	bodies  map[quire.MessageID]int // tokens of message bodies
	uses    useIndex
	written []uint64        // room for the names in what arrived
	units   []policy.Unit   // room for the next view
	victims []policy.Victim // and for what may leave of it
	spans   []unitAt
	bounds  []ledger.Boundary // room for the next layout
	starts  []int
	held    []bool            // room for what the open turn holds
	worth   []worth           // and for how much it wants it
	between []policy.Boundary // room for the view's
	fixed   quire.Digest      // of system and tools, last counted
	tokens  int               // that they take
	mix     calibrate.Mix     // of these
	content uint64            // of these, whatever the model: see Setup.Content
	parts   [2]uint64         // of system and tools each: see Setup.Parts
}

// rendered is an entry as prompt messages.
type rendered struct {
	seq    uint64
	sig    uint64
	at     int // in Scratch.last
	msgs   []quire.PromptMessage
	tokens []int    // of each message
	hashes []uint64 // of each message's bytes
	mix    calibrate.Mix

	thought int // tokens of reasoning
}

func (m *Scratch) begin(model string) {
	if m.entries == nil || m.model != model {
		*m = Scratch{model: model, entries: map[uint64]*rendered{}, bodies: map[quire.MessageID]int{}, units: m.units, victims: m.victims, spans: m.spans,
			bounds: m.bounds, starts: m.starts, between: m.between, held: m.held, worth: m.worth, written: m.written}
	}
}

// find returns what was rendered of an entry, or nil. Entries are asked for in
// the order of the log, so that most are found where the one before was.
func (m *Scratch) find(seq uint64) *rendered {
	if m.at < len(m.last) && m.last[m.at].seq == seq {
		m.at++
		return m.last[m.at-1]
	}
	r := m.entries[seq]
	if r != nil && r.at < len(m.last) && m.last[r.at] == r {
		m.at = r.at + 1
	}
	return r
}

// sweep takes in what the plan shows, and forgets what is no longer resident,
// once that is more than half of all.
func (m *Scratch) sweep(shown []*rendered) {
	for i, r := range shown {
		r.at = i
	}
	m.last, m.at = shown, 0
	if len(m.entries) < 2*len(shown)+64 {
		return
	}
	m.entries = make(map[uint64]*rendered, len(shown))
	for _, r := range shown {
		m.entries[r.seq] = r
	}
	m.bodies, m.uses = map[quire.MessageID]int{}, useIndex{}
}

// signature is what an entry's bytes and tokens depend on besides its stored
// messages. Entries of plans that were never sent had the same numbers.
func signature(e *resident.Entry) uint64 {
	h := uint64(14695981039346656037)
	mix := func(v uint64) { h = (h ^ v) * 1099511628211 }
	mix(uint64(e.Render))
	mix(uint64(len(e.Spans)))
	for _, id := range e.CallIDs {
		for i := range len(id) {
			mix(uint64(id[i]))
		}
	}
	for i := range e.Spans {
		sp := &e.Spans[i]
		mix(uint64(sp.UID)<<8 | uint64(sp.Form))
		mix(uint64(sp.Keep))
		mix(uint64(sp.Tokens))
		for k := range len(sp.Call) {
			mix(uint64(sp.Call[k]))
		}
		mix(binary.BigEndian.Uint64(sp.Digest[:8]))
	}
	if t := e.Tombstone; t != nil {
		mix(uint64(t.First))
		mix(uint64(t.Last))
		mix(uint64(t.Messages))
	}
	return h
}

// chain folds one more message's hash into that of the prefix before it.
func chain(prefix, message uint64) uint64 {
	h := (prefix ^ message) * 0x9E3779B97F4A7C15
	h ^= h >> 29
	h = (h + message) * 0xBF58476D1CE4E5B9
	return h ^ h>>32
}

// hashMessage identifies a prompt message's bytes.
func hashMessage(m *quire.PromptMessage) uint64 {
	b, err := codec.EncodeParts(m.Parts)
	if err != nil { // parts that can't be encoded can't be sent either
		b = nil
	}
	d := sha256.Sum256(append(b, m.Role...))
	return binary.BigEndian.Uint64(d[:8])
}
