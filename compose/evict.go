package compose

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// evict asks the policy what may leave and the schedule what does, and carries
// the cut out. What they answer is checked: an invalid cut, or one that leaves
// too much, is replaced by that of the strict schedule. When even that is not
// enough, or only with what is still wanted, or much dearer than it has to be,
// older groups of an open tool loop go too, and the loop begins anew.
//
// What the open turn holds goes last, step by step: see [hold].
func (w *work) evict() {
	w.grow()
	w.rankNames()
	for _, w.hold = range w.holds() {
		w.plan.hold = w.hold
		if !w.loopHolds() || w.hold < holdWhole { // later, all that the row protects would have left
			if w.weighs() {
				return
			}
		}
		if w.loopHolds() {
			w.regard(true)
			if w.leave() {
				w.plan.CutReason += anew
				return
			}
		}
		if w.hold == holdAgain {
			w.plan.lacks = w.left.used - w.room
		}
	}
	w.left.squeeze()
	w.enact(w.left, "over budget") // it does not fit, but this is as small as it gets
}

// weighs lets go what the schedule chooses, of what may leave without an open loop having
// to; of its groups too, if the schedule weighs them. False when that is not enough.
func (w *work) weighs() bool {
	ends := w.endsLoops() && w.loopHolds()
	w.unbroken = ends && w.in.Model.Dialect.LoopEvict == models.LoopNone
	defer func() { w.unbroken = false }()
	w.regard(ends)
	if !ends && w.loopHolds() && w.view.Over > 0 && w.reopens() {
		return true
	}
	loop := w.newestUser() + 1
	if !w.leave() {
		return false
	}
	if ends && loop < len(w.left.whole) && slices.Contains(w.left.whole[loop:], true) {
		w.plan.CutReason += anew
	}
	return true
}

// lately is over how many calls growth is averaged.
const lately = 32

// grow notes how much entered in this call.
func (w *work) grow() {
	w.st.growth += (float64(w.newTokens()) - w.st.growth) / float64(min(w.st.call, lately))
}

// newTokens is the tokens of what stands and entered in this call.
func (w *work) newTokens() (n int) {
	for i := range w.st.set.Log {
		for j := range w.st.set.Log[i].Spans {
			if sp := &w.st.set.Log[i].Spans[j]; sp.Entered == w.st.call {
				n += sp.Tokens
			}
		}
	}
	return n
}

// endsLoops says whether the schedule weighs the groups of an open loop.
func (w *work) endsLoops() bool {
	s, ok := w.c.schedule.(policy.LoopEnder)
	return ok && s.EndsLoops()
}

// regard builds the view, with or without older groups of an open loop among what
// may leave.
func (w *work) regard(groups bool) {
	w.look(groups)
	w.prefixes()
}

// reopens lets the open loop begin anew, where what is dead is enough then: if it
// is not enough without that, or leaves more than most of the room taken, and
// dearer so. Else it leaves all as it was.
func (w *work) reopens() bool {
	var within *leaving
	if free := w.deadFree(); free >= w.view.Over {
		if w.view.Used-free <= w.room*most/10 {
			return false
		}
		within, _ = w.scheduled()
	}
	w.regard(true)
	if w.deadFree() >= w.view.Over {
		l, reason := w.scheduled()
		if l.used <= w.room && (within == nil || within.used > w.room || l.rate() < within.rate()) {
			w.enact(l, reason)
			w.plan.CutReason += anew
			return true
		}
	}
	w.regard(false)
	return false
}

// most is how many tenths of the room an open loop and what is wanted may take
// before the loop begins anew for want of room.
const most = 7

// anew is added to the reason of a cut through an open loop that the provider's
// row protects.
const anew = "; the open loop begins anew at the first group kept"

// loopHolds says whether the provider's row protects groups of an open loop.
func (w *work) loopHolds() bool {
	return w.inLoop() && w.in.Model.Dialect.LoopEvict != models.LoopGroups
}

// deadFree is how much leaves with all that is dead and may leave.
func (w *work) deadFree() int {
	w.view.OnlyDead = true
	t := policy.NewTally(&w.view)
	t.AddDead(0)
	for _, v := range w.victims() {
		t.Add(v)
	}
	return t.Freed()
}

// leave carries out the schedule's cut of what may leave now, or a strict one;
// false when what must stay is too much.
func (w *work) leave() bool {
	var l *leaving
	var reason string
	if w.hold < holdWhole { // what the turn wants goes only as far as it must
		l, reason = w.scheduled()
	}
	if l == nil || l.used > w.room { // what left makes room for its tombstone only: before anything live leaves, all that is dead does
		l, reason = w.carve(policy.Cut{}, w.forced()), "over budget: all that is dead"
	}
	if l.used <= w.room {
		w.enact(l, reason)
		return true
	}
	w.view.OnlyDead = false
	return w.strictly(w.victims(), w.forced())
}

// scheduled is the schedule's cut of what may leave now, not carried out yet, and
// why it is made.
func (w *work) scheduled() (*leaving, string) {
	forced := w.forced()
	w.view.OnlyDead = !w.live()
	victims := w.victims()
	cut := w.c.schedule.Next(&w.view, victims)
	if err := w.valid(cut); err != nil {
		w.problem(fmt.Sprintf("schedule %s: %v; the strict one was used", policy.Name(w.c.schedule), err))
		cut = policy.Strict{}.Next(&w.view, victims)
	}
	if cut.Reason == "" && len(forced) > 0 {
		cut.Reason = forced[0].Reason
	}
	return w.carve(cut, forced), cut.Reason
}

// forced lists what leaves, or gets shorter, whatever policy and schedule say.
func (w *work) forced() []policy.Victim {
	return slices.Concat(w.overCaps(), w.shortened(), w.oldHits())
}

// live says whether the schedule may want live victims.
func (w *work) live() bool {
	s, ok := w.c.schedule.(policy.Sparing)
	return !ok || s.Live(&w.view)
}

// strictly carries out strict cuts until all fits, tombstones included; false
// when what must stay is too much. What the policy does not yield goes last; what
// it would keep in a shorter form goes whole when that is not enough.
func (w *work) strictly(victims, forced []policy.Victim) bool {
	victims = w.andTheRest(victims)
	slack := 0 // what tombstones take
	for round := range strictRounds {
		kept := w.letGo(victims, round > 0)
		if w.stoneless = round == strictRounds-1; w.stoneless {
			w.view.Over, slack = w.view.Used+1, w.room // all that may go
		}
		cut := policy.Strict{}.Next(&w.view, victims)
		cut.Target = max(w.room-slack, 1)
		if w.carve(cut, forced); w.left.used <= w.room {
			w.enact(w.left, cut.Reason)
			return true
		}
		if kept {
			continue // what was to be shorter goes whole, and that may do
		}
		more := max(w.left.used-w.room, 8) << round // tombstones may take all that a small cut frees
		slack += more
		w.view.Over += more
	}
	return false
}

// letGo makes victims that were to stay in a shorter form leave whole: all of them, or
// those of which an earlier hold found that all are not enough. It says whether any is
// still to stay.
func (w *work) letGo(victims []policy.Victim, all bool) (kept bool) {
	for i := range victims {
		if all || w.hold >= holdWhole && w.hold > w.worth[victims[i].Unit].until() {
			victims[i].Keep = 0
		}
		kept = kept || victims[i].Keep > 0
	}
	return kept
}

// strictRounds is how often a strict cut is tried: what tombstones take is only
// known afterwards.
const strictRounds = 6

// andTheRest adds what the policy would rather keep, the oldest first.
func (w *work) andTheRest(victims []policy.Victim) []policy.Victim {
	seen := make([]bool, len(w.view.Units))
	for _, v := range victims {
		seen[v.Unit] = true
	}
	out := slices.Clone(victims)
	for i := range w.view.Units {
		if !seen[i] && !w.view.Units[i].Fixed {
			out = append(out, policy.Victim{Unit: i, Reason: "over budget, though the policy keeps it"})
		}
	}
	w.byWorth(out)
	return out
}

// victims collects what the policy yields, without what it must not yield, until it is
// asked again. A policy that yields everything is stopped at the number of units.
func (w *work) victims() []policy.Victim {
	seen := make([]bool, len(w.view.Units))
	out, n := w.memo.victims[:0], 0
	for v := range w.c.policy.Victims(&w.view) {
		if w.view.OnlyDead && !v.Dead {
			break
		}
		if n++; n > 2*len(w.view.Units)+1 {
			w.problem(fmt.Sprintf("policy %s yields without end", policy.Name(w.c.policy)))
			break
		}
		switch {
		case v.Unit < 0 || v.Unit >= len(w.view.Units):
			w.problem(fmt.Sprintf("policy %s: unit %d of %d", policy.Name(w.c.policy), v.Unit, len(w.view.Units)))
		case seen[v.Unit]:
			w.problem(fmt.Sprintf("policy %s: unit %d twice", policy.Name(w.c.policy), v.Unit))
		case !w.view.Units[v.Unit].Fixed:
			seen[v.Unit] = true
			if v.Dead && w.view.Units[v.Unit].Mark == policy.MarkNone && w.wanted(v.Unit) {
				v.Dead = false
			}
			if v.Dead || !w.view.OnlyDead {
				out = append(out, v)
			}
		}
	}
	w.memo.victims = out
	w.markStale(out)
	w.byWorth(out)
	return out
}

// markStale remembers what the policy judged dead, so that it stays so.
func (w *work) markStale(victims []policy.Victim) {
	for _, v := range victims {
		if !v.Dead || w.view.Units[v.Unit].Mark != policy.MarkNone {
			continue
		}
		at := w.spans[v.Unit]
		w.mutable(at.entry)[at.span].Mark = policy.MarkStale
		w.view.Units[v.Unit].Mark = policy.MarkStale
	}
}

// valid says what is wrong with a cut.
func (w *work) valid(cut policy.Cut) error {
	n := len(w.view.Units)
	if cut.At < 0 || cut.At > n {
		return fmt.Errorf("cut at unit %d of %d", cut.At, n)
	}
	for _, v := range cut.Live {
		if v.Unit < 0 || v.Unit >= n {
			return fmt.Errorf("live victim %d of %d", v.Unit, n)
		}
		if w.view.Units[v.Unit].Fixed {
			return fmt.Errorf("live victim %s may not leave", w.view.Units[v.Unit].UID)
		}
	}
	return nil
}

// carve makes the log as a cut would leave it. What is forced leaves in any case.
func (w *work) carve(cut policy.Cut, forced []policy.Victim) *leaving {
	if cut.At == len(w.view.Units) && len(cut.Live)+len(forced) == 0 && w.view.Used <= w.room {
		w.left = &leaving{w: w, first: len(w.st.set.Log), used: w.view.Used}
		return w.left
	}
	l := &leaving{w: w, gone: make([]bool, len(w.view.Units)), why: make([]string, len(w.view.Units))}
	for i := range w.view.Units {
		u := &w.view.Units[i]
		if u.Mark != policy.MarkNone && i >= cut.At && !u.Fixed {
			l.gone[i], l.why[i] = true, policy.DeadReason(u.Mark)
		}
	}
	var mail []int // shortened, for want of room
	for _, v := range forced {
		switch {
		case l.gone[v.Unit]:
		case v.Keep <= 0:
			l.gone[v.Unit], l.why[v.Unit] = true, v.Reason
		case l.shorten(v):
			l.why[v.Unit] = v.Reason
			mail = append(mail, v.Unit)
		}
	}
	for _, v := range cut.Live {
		if l.gone[v.Unit] || w.view.Units[v.Unit].Fixed {
			continue
		}
		if v.Keep > 0 && !l.shorten(v) {
			continue
		}
		l.gone[v.Unit], l.why[v.Unit] = v.Keep <= 0, v.Reason
		l.live = append(l.live, v.Unit)
		if v.Keep <= 0 {
			delete(l.short, v.Unit)
		}
	}
	l.live = append(l.live, mail...) // given back first
	l.settle()
	l.giveBack(cut.Target)
	l.forgetSearches()
	l.build()
	w.left = l
	return l
}

func (w *work) enact(l *leaving, reason string) {
	if l.changed() {
		w.plan.CutReason = cmp.Or(reason, "by "+policy.Name(w.c.schedule))
		l.apply()
	}
}
