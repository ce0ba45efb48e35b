package compose

import (
	"encoding/json"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/internal/waits"
	"github.com/quire-dev/quire/policy"
)

// State is all that shapes the bytes of the next prompt besides the messages
// themselves. It is a value: Plan never changes the one it is given. The zero
// State is that of an agent that has not been called yet.
type State struct {
	call        uint64 // calls made so far
	turn        uint64 // exchanges so far
	seq         uint64 // last entry number given
	model       string // that was called last; what follows is of it
	ledger      ledger.Ledger
	calibration calibrate.Calibration
	stable      quire.Digest // of model, tools, system and head, as last sent
	reads       reads        // how much of what the ledger promises is read, by what the provider reports
	others      []knownModel // what is known of other models; called last comes last
	learned     []lesson     // what the calibration was taught since the last call
	ghosts      []ghost      // what left lately, to know a refault; oldest first
	refaults    uint64       // in all
	evicted     uint64       // messages that ever left
	growth      float64      // tokens that entered the log in a call, lately
	edits       []edit       // what was dropped, kept, pinned and withheld since the last call
	withheld    []quire.UID  // messages whose content is not sent, see State.Withhold; in order
	asked       uint64       // of the last call's Setup: a hash
	failures    []failure    // calls since the last one that went well, oldest first, the last 16
	gaps        waits.Gaps   // how long it takes from call to call
	fixed       [2]uint64    // of the last call's system prompt and tools: hashes
	notice      string       // of the last call, where it has to stay with the reasoning behind it

	set  resident.Set
	kept *kept // what was encoded of it; nil: nothing

	// Host is kept for the program that runs the loop. The composer hands it
	// on from state to state and never reads it.
	Host json.RawMessage
}

// Calls is how many calls were made so far.
func (s *State) Calls() uint64 { return s.call }

// Model is the model that was called last.
func (s *State) Model() string { return s.model }

// Withheld lists the messages whose content is not sent, by number; see [State.Withhold].
func (s *State) Withheld() []quire.UID { return slices.Clone(s.withheld) }

// Left says whether a message, or what a pull showed of it, left lately, and whether the
// last time it was wanted no more: the agent had dropped it, it was replaced or expired, or
// a later piece of it was read.
func (s *State) Left(uid quire.UID) (left, unwanted bool) {
	g := s.lastGhost(uid)
	return g != nil, g != nil && g.Turn == 0
}

// lastGhost is how a message left the last time; nil when it did not.
func (s *State) lastGhost(uid quire.UID) *ghost {
	for i := len(s.ghosts) - 1; i >= 0; i-- {
		if s.ghosts[i].UID == uid {
			return &s.ghosts[i]
		}
	}
	return nil
}

// ghost remembers a message that left the context.
type ghost struct {
	UID      quire.UID `json:"uid"`
	Call     uint64    `json:"call"`
	Refaults int       `json:"refaults,omitzero"` // how often it had been pulled again
	Turn     uint64    `json:"turn,omitzero"`     // in which it left though nobody let it go; 0: it was dropped, replaced, out of date or read on
}

// edit is one thing that the agent did to what is resident. Edits since the
// last call are kept for its receipt.
type edit struct {
	Op  editOp    `json:"op"`
	UID quire.UID `json:"uid,omitzero"`
}

// editOp is what an edit does.
type editOp string

// The operations, each named after its method of [State].
const (
	editDrop  editOp = "drop"
	editKeep  editOp = "keep"
	editPin   editOp = "pin"
	editUnpin editOp = "unpin"
	editEnd   editOp = "end" // see State.EndTurn; of no message

	editWithhold editOp = "withhold" // see State.Withhold
	editRelease  editOp = "release"
)

// apply does to a state what the edit says.
func (e edit) apply(s *State) {
	switch e.Op {
	case editDrop, editKeep:
		s.Drop(e.UID, e.Op == editDrop)
	case editPin, editUnpin:
		s.Pin(e.UID, e.Op == editPin)
	case editEnd:
		s.EndTurn()
	case editWithhold, editRelease:
		s.Withhold(e.UID, e.Op == editWithhold)
	}
}

// Needs lists the messages whose bodies the next plan reads, each once, in
// order: what is resident, and what pull results show.
func (s *State) Needs() []quire.UID {
	uids := make([]quire.UID, 0, len(s.set.Head)+len(s.set.Log))
	top := quire.UID(0)         // the largest so far: most come in order
	var seen map[quire.UID]bool // once one did not: all so far
	add := func(u quire.UID) {
		if u > top {
			top = u
		} else {
			if seen == nil {
				seen = make(map[quire.UID]bool, cap(uids))
				for _, u := range uids {
					seen[u] = true
				}
			}
			if u == 0 || seen[u] {
				return
			}
		}
		if seen != nil {
			seen[u] = true
		}
		uids = append(uids, u)
	}
	for _, entries := range [][]resident.Entry{s.set.Head, s.set.Log} {
		for i := range entries {
			for j := range entries[i].Spans {
				add(entries[i].Spans[j].UID)
				for _, u := range entries[i].Spans[j].Shows {
					add(u)
				}
			}
		}
	}
	return uids
}

// Resident says whether the message stands whole in the context, as its own
// entry or as what a pull shows.
func (s *State) Resident(uid quire.UID) bool {
	found := false
	s.spans(uid, func(sp *resident.Span) bool {
		found = found || sp.Form != resident.FormStub
		return false
	})
	return found
}

// Drop marks all that shows the message as dropped; it leaves when that is cheap or
// needed. What is pinned must be unpinned first: it is not marked. With on false it clears
// the mark of what is resident: the agent wants it after all, and it stays then as what was
// pulled in this turn does, see [Composer.Plan]. It reports whether anything was found.
func (s *State) Drop(uid quire.UID, on bool) bool {
	if !on {
		return s.keep(uid)
	}
	return s.edit(editDrop, uid, func(sp *resident.Span) bool {
		if sp.Pinned {
			return false
		}
		sp.Mark = policy.MarkDropped
		return true
	})
}

func (s *State) keep(uid quire.UID) bool {
	turn := s.turn
	if s.ended() {
		turn++ // of the one that is about to begin
	}
	return s.edit(editKeep, uid, func(sp *resident.Span) bool {
		if sp.Form == resident.FormStub {
			return false
		}
		sp.Mark, sp.Class, sp.Turn = policy.MarkNone, policy.ClassPulled, turn
		return true
	})
}

// EndTurn says that the agent's turn is over: what the next call takes in begins
// another, and what the turn held may leave. Without it a turn ends with an answer
// that calls no tool.
func (s *State) EndTurn() {
	if !s.ended() {
		s.edits = append(slices.Clip(s.edits), edit{Op: editEnd})
	}
}

// ended says whether the turn was ended since the last call.
func (s *State) ended() bool {
	return slices.ContainsFunc(s.edits, func(e edit) bool { return e.Op == editEnd })
}

// Pin forbids, or with on false allows, that the message leaves. Pinning what
// was dropped wants it again.
func (s *State) Pin(uid quire.UID, on bool) bool {
	op := editUnpin
	if on {
		op = editPin
	}
	return s.edit(op, uid, func(sp *resident.Span) bool {
		if sp.Form == resident.FormStub {
			return false
		}
		sp.Pinned = on
		if on {
			sp.Mark = policy.MarkNone
		}
		return true
	})
}

func showsUID(sp *resident.Span, uid quire.UID) bool {
	return sp.UID == uid || slices.Contains(sp.Shows, uid)
}

// spans calls f for each span that shows uid, until f returns true.
func (s *State) spans(uid quire.UID, f func(*resident.Span) bool) {
	for i := range s.set.Log {
		for j := range s.set.Log[i].Spans {
			if sp := &s.set.Log[i].Spans[j]; showsUID(sp, uid) && f(sp) {
				return
			}
		}
	}
}

// edit changes spans that show uid on a copy of the log, so that states which
// share it are not disturbed.
func (s *State) edit(op editOp, uid quire.UID, f func(*resident.Span) bool) bool {
	found := false
	log := slices.Clone(s.set.Log)
	for i := range log {
		if !slices.ContainsFunc(log[i].Spans, func(sp resident.Span) bool { return showsUID(&sp, uid) }) {
			continue
		}
		log[i].Spans = slices.Clone(log[i].Spans)
		for j := range log[i].Spans {
			if showsUID(&log[i].Spans[j], uid) && f(&log[i].Spans[j]) {
				found = true
			}
		}
	}
	if found {
		s.set.Log = log
		s.edits = append(slices.Clip(s.edits), edit{op, uid})
	}
	return found
}
