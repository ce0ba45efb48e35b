package policy

import "iter"

// OldestFirst lets go what entered first, unit by unit: of a group, one result
// after the other becomes a stub, and with the last one the group leaves.
type OldestFirst struct{}

// Name returns "oldest first".
func (OldestFirst) Name() string { return "oldest first" }

// Victims yields what is marked, then all else in layout order.
func (OldestFirst) Victims(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		for i := range v.Units {
			if v.Units[i].live() && !yield(Victim{Unit: i, Reason: "oldest"}) {
				return
			}
		}
	})
}
