package policy_test

import (
	"testing"

	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
)

// BenchmarkDecide asks a policy for all its victims among 1,000 units and a
// schedule for the cut.
func BenchmarkDecide(b *testing.B) {
	v := policytest.RandomView(1, 1000)
	v.Over = max(v.Over, v.Used/10)
	for _, p := range []policy.Policy{policy.OldestFirst, policy.LRU, policy.LargestFirst, policy.ByPriority, policy.Default{}} {
		for _, s := range []policy.Schedule{policy.Strict{}, policy.Watermark{}, policy.RentOrBuy{}, policy.Value{}} {
			decide(b, policy.Name(p)+"/"+policy.Name(s), p, s, v)
		}
	}
	decide(b, "value/value", policy.Value{}, policy.Value{}, v)
	much := *v
	much.Over = much.Used * 9 / 10
	much.Budget = much.Used - much.Over
	decide(b, "value/value, much over", policy.Value{}, policy.Value{}, &much)
	fits := *v
	fits.Budget, fits.Over = 2*fits.Used, -fits.Used
	decide(b, "value/value, fits", policy.Value{}, policy.Value{}, &fits)
}

func decide(b *testing.B, name string, p policy.Policy, s policy.Schedule, v *policy.View) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			victims := make([]policy.Victim, 0, len(v.Units))
			for x := range p.Victims(v) {
				victims = append(victims, x)
			}
			s.Next(v, victims)
		}
	})
}
