package price

import (
	"math"
	"math/bits"

	"github.com/quire-dev/quire"
)

// Tariff is what a provider charges for a model, in money. It is data: package models has
// the ones that ship, each with the source and date of its profile. The zero Tariff means that
// the price is unknown; what costs nothing has a tier of zeros.
type Tariff struct {
	// Tiers are the prices by the size of a request, the one that begins at 0 first.
	Tiers []Tier `json:"tiers"`
}

// Tier is what a million tokens cost, in each price class, in a request with more
// than Above input tokens.
type Tier struct {
	Above     int   `json:"above,omitzero"`
	Input     Money `json:"input"` // neither read from a cache nor written to it
	Read      Money `json:"read"`
	Write     Money `json:"write"`     // for the shortest life
	WriteLong Money `json:"writeLong"` // for a longer one
	Output    Money `json:"output"`    // reasoning included
}

// Known says whether there are prices at all.
func (t Tariff) Known() bool { return len(t.Tiers) > 0 }

// Cost is what a call costs, by the usage that its provider reported, rounded up to
// the next millionth of a dollar. It is false, and never 0, where the price is not
// known or nothing was reported.
func (t Tariff) Cost(u quire.Usage) (cost Money, known bool) {
	if !t.Known() || u == (quire.Usage{}) {
		return 0, false
	}
	tier := t.tier(u.Input)
	read, written := max(u.CachedInput, 0), max(u.CacheWrite, 0) // less than nothing makes nothing else dearer
	long := min(max(u.CacheWriteLong, 0), written)
	var hi, lo uint64
	for _, c := range []struct {
		tokens int
		price  Money
	}{
		{max(u.Input, 0) - read - min(written, math.MaxInt-read), tier.Input}, {read, tier.Read},
		{written - long, tier.Write}, {long, tier.WriteLong}, {u.Output, tier.Output},
	} {
		h, l := bits.Mul64(uint64(max(c.tokens, 0)), uint64(max(c.price, 0)))
		var carry uint64
		lo, carry = bits.Add64(lo, l, 0)
		if hi, carry = bits.Add64(hi, h, carry); carry > 0 {
			return math.MaxInt64, true
		}
	}
	return perMillion(hi, lo), true
}

// perMillion divides by a million, rounded up; what is too large is the largest
// amount.
func perMillion(hi, lo uint64) Money {
	const most = 1<<63 - 1
	if hi >= 1_000_000/2 {
		return most
	}
	q, r := bits.Div64(hi, lo, 1_000_000)
	if r > 0 {
		q++
	}
	return Money(min(q, most))
}

// tier is the one that a request of that size falls under: of several, the one with
// the largest Above.
func (t Tariff) tier(input int) Tier {
	best := t.Tiers[0]
	for _, tier := range t.Tiers[1:] {
		if input > tier.Above && tier.Above > best.Above {
			best = tier
		}
	}
	return best
}
