package policy

import (
	"cmp"
	"iter"
	"slices"
)

// largest yields what is marked, then group by group, the one that frees most
// first, of equal ones the older; of each group all units, in layout order.
func largest(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		type key struct{ size, from, to int }
		at := groups(v)
		keys := make([]key, 0, len(at))
		for k := range len(at) - 1 {
			keys = append(keys, key{frees(v.Units[at[k]:at[k+1]]), at[k], at[k+1]})
		}
		slices.SortFunc(keys, func(a, b key) int {
			if a.size != b.size {
				return cmp.Compare(b.size, a.size)
			}
			return a.from - b.from
		})
		for _, k := range keys {
			for i := k.from; i < k.to; i++ {
				if v.Units[i].live() && !yield(Victim{Unit: i, Reason: "largest"}) {
					return
				}
			}
		}
	})
}

// frees is what a group frees when all of it that can leave does.
func frees(group []Unit) int {
	whole, stubs, fixed := 0, 0, false
	for i := range group {
		u := &group[i]
		whole += u.Tokens
		if u.Fixed {
			fixed = true
		} else {
			stubs += u.aloneFrees(0)
		}
	}
	if fixed {
		return stubs
	}
	return whole
}
