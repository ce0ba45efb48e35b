package policy

import (
	"iter"
	"slices"
	"strconv"

	"github.com/quire-dev/quire"
)

// WindowTurns is a window over the newest exchanges: what is older leaves first, an
// exchange whole, the oldest first, and nothing of it is shortened. A turn is an
// exchange: from a message that somebody sent to the answer that calls no tool.
//
// Of the exchange that is going on, groups that an earlier cut went through go first,
// then results become stubs, then the rest goes, each from the oldest on. A cut went
// through a group when a result in it, or behind it, is a stub, and nothing in it can
// become one.
//
// The zero value has no window: turns leave for want of room only.
type WindowTurns struct {
	// Turns is how many exchanges are wanted, the one that is going on included:
	// all older ones are dead. 0 or less is any number.
	Turns int
}

// name returns "window", with the number of turns: "window of 5 turns".
func (w WindowTurns) name() string {
	if w.Turns <= 0 {
		return "window"
	}
	return "window of " + strconv.Itoa(w.Turns) + " turns"
}

// Victims yields what is marked, then what is outside of the window as dead, then
// all else, exchange by exchange.
func (w WindowTurns) Victims(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		if len(v.Units) == 0 {
			return
		}
		s := newSorting(v, yield)
		for i := range v.Units {
			s.stub[i] = s.stub[i] && v.Units[i].stubs() // what somebody sent is not shortened
		}
		_ = w.outside(s) && !v.OnlyDead && s.oldTurns() && s.cutThrough() && s.current()
	})
}

// outside kills what belongs to exchanges before the window.
func (w WindowTurns) outside(s *sorting) bool {
	if w.Turns <= 0 {
		return true
	}
	turns, from := 0, uint64(0)
	for i := len(s.v.Units) - 1; i >= 0 && turns < w.Turns; i-- {
		if t := s.v.Units[i].Turn; turns == 0 || t < from {
			turns, from = turns+1, t
		}
	}
	for i := range s.v.Units {
		if s.v.Units[i].Turn < from && !s.kill(i, "outside of the window") {
			return false
		}
	}
	return true
}

// oldTurns yields the exchanges that have ended, in layout order.
func (s *sorting) oldTurns() bool {
	for i := range s.v.Units {
		if s.v.Units[i].Turn != s.v.Turn && !s.live(i, "oldest exchange") {
			return false
		}
	}
	return true
}

// cutThrough yields groups of the exchange that is going on which stand before the
// last stub and have nothing that could become one.
func (s *sorting) cutThrough() bool {
	last := len(s.v.Units) - 1
	for last >= 0 && !s.v.Units[last].Stubbed {
		last--
	}
	for k := 0; k < len(s.at)-1 && s.at[k] <= last; k++ {
		from, to := s.at[k], s.at[k+1]
		if s.v.Units[from].Role != quire.RoleAssistant || slices.Contains(s.stub[from:to], true) {
			continue
		}
		for i := from; i < to; i++ {
			if !s.live(i, reasonOldest) {
				return false
			}
		}
	}
	return true
}
