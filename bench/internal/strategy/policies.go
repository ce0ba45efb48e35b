package strategy

import (
	"iter"

	"github.com/quire-dev/quire/policy"
)

// given lets the trace say what is dead, and the default policy in which order
// the rest leaves.
type given struct{ deaths []int }

func (given) Name() string { return "given" }

func (g given) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return policy.WithDead(v, func(yield func(policy.Victim) bool) {
		call := int(v.Call) - 1
		seen := make([]bool, len(v.Units))
		for i := range v.Units {
			u := &v.Units[i]
			if u.Mark != policy.MarkNone || u.Fixed || g.deaths[u.UID-1] > call {
				continue
			}
			seen[i] = true
			if !yield(policy.Victim{Unit: i, Dead: true, Reason: "not needed any more"}) {
				return
			}
		}
		if !v.OnlyDead {
			living(v, seen, yield)
		}
	})
}

// living yields what the default policy yields, as still wanted, without seen.
func living(v *policy.View, seen []bool, yield func(policy.Victim) bool) {
	for victim := range (policy.Default{}).Victims(v) {
		if seen != nil && seen[victim.Unit] {
			continue
		}
		victim.Dead = false
		if !yield(victim) {
			return
		}
	}
}

// undying judges nothing dead; the default policy says in which order it leaves.
type undying struct{}

func (undying) Name() string { return "undying" }

func (undying) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return policy.WithDead(v, func(yield func(policy.Victim) bool) {
		if !v.OnlyDead {
			living(v, nil, yield)
		}
	})
}

// atOnce lets everything dead go in the call in which it dies, and just enough
// of the rest.
type atOnce struct{}

func (atOnce) Name() string { return "at once" }

func (atOnce) Live(v *policy.View) bool { return v.Over > 0 }

func (atOnce) Next(v *policy.View, victims []policy.Victim) policy.Cut {
	cut := policy.Cut{At: 0, Reason: "at once"}
	if v.Over > 0 {
		for _, victim := range victims {
			if !victim.Dead {
				cut.Live = append(cut.Live, victim) // what fits is given back
			}
		}
	}
	return cut
}

// policyFor is the policy that decides as a setting says.
func policyFor(d Deaths, deaths []int) policy.Policy {
	switch d {
	case Oracle:
		return given{deaths}
	case None:
		return undying{}
	}
	return policy.Default{}
}
