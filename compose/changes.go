package compose

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// applyChanges marks what was superseded, taken back or expired since the last
// plan, and lets go of what was answered.
func (w *work) applyChanges() {
	void, done := map[quire.UID]bool{}, map[quire.UID]bool{}
	for i := range w.in.Changed {
		d := &w.in.Changed[i]
		void[d.UID] = d.Flags&(quire.FlagSuperseded|quire.FlagRetracted) != 0
		done[d.UID] = d.Flags&(quire.FlagHandled|quire.FlagAnswered) != 0
	}
	for i := range w.st.set.Log {
		for j := range w.st.set.Log[i].Spans {
			sp := &w.st.set.Log[i].Spans[j]
			if sp.Dead() {
				continue
			}
			mark := policy.MarkNone
			switch {
			case all(void, shownBy(sp)):
				mark = policy.MarkSuperseded
			case !sp.Until.IsZero() && !w.in.Now.Before(sp.Until):
				mark = policy.MarkExpired
			}
			if mark != policy.MarkNone {
				sp = &w.mutable(i)[j]
				sp.Mark, sp.Pinned = mark, sp.Pinned && mark != policy.MarkSuperseded
			} else if sp.Turn == w.st.turn && sp.Turn > 0 && sp.Role != quire.RoleAssistant && all(done, shownBy(sp)) {
				// Of the open turn no more: else it would outlive the record of its answer,
				// and a model that sees the one without the other answers again.
				w.mutable(i)[j].Turn--
			}
		}
	}
}

// all says whether every one of the messages is in the set.
func all(set map[quire.UID]bool, uids []quire.UID) bool {
	if len(set) == 0 {
		return false
	}
	for _, uid := range uids {
		if !set[uid] {
			return false
		}
	}
	return true
}

// void lists the mail that stands although it was taken back or replaced.
func (w *work) void() []quire.UID {
	var out []quire.UID
	for i := range w.st.set.Log {
		for j := range w.st.set.Log[i].Spans {
			sp := &w.st.set.Log[i].Spans[j]
			if sp.Mark != policy.MarkSuperseded || sp.Form == resident.FormStub || sp.Kind == quire.KindNote {
				continue
			}
			for _, uid := range shownBy(sp) {
				if !slices.Contains(out, uid) {
					out = append(out, uid)
				}
			}
		}
	}
	return out
}

// offer lets in what a recall found, best first, as long as nothing has to
// leave for it. next is the message that comes after, whose room is kept free.
func (w *work) offer(next *quire.Item) {
	if len(w.in.Offered) == 0 {
		return
	}
	if w.openEntry() >= 0 || w.inLoop() {
		for i := range w.in.Offered {
			if it := &w.in.Offered[i]; !w.above(it.UID) {
				w.decide(Decision{UID: it.UID, Kind: kind(it), Fate: FateOut, Reason: "a tool loop is open", New: true})
			}
		}
		return
	}
	used := w.logTokens()
	if next != nil {
		used += min(w.count(w.userParts(next, &resident.Span{})), w.room*2/shareMail)
	}
	for i := range w.in.Offered {
		it := w.allowed(&w.in.Offered[i])
		if w.above(it.UID) {
			continue
		}
		w.fresh[it.ID] = &w.in.Offered[i]
		if why := w.refuse(it, true); why != "" {
			w.decide(Decision{UID: it.UID, Kind: kind(it), Fate: FateOut, Reason: why, New: true})
			continue
		}
		n := w.count(w.userParts(it, &resident.Span{}))
		if used+n > w.room {
			w.decide(Decision{UID: it.UID, Kind: kind(it), Fate: FateOut, Tokens: n, Reason: "offered; no room", New: true})
			continue
		}
		used += n
		w.enterUser(it, policy.ClassRecent)
	}
}

// inLoop says whether the log ends with results: the model is to go on.
func (w *work) inLoop() bool {
	n := len(w.st.set.Log)
	return n > 0 && len(w.st.set.Log[n-1].CallIDs) > 0
}

func (w *work) logTokens() int {
	n := 0
	for i := range w.st.set.Log {
		n += entryTokens(&w.st.set.Log[i])
	}
	return n
}

func priority(it *quire.Item) int {
	if it.Flags.Has(quire.FlagPinned) {
		return 1
	}
	return 0
}
