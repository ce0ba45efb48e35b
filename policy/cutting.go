package policy

import (
	"slices"
)

// noCut leaves all as it is.
func noCut(v *View) Cut { return Cut{At: len(v.Units)} }

// cutting is a cut in the making.
type cutting struct {
	v     *View
	tally *Tally
	dead  []bool // by unit: marked, or yielded as dead
}

func newCutting(v *View, victims []Victim) *cutting {
	c := &cutting{tally: NewTally(v)}
	c.judge(v, victims)
	return c
}

// judge notes what is dead.
func (c *cutting) judge(v *View, victims []Victim) {
	c.v, c.dead = v, sized(c.dead, len(v.Units))
	for i := range v.Units {
		c.dead[i] = v.Units[i].Mark != MarkNone
	}
	for _, victim := range victims {
		if victim.Dead && c.valid(victim) {
			c.dead[victim.Unit] = true
		}
	}
}

// sized returns n zeros, in the memory of s if that is enough.
func sized[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// anyDead says whether anything is dead that may be removed.
func anyDead(v *View, victims []Victim) bool {
	for i := range victims {
		if victims[i].Dead {
			return true
		}
	}
	for i := range v.Units {
		if v.Units[i].Mark != MarkNone {
			return true
		}
	}
	return false
}

func (c *cutting) valid(victim Victim) bool { return victim.Unit >= 0 && victim.Unit < len(c.dead) }

// lives says whether a victim is a unit that is still wanted.
func (c *cutting) lives(victim Victim) bool { return c.valid(victim) && !c.dead[victim.Unit] }

// live adds victims in order until need tokens leave, and makes the cut of all
// that was added: at the first unit that really leaves, without the victims
// that have to stay after all, like an assistant message whose results stay.
func (c *cutting) live(victims []Victim, need, target int, reason string) Cut {
	asked := 0
	for asked < len(victims) && c.tally.Freed() < need {
		if victim := victims[asked]; c.lives(victim) {
			c.tally.Add(victim)
		}
		asked++
	}
	cut := Cut{At: len(c.v.Units)}
	for i := range c.v.Units {
		if c.tally.Removed(i) {
			cut.At = i
			break
		}
	}
	leave := func(victim Victim) bool { return c.lives(victim) && c.tally.Removed(victim.Unit) }
	n := 0
	for _, victim := range victims[:asked] {
		if leave(victim) {
			n++
		}
	}
	if n > 0 {
		cut.Live = make([]Victim, 0, n)
	}
	for _, victim := range victims[:asked] {
		if leave(victim) {
			cut.Live = append(cut.Live, victim)
		}
	}
	if cut.At < len(c.v.Units) {
		cut.Target, cut.Reason = target, reason
	}
	return cut
}
