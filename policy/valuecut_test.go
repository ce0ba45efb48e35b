package policy_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
	"github.com/quire-dev/quire/price"
)

// worn is a view of n results of 500 tokens that were read one a call and never used, with
// prices, in a room that they do not fill. Every place can be read.
func worn(n int) *policy.View {
	var all [][]policy.Unit
	for i := range n {
		r := result("read", 500)
		r.Stub, r.Names, r.Latest, r.Idle, r.Age, r.Kind = 20, 40, 20, n-i, n-i, quire.KindResult
		all = append(all, with(calls(60, r), func(u *policy.Unit) { u.Idle, u.Names, u.Latest = n-i, 9, 4 }))
	}
	v := log(all...)
	v.Budget, v.Over = 10*v.Used, -9*v.Used
	v.Growth, v.Call = 560, uint64(n+1)
	v.Cost = price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1}
	at := 0
	for i := range v.Units {
		if i == 0 || v.Units[i].Entry != v.Units[i-1].Entry {
			v.Boundaries = append(v.Boundaries, policy.Boundary{Index: i, Tokens: at})
		}
		at += v.Units[i].Tokens
	}
	return v
}

func cutOf(s policy.Value, v *policy.View) policy.Cut {
	return s.Next(v, slices.Collect(s.Victims(v)))
}

func freed(v *policy.View, c policy.Cut) int {
	t := policy.NewTally(v)
	t.AddDead(c.At)
	for _, x := range c.Live {
		t.Add(x)
	}
	return t.Freed()
}

// What is never used leaves though all of it fits, and not at once: a cut waits until it pays.
func TestValueCutsWithoutBeingForced(t *testing.T) {
	first := 0
	for n := 2; n < 200 && first == 0; n++ {
		if v := worn(n); freed(v, cutOf(policy.Value{Miss: 1}, v)) > 0 {
			first = n
			assert.Greater(t, freed(v, cutOf(policy.Value{Miss: 1}, v)), v.Used/2, "and then most of it goes")
		}
	}
	assert.Greater(t, first, 2)
	assert.Positive(t, first)
}

// The dearer a miss, the more stays.
func TestValueKeepsMoreWhereAMissIsDear(t *testing.T) {
	v := worn(60)
	last := math.MaxInt
	for _, miss := range []float64{0.25, 1, 4, 1000} {
		f := freed(v, cutOf(policy.Value{Miss: miss}, v))
		assert.LessOrEqual(t, f, last, miss)
		last = f
	}
	assert.Zero(t, last)
	assert.Equal(t, cutOf(policy.Value{}, v).Live, cutOf(policy.Value{Miss: 1.5}, v).Live, "1.5 is the default")
}

// What was used often, and lately, stays where its like leaves.
func TestValueKeepsWhatIsUsed(t *testing.T) {
	v := worn(60)
	for i := range v.Units {
		if u := &v.Units[i]; u.Entry == 10 {
			u.Uses, u.Idle = 9, 1
		}
	}
	left := map[int]bool{}
	for _, x := range cutOf(policy.Value{Miss: 1}, v).Live {
		left[v.Units[x.Unit].Entry] = true
	}
	assert.True(t, left[9] && left[11])
	assert.False(t, left[10])
}

// With one place and nothing but dead behind it, a cut is made where the rent of half a
// cycle reaches its price: of F dead tokens that gathered in n calls and L live ones, at
// read × F × n ÷ 2 = (write − read) × L.
func TestValueFindsTheEconomicOrderQuantity(t *testing.T) {
	const live, growth = 20_000, 100
	at := 0
	for n := 1; n < 1000 && at == 0; n++ {
		v := log(dead(user(growth*n)), user(live), fixed(user(10)))
		v.Budget, v.Over, v.Growth, v.Call = 1<<20, -1, growth, uint64(n)
		v.Cost = price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1}
		v.Boundaries = []policy.Boundary{{Index: 0}, {Index: 2, Tokens: growth*n + live}}
		v.Units[0].Rent = float64(growth * n * n / 2) // they died one by one
		if c := cutOf(policy.Value{Miss: 1e9}, v); c.At == 0 {
			at = n
		}
	}
	want := math.Sqrt(2 * 1.15 * live / (0.1 * growth))
	assert.InEpsilon(t, want, at, 0.5, "the horizons are powers of two")
}

// What is dead behind all that is cached goes for nothing.
func TestValueTakesWhatIsFree(t *testing.T) {
	v := worn(5)
	v.Units = append(v.Units, dead(user(30))[0], fixed(user(10))[0])
	v.Units[10].Entry, v.Units[11].Entry = 5, 6
	v.Units[10].UID, v.Units[11].UID = 11, 12
	v.Boundaries = append(v.Boundaries, policy.Boundary{Index: 10, Tokens: v.Used})
	v.Used += 40
	assert.Equal(t, 10, cutOf(policy.Value{Miss: 1000}, v).At)
	cold := worn(5)
	cold.Cold, cold.Boundaries = true, nil
	cold.Units[0].Mark, cold.Units[1].Mark = policy.MarkDropped, policy.MarkDropped
	c := cutOf(policy.Value{Miss: 1000}, cold)
	assert.Equal(t, "cache is cold", c.Reason)
	assert.Equal(t, 560, freed(cold, c))
}

// Forced, it frees enough, whatever a miss costs, and says why with numbers.
func TestValueFitsTheBudget(t *testing.T) {
	for _, miss := range []float64{0.1, 1, 100, 1e12} {
		v := worn(40)
		v.Budget = v.Used / 3
		v.Over = v.Used - v.Budget
		c := cutOf(policy.Value{Miss: miss}, v)
		assert.GreaterOrEqual(t, freed(v, c), v.Over, miss)
		require.NotEmpty(t, c.Live)
		for _, x := range c.Live {
			assert.Regexp(t, `^\d+% within \d+ calls; reload \d+, rent \d+$`, x.Reason)
		}
	}
}

// Talk without a name in it can't be seen used, and is not taken for useless.
func TestValueKeepsTalkLongerThanWhatIsNotUsed(t *testing.T) {
	v := worn(60)
	for i := range v.Units {
		if u := &v.Units[i]; u.Entry == 30 {
			u.Names, u.Kind = 0, quire.KindMail
		}
	}
	var order []int
	for x := range (policy.Value{}).Victims(v) {
		order = append(order, v.Units[x.Unit].Entry)
	}
	assert.Greater(t, slices.Index(order, 30), slices.Index(order, 29))
	assert.Greater(t, slices.Index(order, 30), slices.Index(order, 45))
}

// As the schedule of another policy it lets go only what that one yields.
func TestValueLetsGoOnlyVictims(t *testing.T) {
	v := worn(40)
	v.Budget = v.Used / 2
	v.Over = v.Used - v.Budget
	keeps := policy.NeverClear{Tools: []string{"read"}, Of: policy.Value{}}
	list := slices.Collect(keeps.Victims(v))
	assert.Empty(t, policy.Value{}.Next(v, list).Live)
	half := slices.DeleteFunc(slices.Collect(policy.LRU.Victims(v)), func(x policy.Victim) bool { return v.Units[x.Unit].Entry%2 == 0 })
	c := policy.Value{Miss: 0.1}.Next(v, half)
	require.NotEmpty(t, c.Live)
	for _, x := range c.Live {
		assert.Equal(t, 1, v.Units[x.Unit].Entry%2)
	}
}

// A budget lets go even of what is worth more than it costs: the least worth its tokens.
func TestValueForcedGivesUpWhatIsWorthKeeping(t *testing.T) {
	v := worn(20)
	for i := range v.Units {
		v.Units[i].Uses, v.Units[i].Idle = 9, 0
	}
	v.Units[3].Idle = 400 // the result in the second group, and its call
	v.Units[2].Idle = 400
	require.Zero(t, freed(v, cutOf(policy.Value{Miss: 50}, v)))
	v.Budget, v.Over = v.Used-100, 100
	c := cutOf(policy.Value{Miss: 50}, v)
	require.GreaterOrEqual(t, freed(v, c), 100)
	assert.Equal(t, "over budget: the cheapest cut", c.Reason)
	var left []int
	for _, x := range c.Live {
		left = append(left, v.Units[x.Unit].Entry)
	}
	assert.Contains(t, left, 1)
}

// A short answer between two that leave goes too: a tombstone more would take as much.
func TestValueLeavesNothingBetweenTombstones(t *testing.T) {
	v := worn(60)
	for i := range v.Units {
		if u := &v.Units[i]; u.Entry == 30 {
			u.Tokens, u.Stub, u.Names, u.Latest, u.Kind, u.Role, u.Idle = 4, 0, 0, 0, quire.KindTurn, quire.RoleAssistant, 700
		}
	}
	left := map[int]bool{}
	for _, x := range cutOf(policy.Value{Miss: 1}, v).Live {
		left[v.Units[x.Unit].Entry] = true
	}
	require.True(t, left[29] && left[31])
	assert.True(t, left[30])
}

// A large message becomes an excerpt where that is enough, and leaves whole where it is not.
func TestValueShortensLargeMail(t *testing.T) {
	mail := with(user(3000), func(u *policy.Unit) { u.Kind, u.Idle, u.Names, u.Turn = quire.KindMail, 50, 60, 1 })
	v := log(mail, fixed(user(500)))
	v.Growth, v.Cost = 10, price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1}
	for x := range (policy.Value{}).Victims(v) {
		assert.Equal(t, 375, x.Keep)
	}
	v.Budget, v.Over = 3400, 100
	c := cutOf(policy.Value{Miss: 0.01}, v)
	require.Len(t, c.Live, 1)
	assert.Zero(t, c.Live[0].Keep, "it is worth nothing")
}

// Of talk in exchanges that have ended nothing leaves whole while something older stays:
// what is older may be what the newer one corrects.
func TestValueLetsTalkGoInOrder(t *testing.T) {
	left, stayed := 0, 0
	for seed := range uint64(600) {
		v := policytest.RandomView(seed, 40)
		for i := range v.Units {
			u := &v.Units[i]
			u.Idle, u.Uses = u.Idle*int(seed%7), int(seed)%3*i%5
			if seed%2 == 0 {
				u.Names = 0
			}
		}
		c := cutOf(policy.Value{Miss: []float64{0.1, 1, 3}[seed%3]}, v)
		for x := range (policy.Value{}).Victims(v) {
			if x.Dead && v.Units[x.Unit].Mark == policy.MarkNone {
				v.Units[x.Unit].Mark = policy.MarkStale // as the composer does
			}
		}
		whole := map[int]int{}
		for _, x := range c.Live {
			if x.Keep == 0 {
				whole[v.Units[x.Unit].Entry]++
			}
		}
		if c.Reason == "over budget" {
			continue // even all that may leave is not enough
		}
		older := false // some talk that may leave stays
		for from := 0; from < len(v.Units); {
			to, fixed, marked := from, false, true
			for ; to < len(v.Units) && v.Units[to].Entry == v.Units[from].Entry; to++ {
				fixed, marked = fixed || v.Units[to].Fixed, marked && v.Units[to].Mark != policy.MarkNone
			}
			u := &v.Units[from]
			talk := u.Turn != v.Turn && u.Names*128 < u.Tokens && !fixed && !marked
			gone := u.Mark == policy.MarkNone && whole[u.Entry] > 0 && len(c.Live) > 0 && leavesWhole(v, c, u.Entry)
			if talk && gone {
				left++
				assert.False(t, older, "seed %d: entry %d", seed, u.Entry)
			}
			if talk && !gone && u.Mark == policy.MarkNone {
				older, stayed = true, stayed+1
			}
			from = to
		}
	}
	assert.Greater(t, left, 100)
	assert.Greater(t, stayed, 100)
}

func leavesWhole(v *policy.View, c policy.Cut, entry int) bool {
	tally := policy.NewTally(v)
	tally.AddDead(c.At)
	for _, x := range c.Live {
		tally.Add(x)
	}
	return tally.Leaves(entry)
}
