package policy

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
)

// byPriority yields what is marked, then all else by Priority, the lowest first;
// equal ones in layout order.
func byPriority(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		type key struct{ priority, unit int }
		keys := make([]key, 0, len(v.Units))
		for i := range v.Units {
			if u := &v.Units[i]; u.live() {
				keys = append(keys, key{u.Priority, i})
			}
		}
		slices.SortFunc(keys, func(a, b key) int {
			if a.priority != b.priority {
				return cmp.Compare(a.priority, b.priority)
			}
			return a.unit - b.unit
		})
		reason := ""
		for n, k := range keys {
			if n == 0 || k.priority != keys[n-1].priority {
				reason = "priority " + strconv.Itoa(k.priority)
			}
			if !yield(Victim{Unit: k.unit, Reason: reason}) {
				return
			}
		}
	})
}
