package compose

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// ghosts is how many messages that left are remembered, to know a refault.
const ghosts = 256

// apply makes the new log that of the plan, and notes what left and why.
func (l *leaving) apply() {
	w := l.w
	w.st.ghosts = slices.Clone(w.st.ghosts) // the state before shares it
	for u, at := range w.spans {
		if l.why[u] == "" {
			l.why[u] = "let go by " + policy.Name(w.c.policy) + ", " + policy.Name(w.c.schedule)
		}
		e := &w.st.set.Log[at.entry]
		sp := &e.Spans[at.span]
		if (l.whole[at.entry] || l.stubs(u)) && (sp.Mark == policy.MarkNone || sp.Mark == policy.MarkStale) {
			w.plan.Left = append(w.plan.Left, sp.UID)
		}
		switch {
		case l.whole[at.entry]:
			w.decide(Decision{UID: sp.UID, Seq: e.Seq, Kind: sp.Kind, Fate: FateOut, Tokens: sp.Tokens, Left: sp.Tokens, Reason: l.why[u], New: true})
			w.ghost(sp)
		case l.stubs(u):
			w.decide(Decision{UID: sp.UID, Seq: e.Seq, Kind: sp.Kind, Fate: FateStub, Tokens: sp.Stub, Left: sp.Tokens - sp.Stub, Reason: l.why[u], New: true})
			w.ghost(sp)
		default:
			if shorter, ok := l.short[u]; ok {
				w.decide(Decision{UID: sp.UID, Seq: e.Seq, Kind: sp.Kind, Fate: FateExcerpt, Tokens: shorter.Tokens, Left: sp.Tokens - shorter.Tokens, Reason: l.why[u], New: true})
			}
		}
	}
	slices.Sort(w.plan.Left)
	l.forget()
	own := make([]bool, len(l.log))
	heads := len(w.st.set.Head)
	shown := make([]*rendered, heads+len(l.log))
	copy(shown, w.shown[:heads])
	for i := range l.log {
		if l.old[i] >= 0 && !l.again[l.old[i]] {
			shown[heads+i] = w.shown[heads+l.old[i]]
		}
		if l.old[i] < 0 {
			own[i] = true
			continue
		}
		own[i] = w.own[l.old[i]]
	}
	if w.in.Model.Dialect.ReasoningBound {
		for i := range l.log {
			l.log[i].Forgot = l.log[i].Forgot || l.old[i] > l.first
		}
	}
	w.st.set.Log, w.own, w.shown = l.log, own, shown
	w.first = min(w.first, l.first)
}

// forget lets go of the oldest ghosts, when there are too many: but not of those that say
// of what a pull of the open turn shows that it left before.
func (l *leaving) forget() {
	w := l.w
	over := len(w.st.ghosts) - ghosts
	if over <= 0 {
		return
	}
	shown := map[quire.UID]bool{}
	for i := range l.log {
		for j := range l.log[i].Spans {
			if sp := &l.log[i].Spans[j]; sp.Class == policy.ClassPulled && sp.Turn == w.st.turn {
				for _, uid := range shownBy(sp) {
					shown[uid] = true
				}
			}
		}
	}
	w.st.ghosts = slices.DeleteFunc(w.st.ghosts, func(g ghost) bool {
		if over <= 0 || g.Turn == w.st.turn && shown[g.UID] {
			return false
		}
		over--
		return true
	})
}

// ghost remembers what left.
func (w *work) ghost(sp *resident.Span) {
	uids := sp.Shows
	if len(uids) == 0 {
		uids = []quire.UID{sp.UID}
	}
	turn := w.st.turn
	if sp.Dead() && sp.Mark != policy.MarkStale || w.readOn(sp) {
		turn = 0 // nobody wants it, whatever a policy says; or the message is read on, piece by piece
	}
	for _, uid := range uids {
		w.st.ghosts = append(w.st.ghosts, ghost{UID: uid, Call: w.st.call, Refaults: sp.Refaults, Turn: turn})
		w.st.evicted++
	}
}

// readOn says whether a span shows a piece of a message of which a later one stands, or all.
func (w *work) readOn(sp *resident.Span) bool {
	if !w.ranged(sp) {
		return false
	}
	for i := len(w.st.set.Log) - 1; i >= 0; i-- {
		for j := range w.st.set.Log[i].Spans {
			if n := &w.st.set.Log[i].Spans[j]; n.UID > sp.UID && slices.Contains(n.Shows, sp.Shows[0]) {
				return true
			}
		}
	}
	return false
}
