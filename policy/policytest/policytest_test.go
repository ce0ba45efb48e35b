package policytest_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
)

func TestShippedPoliciesKeepTheContract(t *testing.T) {
	for _, p := range []policy.Policy{policy.OldestFirst, policy.LRU, policy.LargestFirst, policy.ToolResultsFirst,
		policy.ByPriority, policy.Default{}, policy.Default{Bookkeeping: []string{}}, policy.Chain(),
		policy.Chain(policy.ToolResultsFirst, nil, policy.LRU), policy.Chain(policy.Default{}, policy.OldestFirst),
		policy.WindowTurns{}, policy.WindowTurns{Turns: 2}, policy.KeepLast{Groups: 2}, policy.KeepLast{Groups: 3, Of: policy.WindowTurns{Turns: 1}},
		policy.NeverClear{Tools: []string{"run", "mail_find"}}, policy.ExcerptFirst{}, policy.ExcerptFirst{Tokens: 40, Of: policy.LRU},
		policy.Value{}, policy.Value{Miss: 50, Bookkeeping: []string{}}, policy.KeepLast{Groups: 2, Of: policy.Value{}}, policy.Chain(policy.Value{}, policy.LRU)} {
		assert.NoError(t, policytest.TestPolicy(p), p.Name())
	}
}

// What the open turn holds, no shipped policy calls dead, but for the older one of two
// results of the same call.
func TestShippedPoliciesCallNothingOfTheOpenTurnDead(t *testing.T) {
	for _, p := range []policy.Policy{policy.OldestFirst, policy.LRU, policy.LargestFirst, policy.ToolResultsFirst, policy.ByPriority, policy.Default{},
		policy.Chain(policy.Default{}, policy.LRU), policy.WindowTurns{Turns: 1}, policy.KeepLast{Groups: 1}, policy.NeverClear{Tools: []string{"run"}}, policy.ExcerptFirst{}, policy.Value{}} {
		for seed := range uint64(40) {
			v := policytest.RandomView(seed, 60)
			for victim := range p.Victims(v) {
				u := &v.Units[victim.Unit]
				if !victim.Dead || u.Mark != policy.MarkNone || u.Turn != v.Turn {
					continue
				}
				again := slices.ContainsFunc(v.Units[victim.Unit+1:], func(n policy.Unit) bool { return n.Key == u.Key })
				assert.True(t, u.Role == quire.RoleTool && again, "%s: unit %d of RandomView(%d, 60) is %s", p.Name(), victim.Unit, seed, victim.Reason)
			}
		}
	}
}

func TestShippedSchedulesKeepTheContract(t *testing.T) {
	for _, s := range []policy.Schedule{policy.Strict{}, policy.Watermark{}, policy.RentOrBuy{}, policy.RentOrBuy{Ahead: -1, Shadow: -1, Free: 0.1}, policy.Watermark{High: 0.8, Low: 0.3}, policy.Watermark{High: 0.5, Low: 0.9}, policy.Value{}} {
		assert.NoError(t, policytest.TestSchedule(s), s.Name())
	}
}

func TestValueKeepsTheContractWhateverAMissCosts(t *testing.T) {
	random := rand.New(rand.NewPCG(12, 0))
	costs := []float64{-1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64}
	for range 6 {
		costs = append(costs, math.Exp(random.Float64()*14-7))
	}
	for _, miss := range costs {
		s := policy.Value{Miss: miss}
		assert.NoError(t, policytest.TestPolicy(s), s.Name())
		assert.NoError(t, policytest.TestSchedule(s), s.Name())
	}
}
