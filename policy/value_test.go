package policy_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
)

// odd is a random view in which numbers are what they should never be.
func odd(r *rand.Rand, seed uint64) *policy.View {
	v := policytest.RandomView(seed, r.IntN(40))
	whole := func(n *int) {
		if r.IntN(3) == 0 {
			*n = []int{math.MinInt, -1, 0, 1, 1 << 31, 1 << 47, 1 << 62, math.MaxInt}[r.IntN(8)]
		}
	}
	price := func(f *float64) {
		if r.IntN(3) == 0 {
			*f = []float64{math.Inf(-1), -1, 0, 1e-300, 1e300, math.Inf(1), math.NaN()}[r.IntN(7)]
		}
	}
	v.Used = 0
	for i := range v.Units {
		u := &v.Units[i]
		whole(&u.Idle)
		whole(&u.Uses)
		whole(&u.Names)
		whole(&u.Latest)
		whole(&u.Stub)
		if r.IntN(20) == 0 {
			u.Tokens = []int{0, 1 << 31, 1 << 50}[r.IntN(3)]
		}
		v.Used += u.Tokens
	}
	v.Budget = v.Used / 100 * r.IntN(120)
	v.Over = v.Used - v.Budget
	whole(&v.Growth)
	price(&v.Cost.Read)
	price(&v.Cost.Write)
	price(&v.Cost.Output)
	if r.IntN(5) == 0 {
		v.Call = math.MaxUint64
	}
	return v
}

// oddRates are rates that nobody ever counted.
func oddRates(r *rand.Rand) (rates policy.Rates) {
	for _, of := range []*policy.Rate{&rates.Own, &rates.Given} {
		for i := range of.Uses {
			of.Uses[i] = []float64{math.NaN(), math.Inf(-1), -1, 0, 1, 1e300, math.Inf(1)}[r.IntN(7)]
		}
		for i := range of.Latest {
			of.Latest[i] = []float64{math.NaN(), -1, 0, 1, 1e300, math.Inf(1)}[r.IntN(6)]
		}
	}
	return rates
}

func TestValueDecidesOnWhateverItIsGiven(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 12))
		v := odd(r, seed)
		s := policy.Value{Miss: []float64{0, 1, math.NaN(), math.Inf(1), 1e300, 1e-300}[r.IntN(6)]}
		if r.IntN(3) == 0 {
			s.Rates = oddRates(r)
		}
		victims := slices.Collect(s.Victims(v))
		for _, x := range victims {
			assert.False(t, strings.ContainsAny(x.Reason, "-+"), "seed %d: %s", seed, x.Reason)
		}
		cut := s.Next(v, victims)
		assert.True(t, cut.At >= 0 && cut.At <= len(v.Units) && cut.Target >= 0, "seed %d: %+v", seed, cut)
		if v.Over > 0 {
			assert.GreaterOrEqual(t, freedBy(v, victims, cut), min(v.Over, freedBy(v, victims, policy.Cut{Live: victims})), "seed %d: %s", seed, cut.Reason)
		}
	}
}

// freedBy is what a cut frees.
func freedBy(v *policy.View, victims []policy.Victim, cut policy.Cut) int {
	t := policy.NewTally(v)
	t.AddDead(cut.At)
	for _, x := range victims {
		if x.Dead && x.Unit >= cut.At {
			t.Add(x)
		}
	}
	for _, x := range cut.Live {
		t.Add(x)
	}
	return t.Freed()
}

func TestValueLetsGoOnlyWhatThePolicyYields(t *testing.T) {
	for _, p := range []policy.Policy{policy.LRU, policy.KeepLast{Groups: 3}, policy.NeverClear{Tools: []string{"run"}}, policy.ByPriority, policy.WindowTurns{Turns: 9},
		policy.ExcerptFirst{Tokens: 40, Of: policy.LRU}, policy.Chain(policy.ToolResultsFirst), policy.KeepLast{Groups: 3, Of: policy.Value{}}} {
		for seed := range uint64(60) {
			v := policytest.RandomView(seed, 60)
			yielded := map[int]policy.Victim{}
			victims := slices.Collect(p.Victims(v))
			for i := range victims {
				x := victims[i]
				x.Reason = ""
				yielded[x.Unit] = x
			}
			for _, x := range (policy.Value{}).Next(v, victims).Live {
				of, ok := yielded[x.Unit]
				assert.True(t, ok && !of.Dead && (x.Keep == of.Keep || x.Keep == 0), "%s: unit %d of RandomView(%d, 60)", policy.Name(p), x.Unit, seed)
				delete(yielded, x.Unit)
			}
		}
	}
}

func TestValueRanksHoweverDearAMissIs(t *testing.T) {
	order := func(miss float64) (units []int) {
		for x := range (policy.Value{Miss: miss}).Victims(policytest.RandomView(3, 60)) {
			units = append(units, x.Unit)
		}
		return units
	}
	assert.Equal(t, order(1e9), order(math.Inf(1)))
	assert.False(t, slices.IsSorted(order(math.Inf(1))))
}
