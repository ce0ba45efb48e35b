package price_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

func TestWhatACallCosts(t *testing.T) {
	claude := price.Tariff{Tiers: []price.Tier{{Input: 5 * price.Dollar, Read: price.Dollar / 2, Write: 6_250_000, WriteLong: 10 * price.Dollar, Output: 25 * price.Dollar}}}
	// 1,000 at $5, 60,000 read at $0.50, 2,000 written at $6.25 and 3,000 at $10 a
	// million, 500 written by the model at $25.
	cost, known := claude.Cost(quire.Usage{Input: 66_000, CachedInput: 60_000, CacheWrite: 5_000, CacheWriteLong: 3_000, Output: 500, Reasoning: 300})
	assert.True(t, known)
	assert.Equal(t, price.Money(5_000+30_000+12_500+30_000+12_500), cost)
	assert.Equal(t, "$0.09", cost.String())

	one, _ := claude.Cost(quire.Usage{CachedInput: 1, Input: 1})
	assert.Equal(t, price.Money(1), one, "half a millionth is a whole one")
	odd, known := claude.Cost(quire.Usage{Input: 5, CachedInput: 10, Output: -3})
	assert.True(t, known)
	assert.Equal(t, price.Money(5), odd, "figures that don't fit each other")
}

func TestNoCostIsTooLargeToBeSaid(t *testing.T) {
	most := price.Money(math.MaxInt64)
	dear := price.Tariff{Tiers: []price.Tier{{Input: most, Read: most, Write: most, WriteLong: most, Output: most}}}
	cost, known := dear.Cost(quire.Usage{Input: math.MaxInt, CachedInput: math.MaxInt, CacheWrite: math.MaxInt, CacheWriteLong: math.MaxInt / 2, Output: math.MaxInt})
	assert.True(t, known)
	assert.Equal(t, most, cost)
	one := price.Tariff{Tiers: []price.Tier{{Input: price.Dollar}}}
	cost, _ = one.Cost(quire.Usage{Input: 100, CachedInput: math.MinInt, CacheWrite: math.MinInt})
	assert.Equal(t, price.Money(100), cost)
	cost, _ = one.Cost(quire.Usage{Input: math.MinInt, CachedInput: math.MaxInt, CacheWrite: math.MaxInt})
	assert.Zero(t, cost)
}

func TestAnUnknownPriceIsNotZero(t *testing.T) {
	_, known := price.Tariff{}.Cost(quire.Usage{Input: 5})
	assert.False(t, known)
	free := price.Tariff{Tiers: []price.Tier{{}}}
	cost, known := free.Cost(quire.Usage{Input: 5})
	assert.True(t, known)
	assert.Zero(t, cost)
	_, known = free.Cost(quire.Usage{})
	assert.False(t, known, "nothing was reported")
}

func TestDearerAboveASize(t *testing.T) {
	small := price.Tariff{Tiers: []price.Tier{{Input: 100_000}, {Above: 100_000, Input: 500_000}}}
	at, _ := small.Cost(quire.Usage{Input: 100_000})
	above, _ := small.Cost(quire.Usage{Input: 100_001})
	assert.Equal(t, price.Money(10_000), at)
	assert.Equal(t, price.Money(50_001), above)
}

func TestMoney(t *testing.T) {
	for m, want := range map[price.Money]string{
		0: "$0.00", 1: "$0.000001", 12_300: "$0.0123", 5 * price.Dollar: "$5.00", -1_500_000: "-$1.50",
		math.MaxInt64: "$9223372036854.775807", math.MinInt64: "-$9223372036854.775808",
	} {
		assert.Equal(t, want, m.String())
	}
	assert.Equal(t, price.Money(math.MaxInt64), price.Money(math.MaxInt64-1).Plus(2))
	assert.Equal(t, price.Money(math.MinInt64), price.Money(math.MinInt64+1).Plus(-2))
	assert.Equal(t, price.Money(3), price.Money(1).Plus(2))
}

// TestCostIsExact computes each cost again in big numbers.
func TestCostIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tokens := rapid.OneOf(rapid.IntRange(0, 2_000_000), rapid.IntRange(0, math.MaxInt64))
		amount := rapid.OneOf(rapid.Int64Range(0, 100_000_000), rapid.Int64Range(0, math.MaxInt64))
		rate := func(name string) price.Money { return price.Money(amount.Draw(t, name)) }
		tier := price.Tier{Input: rate("input"), Read: rate("read"), Write: rate("write"), WriteLong: rate("long"), Output: rate("output")}
		read, write, fresh := rapid.IntRange(0, 1<<40).Draw(t, "read"), rapid.IntRange(0, 1<<40).Draw(t, "write"), rapid.IntRange(0, 1<<40).Draw(t, "fresh")
		long, out := rapid.IntRange(0, write).Draw(t, "of it long"), tokens.Draw(t, "out")
		u := quire.Usage{Input: read + write + fresh, CachedInput: read, CacheWrite: write, CacheWriteLong: long, Output: out}
		got, known := price.Tariff{Tiers: []price.Tier{tier}}.Cost(u)
		require.Equal(t, u != quire.Usage{}, known)
		sum := new(big.Int)
		for _, c := range [][2]int64{{int64(fresh), int64(tier.Input)}, {int64(read), int64(tier.Read)}, {int64(write - long), int64(tier.Write)},
			{int64(long), int64(tier.WriteLong)}, {int64(out), int64(tier.Output)}} {
			sum.Add(sum, new(big.Int).Mul(big.NewInt(c[0]), big.NewInt(c[1])))
		}
		sum.Add(sum, big.NewInt(999_999)).Div(sum, big.NewInt(1_000_000))
		if !sum.IsInt64() {
			sum.SetInt64(math.MaxInt64)
		}
		require.Equal(t, sum.Int64(), int64(got))
	})
}

// TestWhatIsUnknownIsNamed: of the model, of the call, or of one class of tokens.
func TestWhatIsUnknownIsNamed(t *testing.T) {
	half := price.Tariff{Tiers: []price.Tier{{Input: price.Dollar, Read: price.Unknown, Write: price.Unknown, WriteLong: price.Unknown, Output: 2 * price.Dollar}}}
	for want, c := range map[string]struct {
		tariff price.Tariff
		usage  quire.Usage
	}{
		"no price is known of the model":                                                         {price.Tariff{}, quire.Usage{Input: 5}},
		"the provider reported no usage":                                                         {half, quire.Usage{}},
		"no price is known for tokens of: read from the cache":                                   {half, quire.Usage{Input: 5, CachedInput: 3}},
		"no price is known for tokens of: written to the cache, written to the cache for longer": {half, quire.Usage{Input: 5, CacheWrite: 3, CacheWriteLong: 1}},
		"": {half, quire.Usage{Input: 1_000_000, Output: 1_000_000}},
	} {
		assert.Equal(t, want, c.tariff.Missing(c.usage))
		cost, known := c.tariff.Cost(c.usage)
		assert.Equal(t, want == "", known, want)
		assert.Equal(t, map[bool]price.Money{true: 3 * price.Dollar}[known], cost, want)
	}
}
