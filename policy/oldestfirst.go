package policy

import "iter"

// oldest yields what is marked, then all else in layout order.
func oldest(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		for i := range v.Units {
			if v.Units[i].live() && !yield(Victim{Unit: i, Reason: "oldest"}) {
				return
			}
		}
	})
}
