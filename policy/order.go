package policy

import (
	"iter"
)

// reasonStale is the reason of what a policy once judged dead.
const reasonStale = "of no more use"

// DeadReason returns the reason for what bears the mark m: a few stable words.
func DeadReason(m Mark) string {
	if m == MarkStale {
		return reasonStale
	}
	return string(m)
}

// WithDead yields first what is marked, in layout order and as Dead, then what
// live yields, without what is marked. Every policy owes the composer this; one
// that yields through WithDead need not think of it.
func WithDead(v *View, live iter.Seq[Victim]) iter.Seq[Victim] {
	return func(yield func(Victim) bool) {
		for i := range v.Units {
			if u := &v.Units[i]; u.Mark != MarkNone && !u.Fixed {
				if !yield(Victim{Unit: i, Dead: true, Reason: DeadReason(u.Mark)}) {
					return
				}
			}
		}
		for victim := range live {
			if v.OnlyDead && !victim.Dead {
				return
			}
			if i := victim.Unit; i >= 0 && i < len(v.Units) && !v.Units[i].live() {
				continue
			}
			if !yield(victim) {
				return
			}
		}
	}
}

// live says whether the unit may leave and is still wanted.
func (u *Unit) live() bool { return !u.Fixed && u.Mark == MarkNone }

// groups returns where the groups of the view begin, and at last the number of
// units: group k is the units from groups[k] to groups[k+1].
func groups(v *View) []int {
	return appendGroups(make([]int, 0, len(v.Units)+1), v)
}

func appendGroups(at []int, v *View) []int {
	for i := range v.Units {
		if i == 0 || v.Units[i].Entry != v.Units[i-1].Entry {
			at = append(at, i)
		}
	}
	return append(at, len(v.Units))
}
