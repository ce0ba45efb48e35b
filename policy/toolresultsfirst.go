package policy

import "iter"

// ToolResultsFirst turns results into stubs before anything else leaves: they
// are what is largest and easiest to get again.
type ToolResultsFirst struct{}

// Name returns "tool results first".
func (ToolResultsFirst) Name() string { return "tool results first" }

// Victims yields what is marked, then results that can become stubs, then all
// else, both in layout order.
func (ToolResultsFirst) Victims(v *View) iter.Seq[Victim] {
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
