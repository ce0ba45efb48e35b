package compose

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// look builds what policies see of the log as it stands before anything leaves.
func (w *work) look(groups bool) {
	log := w.st.set.Log
	n := 0
	for i := range log {
		n += len(log[i].Spans)
	}
	v := policy.View{Turn: w.st.turn, Call: w.st.call, Budget: w.room, Base: w.plan.base, Growth: int(w.st.growth), Cost: w.in.Model.Cache, Cold: w.plan.Cold,
		Units: slices.Grow(w.memo.units[:0], n)}
	forget := w.forget()
	v.Forget = forget
	w.spans = slices.Grow(w.memo.spans[:0], n)
	for i := range log {
		e := &log[i]
		v.Used += entryTokens(e)
		for j := range e.Spans {
			v.Units = append(v.Units, w.unit(i, &e.Spans[j]))
			if j == 0 && forget > 0 && !e.Forgot {
				v.Units[len(v.Units)-1].Thought = w.shown[len(w.st.set.Head)+i].thought
			}
			w.spans = append(w.spans, unitAt{i, j})
		}
	}
	w.memo.units, w.memo.spans = v.Units, w.spans
	v.Over = v.Used - w.room
	w.fix(&v, groups)
	w.view = v
}

// forget is what it costs that the model loses a token of reasoning: it thinks it again, as
// output. 0 where reasoning is not bound to what stands before it.
func (w *work) forget() float64 {
	m := &w.in.Model
	switch {
	case !m.Dialect.ReasoningBound:
		return 0
	case m.Cache.Output > 0:
		return m.Cache.Output
	case m.Tariff.Known() && m.Tariff.Tiers[0].Input > 0:
		return float64(m.Tariff.Tiers[0].Output) / float64(m.Tariff.Tiers[0].Input)
	}
	return unknownOutput
}

// unknownOutput is the price of a token of output where nobody says it: 5, as most of the
// catalogue's tariffs have it.
const unknownOutput = 5

func (w *work) unit(entry int, sp *resident.Span) policy.Unit {
	return policy.Unit{UID: sp.UID, Entry: entry, Kind: sp.Kind, Role: sp.Role, Class: sp.Class, From: sp.From,
		Tool: sp.Tool, Key: sp.Key, Says: sp.Says, Shows: sp.Shows, Tokens: sp.Tokens, Stub: sp.Stub, Stubbed: sp.Form == resident.FormStub, Short: sp.Form == resident.FormExcerpt || sp.Form == resident.FormWaiting,
		Mark: sp.Mark, Age: int(w.st.call - sp.Entered), Idle: int(w.st.call - sp.LastUse), Uses: sp.Uses, Names: sp.Names, Latest: w.memo.uses.latest[sp.UID], Turn: sp.Turn,
		Refaults: sp.Refaults, Rent: sp.Rent, Priority: sp.Priority,
		Fixed: sp.Pinned || sp.Class == policy.ClassPinned, New: sp.Entered == w.st.call}
}

// fix forbids what may not leave in this call, whatever a policy says: the
// newest message that somebody sent, the last group, what the row protects in
// an open loop, and what a floor holds. groups lets older groups of an open
// loop go all the same, which ends the loop where the first kept one begins.
func (w *work) fix(v *policy.View, groups bool) {
	log := w.st.set.Log
	newest, last := w.newestUser(), len(log)-1
	loop := len(log) // first entry of the open loop
	if w.inLoop() {
		loop = newest + 1
	}
	rule := w.in.Model.Dialect.LoopEvict
	for i := range v.Units {
		u := &v.Units[i]
		switch {
		case u.Entry == newest, u.Entry == last:
			u.Fixed = true
		case u.Entry >= loop && !groups && rule != models.LoopGroups:
			u.Fixed = u.Fixed || rule != models.LoopResults || u.Role == quire.RoleAssistant
		case u.Entry >= loop && w.unbroken:
			u.Stub = 0
		}
	}
	for i := range w.c.limits {
		w.floor(v, &w.c.limits[i])
	}
	w.holdTurn(v)
}

// floor fixes the newest units that a limit protects: the newest one however large
// it is, then what fits of the rest.
func (w *work) floor(v *policy.View, l *Limit) {
	left, none := l.Floor, true
	for i := len(v.Units) - 1; i >= 0 && left > 0; i-- {
		u := &v.Units[i]
		if !l.holds(u) || u.Mark != policy.MarkNone || u.Tokens > left && !none {
			continue
		}
		left, none = left-u.Tokens, false
		u.Fixed = true
	}
}

// capped is why something leaves that fits the budget.
const capped = "over its cap"

// overCaps lists what must leave because its class or sender has too much, whatever
// the open turn holds: the oldest first, until what stays is within the cap. What
// belongs to a group leaves with it.
func (w *work) overCaps() []policy.Victim {
	var out []policy.Victim
	for i := range w.c.limits {
		l := &w.c.limits[i]
		if l.Cap <= 0 {
			continue
		}
		total := 0
		for j := range w.view.Units {
			if l.holds(&w.view.Units[j]) {
				total += w.view.Units[j].Tokens
			}
		}
		gone := make([]bool, len(w.view.Units))
		for from := 0; from < len(gone) && total > l.Cap; {
			to := from + 1
			for to < len(gone) && w.view.Units[to].Entry == w.view.Units[from].Entry {
				to++
			}
			total -= w.overCap(l, from, to, total-l.Cap, gone)
			from = to
		}
		for j, g := range gone {
			if g {
				out = append(out, policy.Victim{Unit: j, Reason: capped})
			}
		}
	}
	return out
}

// overCap chooses of one group, units from to to, what leaves for a cap: results as
// stubs, the oldest first, or all of it when that frees too little. It returns the
// tokens of the cap's own that leave.
func (w *work) overCap(l *Limit, from, to, need int, gone []bool) int {
	units := w.view.Units[from:to]
	fixed, own, stubs := false, 0, 0
	for i := range units {
		u := &units[i]
		fixed = fixed || u.Fixed && !w.held[from+i]
		if l.holds(u) {
			own += u.Tokens
			if u.Role == quire.RoleTool && !u.Stubbed && u.Stub > 0 && (!u.Fixed || w.held[from+i]) {
				stubs += u.Tokens - u.Stub
			}
		}
	}
	if own == 0 {
		return 0
	}
	if !fixed && stubs < need {
		for i := range units {
			gone[from+i] = true
		}
		return own
	}
	freed := 0
	for i := range units {
		u := &units[i]
		if freed < need && l.holds(u) && u.Role == quire.RoleTool && !u.Stubbed && u.Stub > 0 && (!u.Fixed || w.held[from+i]) {
			gone[from+i] = true
			freed += u.Tokens - u.Stub
		}
	}
	return freed
}

// readable tells the view which boundaries the provider's cache still has: those
// between two entries, by the unit that follows.
func (w *work) readable(bounds []ledger.Boundary) {
	k := 0
	w.view.Boundaries = slices.Grow(w.memo.between[:0], len(w.st.set.Log))
	for u, at := range w.spans {
		if at.span != 0 {
			continue
		}
		for k < len(bounds) && bounds[k].Index < w.starts[at.entry] {
			k++
		}
		if k < len(bounds) && bounds[k].Index == w.starts[at.entry] {
			w.view.Boundaries = append(w.view.Boundaries, policy.Boundary{Index: u, Tokens: bounds[k].Tokens})
		}
	}
	w.memo.between = w.view.Boundaries
}
