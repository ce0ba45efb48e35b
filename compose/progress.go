package compose

import (
	"cmp"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// hold says what of the open turn may not leave, whatever a policy says. A turn
// must get on: a model that fetches two things to use them together has to find
// both in one prompt. So each plan begins with a strict hold and goes on to the
// next one only when all that may leave is not enough.
type hold uint8

const (
	holdAll     hold = iota // all of the turn: a pull takes first what is of older ones
	holdBodies              // all but hits of searches that were followed up
	holdFound               // the mail, what was pulled, and the newest hits up to their share
	holdUnread              // of the hits only those that were not followed up
	holdWhole               // the mail and what was pulled
	holdPulled              // the mail, in a shorter form, and what was pulled
	holdAgain               // the mail, in a shorter form, and what was pulled again after it had left in this turn
	holdNothing             // only what no plan lets go
)

// Hits of searches may hold half of the room together, up to so many tokens; and a fifth
// of it where that is more, or not all fits.
const (
	shareHits  = 2
	mostHits   = 2048
	shareFound = 5
)

// holds lists the holds of a plan, the first one first. What was pulled for this call
// takes the room of other turns first.
func (w *work) holds() []hold {
	if w.pulls() {
		return []hold{holdAll, holdBodies, holdUnread, holdWhole, holdPulled, holdAgain, holdNothing}
	}
	return []hold{holdFound, holdUnread, holdWhole, holdPulled, holdAgain, holdNothing}
}

// pulls says whether something was pulled for this call.
func (w *work) pulls() bool {
	for i := len(w.st.set.Log) - 1; i >= 0; i-- {
		e := &w.st.set.Log[i]
		for j := len(e.Spans) - 1; j >= 0; j-- {
			if sp := &e.Spans[j]; sp.Entered == w.st.call && len(sp.Shows) > 0 {
				return true
			}
		}
		if e.Tombstone == nil && e.Spans[0].Entered < w.st.call {
			break
		}
	}
	return false
}

// worth says how long a unit of the open turn stays: of what a hold lets go, what is
// worth less goes first, whatever a policy says.
type worth uint8

const (
	worthNone  worth = iota // nothing of its own: as the policy and the schedule say
	worthRead               // hits that were followed up
	worthFound              // hits that were not, the newest ones up to their share
	worthPulled
	worthMail
	worthAgain
	worthMade // the last call that did something: small, and made again when it is not seen
)

// until is the first hold that lets it go.
func (v worth) until() hold {
	return [...]hold{holdAll, holdUnread, holdWhole, holdAgain, holdNothing, holdNothing, holdNothing}[v]
}

// holdTurn fixes what the hold forbids to leave.
func (w *work) holdTurn(v *policy.View) {
	w.held = slices.Grow(w.memo.held[:0], len(v.Units))[:len(v.Units)]
	w.worth = slices.Grow(w.memo.worth[:0], len(v.Units))[:len(v.Units)]
	clear(w.held)
	clear(w.worth)
	w.memo.held, w.memo.worth = w.held, w.worth
	hits := w.room / shareFound
	if w.hold < holdUnread {
		hits = max(hits, min(w.room/shareHits, mostHits))
	}
	var read []quire.UID // messages of which a later piece stands, or all
	for i := len(v.Units) - 1; i >= 0; i-- {
		u := &v.Units[i]
		if u.Turn != w.st.turn || u.Mark != policy.MarkNone || u.Stubbed {
			continue
		}
		if len(u.Shows) == 1 && slices.Contains(read, u.Shows[0]) && w.pieced(i) {
			continue
		}
		read = append(read, u.Shows...)
		stays := w.stays(i, u, &hits)
		if (stays || w.hold == holdAll) && w.hold != holdNothing && !u.Fixed {
			u.Fixed, w.held[i] = true, true
		}
	}
	w.holdCalls(v)
}

const (
	shareCalls = 8   // the newest calls of the open turn may hold an eighth of the room
	mostCalls  = 512 // tokens, at most
	shareLast  = 32  // and the last of them a thirty-second, when what was pulled has to leave
	leastLast  = 64  // tokens: or a short call with a stub, which is about two tombstones
)

// holdCalls fixes the newest calls of the open turn: what they returned may become a stub,
// but a model that does not see that it did something does it again. Not so of searches
// and pulls, which it may want to make again. Where what was pulled has to leave, only the
// last one stays, if it is small.
func (w *work) holdCalls(v *policy.View) {
	if w.in.plain != nil {
		return
	}
	left, last := min(w.room/shareCalls, mostCalls), w.hold >= holdPulled
	if last {
		left = max(w.room/shareLast, leastLast)
	}
	for to := len(v.Units); to > 0; {
		from := to - 1
		for from > 0 && v.Units[from-1].Entry == v.Units[from].Entry {
			from--
		}
		group := v.Units[from:to]
		if to = from; group[0].Turn != w.st.turn || !w.acts(group) {
			continue
		}
		if left -= stubbed(group); left < 0 {
			return
		}
		if u := &group[0]; !u.Fixed && w.hold != holdNothing {
			u.Fixed, w.held[from] = true, true
		}
		if last {
			w.worth[from] = worthMade
			return
		}
	}
}

// bookkeeping are tools that only manage the context.
var bookkeeping = [...]string{toolPull, toolDrop, "context_pin"}

// acts says whether a group calls something that is neither a search nor a pull, and
// of which the result is still wanted.
func (w *work) acts(group []policy.Unit) bool {
	return slices.ContainsFunc(group[1:], func(u policy.Unit) bool {
		return (u.Mark == policy.MarkNone || u.Mark == policy.MarkStale) && !w.pulled(&u) && !slices.Contains(w.c.searches, u.Tool) && !slices.Contains(bookkeeping[:], u.Tool)
	})
}

// stubbed is what a group takes with stubs for all of its results.
func stubbed(group []policy.Unit) int {
	n := group[0].Tokens
	for i := range group[1:] {
		if u := &group[1+i]; u.Stubbed || u.Stub == 0 {
			n += u.Tokens
		} else {
			n += u.Stub
		}
	}
	return n
}

// stays says whether the hold keeps a unit of the open turn, and notes its worth. hits
// is what is left of the share of searches.
func (w *work) stays(i int, u *policy.Unit, hits *int) bool {
	switch {
	case w.hit(u):
		w.worth[i] = worthFound
		if followed := u.Idle < u.Age; followed {
			w.worth[i] = worthRead
			if w.hold != holdFound {
				return false
			}
		}
		if *hits -= u.Tokens; *hits < 0 {
			w.worth[i] = worthNone
		}
		return *hits >= 0 && w.hold <= holdUnread
	case w.pulled(u):
		if w.worth[i] = worthPulled; w.again(u) {
			w.worth[i] = worthAgain
			return true
		}
		return w.hold < holdAgain
	case u.Role == quire.RoleUser && u.Kind != quire.KindNote && u.Kind != quire.KindResult:
		w.worth[i] = worthMail
		return true
	}
	return w.hold <= holdBodies
}

// byWorth puts what is dead first and the rest into the order of its worth, each in the
// policy's order.
func (w *work) byWorth(victims []policy.Victim) {
	rank := func(v policy.Victim) int {
		if v.Dead {
			return -1
		}
		return int(w.worth[v.Unit])
	}
	by := func(a, b policy.Victim) int { return cmp.Compare(rank(a), rank(b)) }
	if !slices.IsSortedFunc(victims, by) { // it mostly is
		slices.SortStableFunc(victims, by)
	}
}

// wanted says whether the turn still wants unit i, though the policy calls it dead. Of
// the same search the last one counts.
func (w *work) wanted(i int) bool {
	u := &w.view.Units[i]
	return w.worth[i] > worthNone && !(w.hit(u) && slices.ContainsFunc(w.view.Units[i+1:], func(n policy.Unit) bool { return n.Key == u.Key }))
}

// hit says whether the unit is the result of a search.
func (w *work) hit(u *policy.Unit) bool {
	return u.Role == quire.RoleTool && len(u.Shows) == 0 && slices.Contains(w.c.searches, u.Tool)
}

// pulled says whether the agent asked for the unit: by a pull, or by one for what
// stood already.
func (w *work) pulled(u *policy.Unit) bool { return u.Class == policy.ClassPulled }

// pieced says whether unit i is a pull of a part of a message.
func (w *work) pieced(i int) bool {
	at := w.spans[i]
	return w.ranged(&w.st.set.Log[at.entry].Spans[at.span])
}

// ranged says whether a pull shows a part of one message only.
func (w *work) ranged(sp *resident.Span) bool {
	if len(sp.Shows) != 1 {
		return false
	}
	it, ok := w.item(sp.Message)
	if !ok {
		return false
	}
	res, _ := render.ResultOf(&it)
	return slices.ContainsFunc(res.Parts, func(p quire.Part) bool {
		ref, ok := p.(quire.Ref)
		return ok && (ref.From > 0 || ref.To > 0)
	})
}

// again says whether what the unit shows left in this turn before, against the
// agent's will.
func (w *work) again(u *policy.Unit) bool {
	shows := u.Shows
	if len(shows) == 0 {
		shows = []quire.UID{u.UID}
	}
	return w.st.again(w.st.turn, shows)
}

// shortened lists the mail of the open turn that is to stand in a shorter form. The
// newest keeps a quarter of the room, whatever else.
func (w *work) shortened() []policy.Victim {
	if w.hold < holdPulled {
		return nil
	}
	most := w.room * 3 / 10 // to cut less of it is not worth that it is pulled again
	if w.hold == holdNothing {
		most = w.room / shareUser
	}
	var out []policy.Victim
	for i := range w.view.Units {
		u := &w.view.Units[i]
		keep := 0
		switch {
		case u.Role != quire.RoleUser || !u.Fixed:
		case w.spans[i].entry == w.newestUser() && u.Tokens > most && u.Class != policy.ClassPinned:
			keep = w.room / shareUser
		case w.held[i] && w.st.set.Log[w.spans[i].entry].Spans[w.spans[i].span].Form != resident.FormWaiting:
			keep = u.Tokens / waitingShare // also of what was too large to enter whole
		}
		if keep > 0 {
			out = append(out, policy.Victim{Unit: i, Keep: keep, Reason: "shortened: it waits, and the turn needs the room"})
		}
	}
	return out
}

// newestUser is the entry of the newest message that somebody sent, -1 if there is none.
func (w *work) newestUser() int {
	for i := len(w.st.set.Log) - 1; i >= 0; i-- {
		if e := &w.st.set.Log[i]; e.Tombstone == nil && e.Spans[0].Role == quire.RoleUser {
			return i
		}
	}
	return -1
}

// oldHits lists, when a turn begins, the hits of searches of turns that have ended:
// what they list may have been corrected since, and a model that still sees them does
// not search again.
func (w *work) oldHits() []policy.Victim {
	if !w.begins {
		return nil
	}
	var out []policy.Victim
	for i := 0; i < len(w.view.Units); {
		n := i + 1
		for n < len(w.view.Units) && w.view.Units[n].Entry == w.view.Units[i].Entry {
			n++
		}
		out = append(out, w.hitsOf(i, n)...)
		i = n
	}
	return out
}

// hitsOf lists the hits of one group, units from to to: with the group, when it is
// nothing else.
func (w *work) hitsOf(from, to int) []policy.Victim {
	var out []policy.Victim
	all := !w.view.Units[from].Says
	for i := from; i < to; i++ {
		u := &w.view.Units[i]
		hit := w.hit(u) && u.Turn != w.st.turn
		all = all && (hit || i == from) && !u.Fixed
		if hit && !u.Fixed && !u.Stubbed {
			out = append(out, policy.Victim{Unit: i, Reason: "hits of a turn that has ended"})
		}
	}
	if all && len(out) == to-from-1 && len(out) > 0 {
		out = append(out, policy.Victim{Unit: from, Reason: out[0].Reason})
	}
	return out
}

// waitingShare is the part of a message that stays of it while it waits: an eighth,
// or a sentence.
const waitingShare = 8
