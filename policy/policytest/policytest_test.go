package policytest_test

import (
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
)

func TestShippedPoliciesKeepTheContract(t *testing.T) {
	for _, p := range []policy.Policy{policy.OldestFirst, policy.LRU, policy.LargestFirst, policy.ToolResultsFirst,
		policy.ByPriority, policy.Default{}, policy.Default{Bookkeeping: []string{}},
		policy.Chain(policy.ToolResultsFirst, nil, policy.LRU), policy.Chain(policy.Default{}, policy.OldestFirst),
		policy.WindowTurns{}, policy.WindowTurns{Turns: 2}, policy.KeepLast{Groups: 2}, policy.KeepLast{Groups: 3, Of: policy.WindowTurns{Turns: 1}},
		policy.NeverClear{Tools: []string{"run", "mail_find"}}, policy.ExcerptFirst{}, policy.ExcerptFirst{Tokens: 40, Of: policy.LRU},
		policy.Value{}, policy.Value{Miss: 50, Bookkeeping: []string{}}, policy.KeepLast{Groups: 2, Of: policy.Value{}}, policy.Chain(policy.Value{}, policy.LRU)} {
		assert.NoError(t, policytest.TestPolicy(p), policy.Name(p))
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
				assert.True(t, u.Role == quire.RoleTool && again, "%s: unit %d of RandomView(%d, 60) is %s", policy.Name(p), victim.Unit, seed, victim.Reason)
			}
		}
	}
}

func TestShippedSchedulesKeepTheContract(t *testing.T) {
	for _, s := range []policy.Schedule{policy.Strict{}, policy.Watermark{}, policy.RentOrBuy{}, policy.RentOrBuy{Ahead: -1, Shadow: -1, Free: 0.1}, policy.Watermark{High: 0.8, Low: 0.3}, policy.Watermark{High: 0.5, Low: 0.9}, policy.Value{}} {
		assert.NoError(t, policytest.TestSchedule(s), policy.Name(s))
	}
}

func TestValueKeepsTheContractWhateverAMissCosts(t *testing.T) {
	raced.Skip(t)
	random := rand.New(rand.NewPCG(12, 0))
	costs := []float64{-1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64}
	for range 6 {
		costs = append(costs, math.Exp(random.Float64()*14-7))
	}
	for _, miss := range costs {
		s := policy.Value{Miss: miss}
		assert.NoError(t, policytest.TestPolicy(s), policy.Name(s))
		assert.NoError(t, policytest.TestSchedule(s), policy.Name(s))
	}
}

// only lets go of what one sender wrote.
type only struct{ from quire.Address }

func (only) Name() string { return "only" }

func (o only) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return policy.WithDead(v, func(yield func(policy.Victim) bool) {
		for i := range v.Units {
			if v.Units[i].From == o.from && !yield(policy.Victim{Unit: i, Reason: "theirs"}) {
				return
			}
		}
	})
}

func TestAPolicyThatEvictsNothingPassesVacuously(t *testing.T) {
	assert.NoError(t, policytest.TestPolicy(only{"ann@example"}))
	for _, p := range []policy.Policy{policy.Chain(), only{"boss"}, policy.NeverClear{Tools: []string{"run"}, Of: policy.Chain()}} {
		err := policytest.TestPolicy(p)
		require.ErrorIs(t, err, policytest.ErrVacuous, policy.Name(p))
		assert.ErrorContains(t, err, "senders ann@example, bob@example, results of read_file, run")
	}
	// What breaks a rule is told as that.
	assert.NotErrorIs(t, policytest.TestPolicy(broken{victims: func(*policy.View) iter.Seq[policy.Victim] { return func(func(policy.Victim) bool) {} }}), policytest.ErrVacuous)
}

// The world is what the documentation of the package says.
func TestTheWorldIsAsDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	seen := map[string]bool{}
	kinds := map[quire.Kind]bool{}
	for seed := range uint64(12) {
		v := policytest.RandomView(seed, 200)
		assert.False(t, v.OnlyDead)
		for _, u := range v.Units {
			kinds[u.Kind] = true
			seen[string(u.From)], seen[u.Tool] = true, true
			assert.False(t, u.Short)
			assert.NotEqual(t, policy.ClassPinned, u.Class)
			assert.True(t, u.Tokens >= 1 && u.Tokens <= 2000 && u.Stub <= 40 && u.Age < 100 && u.Uses < 8 && u.Priority*u.Priority <= 4)
		}
	}
	assert.Equal(t, map[quire.Kind]bool{quire.KindMail: true, quire.KindTurn: true, quire.KindResult: true}, kinds)
	delete(seen, "")
	assert.Len(t, seen, 7)
	for name := range seen {
		assert.Contains(t, string(doc), name)
	}
}
