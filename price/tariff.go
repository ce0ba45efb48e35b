package price

import (
	"math"
	"math/bits"
	"strings"

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
// than Above input tokens. A price below 0 is not known: see [Unknown].
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

// Unknown is a price of a [Tier] that no source says.
const Unknown Money = -1

// class is the tokens of one price class, and what a million of them cost.
type class struct {
	name   string
	tokens int
	price  Money
}

func (t Tariff) classes(u quire.Usage) [5]class {
	tier := t.tier(u.Input)
	read, written := max(u.CachedInput, 0), max(u.CacheWrite, 0) // less than nothing makes nothing else dearer
	long := min(max(u.CacheWriteLong, 0), written)
	return [5]class{
		{"input", max(u.Input, 0) - read - min(written, math.MaxInt-read), tier.Input}, {"read from the cache", read, tier.Read},
		{"written to the cache", written - long, tier.Write}, {"written to the cache for longer", long, tier.WriteLong}, {"output", u.Output, tier.Output},
	}
}

// Missing says what is not known of a call's cost, in a few words; "" where [Tariff.Cost]
// is known.
func (t Tariff) Missing(u quire.Usage) string {
	switch {
	case !t.Known():
		return "no price is known of the model"
	case u == (quire.Usage{}):
		return "the provider reported no usage"
	}
	var names []string
	for _, c := range t.classes(u) {
		if c.tokens > 0 && c.price < 0 {
			names = append(names, c.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "no price is known for tokens of: " + strings.Join(names, ", ")
}

// Cost is what a call costs, by the usage that its provider reported, rounded up to
// the next millionth of a dollar. It is false, and never 0, where a price is not
// known or nothing was reported: [Tariff.Missing] says what.
func (t Tariff) Cost(u quire.Usage) (cost Money, known bool) {
	if t.Missing(u) != "" {
		return 0, false
	}
	var hi, lo uint64
	for _, c := range t.classes(u) {
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
