package policy

import (
	"cmp"
	"iter"
	"slices"
)

// leastUsed yields what is marked, then all else by Idle, then by Age, the highest
// first; equal ones in layout order.
func leastUsed(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		type key struct{ idle, age, unit int }
		keys := make([]key, 0, len(v.Units))
		for i := range v.Units {
			if u := &v.Units[i]; u.live() {
				keys = append(keys, key{u.Idle, u.Age, i})
			}
		}
		slices.SortFunc(keys, func(a, b key) int {
			switch {
			case a.idle != b.idle:
				return cmp.Compare(b.idle, a.idle)
			case a.age != b.age:
				return cmp.Compare(b.age, a.age)
			}
			return a.unit - b.unit
		})
		for _, k := range keys {
			if !yield(Victim{Unit: k.unit, Reason: "least recently used"}) {
				return
			}
		}
	})
}
