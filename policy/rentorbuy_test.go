package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
)

// priced gives a view the prices 0.1 and 1.25, and readable boundaries before
// these units.
func priced(v *policy.View, boundaries ...int) *policy.View {
	v.Cost = price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1}
	for _, i := range boundaries {
		v.Boundaries = append(v.Boundaries, policy.Boundary{Index: i})
	}
	return v
}

// read sets what was read for nothing of all dead units, in tokens.
func read(tokens float64, v *policy.View) *policy.View {
	for i := range v.Units {
		if v.Units[i].Mark != policy.MarkNone {
			v.Units[i].Rent = tokens
		}
	}
	return v
}

// three is the rule with three calls in advance and a shadow rent of 0.01.
var three = policy.RentOrBuy{Ahead: 3, Shadow: 0.01}

func TestRentOrBuyCutsWhenTheRentReachesThePrice(t *testing.T) {
	// 50 dead before 300 that live: 1.15 × 300 = 345 to write them anew. Rent is
	// 0.11 a token and call, three calls of 50 in advance: 345 / 0.11 - 150.
	view := func() *policy.View { return priced(log(user(100), dead(user(50)), user(300), user(7)), 0, 1, 2, 3) }
	const due = 345/0.11 - 150
	assert.Equal(t, policy.Cut{At: 4}, next(three, read(due-1, view())))
	cut := next(three, read(due+1, view()))
	assert.Equal(t, 1, cut.At)
	assert.Empty(t, cut.Live)
	assert.NotEmpty(t, cut.Reason)

	assert.Equal(t, 4, next(policy.RentOrBuy{Ahead: -1, Shadow: 0.01}, read(due+1, view())).At, "nothing in advance")
	assert.Equal(t, 1, next(policy.RentOrBuy{Ahead: 10, Shadow: 0.01}, read(due-300, view())).At, "more in advance")
	assert.Equal(t, 4, next(policy.RentOrBuy{Ahead: 3}, read(due+1, view())).At, "a cheaper rent")
	v := read(due+1, view())
	v.Cost.Read, v.Cost.Write = 0.05, 1.25
	assert.Equal(t, 4, next(three, v).At, "cheaper reads, dearer cuts")

	const usual = 345/0.1 - 8*50
	assert.Equal(t, 4, next(policy.RentOrBuy{}, read(usual-1, view())).At)
	assert.Equal(t, 1, next(policy.RentOrBuy{}, read(usual+1, view())).At)
}

func TestRentOrBuyRemovesForNothingWhatIsWrittenAnyway(t *testing.T) {
	v := priced(log(user(100), user(50), dead(user(40)), user(30)), 0, 1, 2)
	assert.Equal(t, 2, next(policy.RentOrBuy{}, v).At, "nothing behind the last boundary is in the cache")
}

func TestRentOrBuyCutsOnlyWhereTheCacheCanBeRead(t *testing.T) {
	v := priced(log(user(10), user(100), dead(user(50)), user(20), user(1)), 0, 1, 4)
	// from unit 1 on: 1.15 × (100 + 20) = 138
	assert.Equal(t, 5, next(three, read(138/0.11-151, v)).At)
	assert.Equal(t, 2, next(three, read(138/0.11-149, v)).At, "the first that leaves; all from unit 1 is written anew")
}

func TestRentOrBuyPrefersThePlaceThatGainsMost(t *testing.T) {
	v := priced(log(dead(user(500)), user(400), dead(user(90)), user(10), user(1)), 0, 1, 2, 3, 4)
	cut := next(three, read(1000, v))
	assert.Equal(t, 2, cut.At, "the last dead one is due; the first would cost 400 more tokens")
	cut = next(three, read(8000, v))
	assert.Equal(t, 0, cut.At)
}

func TestRentOrBuyTakesAllThatIsDeadFromAColdCache(t *testing.T) {
	v := log(user(100), dead(user(50)), user(300))
	v.Cold = true
	assert.Equal(t, 1, next(policy.RentOrBuy{}, v).At)
}

func TestRentOrBuyOverBudget(t *testing.T) {
	// The dead at 1 and at 3 would each do; 1.15 × 420 for 400, or 1.15 × 20 for 300.
	v := over(5, priced(log(user(10), dead(user(400)), user(100), dead(user(300)), user(20), user(1)), 0, 1, 2, 3, 4, 5))
	assert.Equal(t, 3, next(policy.RentOrBuy{Ahead: -1, Free: 0.1}, v).At)
	v = over(301, priced(log(user(10), dead(user(400)), user(100), dead(user(300)), user(20), user(1)), 0, 1, 2, 3, 4, 5))
	assert.Equal(t, 1, next(policy.RentOrBuy{Ahead: -1, Free: 0.1}, v).At, "the cheaper one is not enough")

	v = over(5, priced(log(user(4000), user(5000), dead(user(50)), user(20), user(1)), 0, 1, 2, 3))
	assert.Equal(t, 2, next(policy.RentOrBuy{Ahead: -1}, v).At, "what is dead is less than a tenth: enough all the same, and not from the beginning on")

	v = over(1, priced(log(user(100), user(100), user(100), user(100), fixed(user(1))), 0, 1, 2, 3))
	cut := next(policy.RentOrBuy{}, v)
	assert.Equal(t, []int{0, 1, 2}, units(cut), "six tenths of the budget in the policy's order")
	cut = next(policy.RentOrBuy{Free: 0.2}, v)
	assert.Equal(t, []int{0}, units(cut))
	assert.True(t, policy.RentOrBuy{}.Live(v))
}

func TestRentOrBuyCountsAWholeGroup(t *testing.T) {
	// Result and call are dead: 110 tokens leave, not the 95 of the stub.
	v := priced(log(user(10), dead(calls(10, result("read", 100))), user(100), user(1)), 0, 1, 3, 4)
	v.Units[1].Rent, v.Units[2].Rent = 100, 1000
	// rent: 0.11 × (95/100 × 1000 + 3 × 95 + 15/10 × 100 + 3 × 15) = 157.3; price 115
	assert.Equal(t, 1, next(three, v).At)
	assert.Equal(t, "rent-or-buy", policy.Name(policy.RentOrBuy{}))
	assert.Equal(t, "rent-or-buy ahead 1 shadow 0.02 free 0.3", policy.Name(policy.RentOrBuy{Ahead: 1, Shadow: 0.02, Free: 0.3}))
}

// Over budget, what lives stays while the dead are enough, all of them if need be.
func TestRentOrBuyKeepsWhatLivesWhileTheDeadAreEnough(t *testing.T) {
	v := over(60, priced(log(user(10), dead(user(40)), user(500), dead(user(30)), user(420)), 0, 1, 2, 3, 4))
	cut := next(policy.RentOrBuy{}, v)
	assert.Equal(t, 1, cut.At, "70 are less than a tenth, but as much as is needed")
	assert.Empty(t, cut.Live)
	v.Over = 71
	assert.NotEmpty(t, next(policy.RentOrBuy{}, v).Live)
}

// When nothing before the first dead can be read, a cut before all of it writes all
// anew: dear, and all the same the cheapest a token here.
func TestRentOrBuyMayCutBeforeAllThatCanBeRead(t *testing.T) {
	v := over(5, priced(log(dead(user(900)), user(100), dead(user(150)), user(20), user(1)), 2, 3, 4))
	for i, before := range []int{1000, 1150, 1170} {
		v.Boundaries[i].Tokens = 30 + before // the system prompt takes 30
	}
	// from 2 on: 1.15 × 20 for 150 is 0.153 a token; from 0 on: 1.15 × (30 + 120) for 1,050 is 0.164
	assert.Equal(t, 2, next(policy.RentOrBuy{Ahead: -1}, v).At)
	v.Units[0].Tokens += 100 // for 1,150 it is 0.15
	for i := range v.Boundaries {
		v.Boundaries[i].Tokens += 100
	}
	assert.Equal(t, 0, next(policy.RentOrBuy{Ahead: -1}, v).At)
}
