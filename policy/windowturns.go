package policy

import (
	"iter"
	"strconv"
)

// WindowTurns is a window over the newest exchanges: what is older leaves first, an
// exchange whole, the oldest first, and nothing of it is shortened. A turn is an
// exchange: from a message that somebody sent to the answer that calls no tool.
//
// Of the exchange that is going on, groups whose results have all become stubs go
// first, then results become stubs, then the rest goes, each from the oldest on.
//
// The zero value has no window: turns leave for want of room only.
type WindowTurns struct {
	// Turns is how many exchanges are wanted, the one that is going on included:
	// all older ones are dead. 0 or less is any number.
	Turns int
}

// Name returns "window", with the number of turns: "window of 5 turns".
func (w WindowTurns) Name() string {
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
		_ = w.outside(s) && !v.OnlyDead && s.oldTurns() && s.current()
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
