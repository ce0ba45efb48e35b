package policy

import (
	"iter"
	"slices"
	"strings"
)

// Chain asks several policies in turn: the victims of the first, then those of
// the second that the first did not yield, and so on. What no policy of the
// chain yields stays. What is dead to any of them comes first.
func Chain(policies ...Policy) Policy {
	return chain(slices.DeleteFunc(slices.Clone(policies), func(p Policy) bool { return p == nil }))
}

type chain []Policy

// name returns "chain(a, b)", with the names of the policies.
func (c chain) name() string {
	names := make([]string, len(c))
	for i, p := range c {
		names[i] = Name(p)
	}
	return "chain(" + strings.Join(names, ", ") + ")"
}

func (c chain) Victims(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		seen := make([]bool, len(v.Units))
		_ = c.yield(v, true, seen, yield) && c.yield(v, false, seen, yield)
	})
}

// yield yields what the policies call dead, or the rest, each unit once.
func (c chain) yield(v *View, dead bool, seen []bool, yield func(Victim) bool) bool {
	for _, p := range c {
		for victim := range p.Victims(v) {
			if dead && !victim.Dead {
				break
			}
			if i := victim.Unit; i >= 0 && i < len(seen) {
				if seen[i] {
					continue
				}
				seen[i] = true
			}
			if !yield(victim) {
				return false
			}
		}
	}
	return true
}
