package policy

import "iter"

// resultsFirst yields what is marked, then results that can become stubs, then all
// else, both in layout order.
func resultsFirst(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		for i := range v.Units {
			if u := &v.Units[i]; u.live() && u.stubs() && !yield(Victim{Unit: i, Reason: "tool result"}) {
				return
			}
		}
		for i := range v.Units {
			if u := &v.Units[i]; u.live() && !u.stubs() && !yield(Victim{Unit: i, Reason: "oldest"}) {
				return
			}
		}
	})
}
