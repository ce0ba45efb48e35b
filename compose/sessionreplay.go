package compose

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
)

// freeShare is the part of the log's room that a session's cut frees at least.
const freeShare = 0.25

// steady is the schedule of a session without a state: it looks at nothing but what
// the log takes.
type steady struct{}

// Name identifies it in plans.
func (steady) Name() string { return "steady" }

// Live says whether the view is over its budget.
func (steady) Live(v *policy.View) bool { return v.Over > 0 }

// Next frees a quarter when the view is over its budget.
func (s steady) Next(v *policy.View, victims []policy.Victim) policy.Cut {
	if !s.Live(v) {
		return policy.Cut{At: len(v.Units)}
	}
	cut := policy.Watermark{Low: 1 - freeShare}.Next(v, victims)
	cut.Reason = "over budget"
	return cut
}

func (c *Composer) steady() *Composer {
	own := *c
	own.schedule = steady{}
	return &own
}

// rejoin returns the state as far as it is of the list that was read: without what
// stands where the two part and behind it. A state of another list, or of one that
// is short of much that left before, has no log.
func (s *Session) rejoin() State {
	st := s.state
	d := s.parting(&st)
	if d == 0 {
		return st
	}
	for d > 1 && int(d) <= len(s.items) && s.items[d-1].Kind == quire.KindResult {
		d-- // a group that grew or shrank is another
	}
	log := slices.Clone(st.set.Log)
	for i := len(log) - 1; i >= 0; i-- {
		if last := len(log[i].Spans) - 1; last < 0 || log[i].Spans[last].UID < d {
			break
		}
		d = min(d, log[i].Spans[0].UID)
		log = log[:i]
	}
	st.set.Log, st.set.Through = log, d-1
	if s.lacks(log, d) {
		st.set.Log, st.set.Through = nil, 0
	}
	return st
}

// lacks says whether a log that goes on at number d is short of what left before: what
// comes there answers to it, or half of the room would be empty.
func (s *Session) lacks(log []resident.Entry, d quire.UID) bool {
	used, last := 0, quire.UID(0)
	for i := range log {
		used += entryTokens(&log[i])
		if n := len(log[i].Spans); n > 0 {
			last = log[i].Spans[n-1].UID
		}
	}
	for i := int(d) - 1; i < len(s.items); i++ {
		used += s.size(s.composer(), i)
	}
	return last != d-1 || last == 0 || log[0].Tombstone != nil && used < s.room/2
}

// parting is the first number at which the list is not what the state shows; 0 when
// there is none.
func (s *Session) parting(st *State) quire.UID {
	n := quire.UID(len(s.items))
	d := quire.UID(0)
	if st.set.Through > n {
		d = n + 1
	}
	for i := range st.set.Log {
		for j := range st.set.Log[i].Spans {
			sp := &st.set.Log[i].Spans[j]
			if (sp.UID > n || sp.UID == 0 || s.items[sp.UID-1].ID != sp.Message) && (d == 0 || sp.UID < d) {
				d = sp.UID
			}
		}
	}
	return d
}

// replay makes, from the list alone, the state before its next call, and what arrives
// for that: it composes those of the calls before, one for each time that the model
// spoke, of which something may have left.
func (s *Session) replay(c *Composer, in Input) (State, []quire.Item) {
	c = c.steady()
	in.Model.Cache = price.CostModel{}
	before := in.State
	st, arrived, from := s.begin(c, in)
	used := 0
	for i := range arrived {
		used += s.size(c, int(arrived[i].UID)-1)
	}
	for i := from; i < len(s.items); i++ {
		if s.items[i].Kind == quire.KindTurn && used > s.room && i > from {
			in.State, in.Arrived = st, slices.Concat(arrived, s.items[from:i])
			if plan, _ := c.Plan(in); plan != nil {
				st, arrived, from = plan.Next, nil, i
				st.ledger, st.set.Through = ledger.Ledger{}, quire.UID(i)
				used = plan.Used - plan.base
			}
		}
		used += s.size(c, i)
	}
	out := before
	out.set, out.turn = st.set, st.turn
	out.call, out.seq = max(before.call, st.call), max(before.seq, st.seq)
	return out, slices.Concat(arrived, s.items[from:])
}

// rooms is how much of a long list is composed again at least: four times what fits.
// What is before it has long left.
const rooms = 4

// begin returns the state that a replay begins with, what arrives besides, and the
// index of the item that it begins at. The place only moves as often as the list
// grows by so many rooms.
func (s *Session) begin(c *Composer, in Input) (State, []quire.Item, int) {
	chunk, total := rooms*bytesToken*max(s.room, 1), 0
	for i := range s.items {
		total += textBytes(s.items[i].Parts)
	}
	at, target := 0, (total/chunk-1)*chunk
	for i := 1; i < len(s.items) && target > 0 && at == 0; i++ {
		target -= textBytes(s.items[i-1].Parts)
		if target <= 0 && s.items[i].Kind == quire.KindMail && s.items[i-1].Self {
			at = i
		}
	}
	var kept []quire.Item
	var all region
	for i := range at {
		it := &s.items[i]
		if on, told := s.pins[it.UID]; on || it.Kind == quire.KindNote && !told {
			kept = append(kept, *it)
		} else {
			all.cover(it.UID, it.UID, 1)
		}
	}
	if all.stone.Messages == 0 {
		return State{}, nil, 0
	}
	stone := all.stone
	stone.Tokens = newWork(c, &in).countStone(&stone)
	return State{set: resident.Set{Through: quire.UID(at), Log: []resident.Entry{{Tombstone: &stone}}}}, kept, at
}

// bytesToken is about how many bytes of text a token has.
const bytesToken = 4

// size is how many tokens item i takes, or a few more.
func (s *Session) size(c *Composer, i int) int {
	for n := len(s.sizes); n <= i; n++ {
		parts := s.items[n].Parts
		tokens := c.framing.Message(c.counter, parts)
		if s.Options.Handles {
			tokens += 64
		}
		for _, p := range parts {
			switch p := p.(type) {
			case quire.ToolCall:
				tokens += 48 // another id, a word that there is no result
			case quire.ToolResult:
				tokens += s.refSize(c, p.Parts)
			case quire.Ref:
				tokens += s.refSize(c, []quire.Part{p})
			}
		}
		s.sizes = append(s.sizes, tokens)
	}
	return s.sizes[i]
}

// refSize is how many tokens what the parts refer to takes.
func (s *Session) refSize(c *Composer, parts []quire.Part) int {
	n := 0
	for _, p := range parts {
		if ref, ok := p.(quire.Ref); ok {
			if it, ok := s.body(ref.Message); ok {
				n += 96 + 2*c.framing.Message(c.counter, it.Parts) // its handle, its fence, what is escaped
			}
		}
	}
	return n
}
