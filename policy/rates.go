package policy

import (
	"iter"
	"math"
	"math/bits"

	"github.com/quire-dev/quire"
)

// Rates says how likely what stands in a prompt is to be used again. What the model
// used a calls ago is used in the next call with a chance of about rate ÷ a, so that
// what was not used for H calls more is used in them with
//
//	1 − (a ÷ (a + H))^rate
//
// which is the Pareto law: the longer something has waited, the longer it will. On
// recorded runs of two coding agents the rate hardly depends on a; it depends on who
// wrote it, on whether it was used yet, and most of all on how much of what it names
// nothing newer names. [FitRates] makes the table from any lives; docs/benchmarks.md says
// what the one that ships was made from. A use is seen by the identifiers in it: the fewer a
// message holds, the more it is taken to have a rate of a half, which was not counted.
//
// The zero Rates is the table that ships.
type Rates struct {
	Own   Rate `json:"own"`   // what the model said
	Given Rate `json:"given"` // results and messages
	// Source says what the rates were counted on.
	Source string `json:"source,omitzero"`
}

// Rate is the rates of one kind of message: the product of two factors.
type Rate struct {
	// Uses is by its past: new in the last call and not used yet, not used yet, used in the
	// last call, used before that.
	Uses [4]float64 `json:"uses"`
	// Latest is by how many of its identifiers no newer message of its side holds: none, 1,
	// 2, 4, 8, 16, and from 32 on.
	Latest [7]float64 `json:"latest"`
}

// shipped was fitted to half of 126 runs of a coding agent and two of three long
// sessions of another one: `go run ./bench fit -data DIR -half fit`.
var shipped = Rates{
	Own: Rate{
		Uses:   [4]float64{0.764, 0.740, 0.249, 0.368},
		Latest: [7]float64{0.005, 0.698, 1.094, 1.339, 1.659, 1.957, 1.951},
	},
	Given: Rate{
		Uses:   [4]float64{0.544, 0.248, 0.353, 0.442},
		Latest: [7]float64{0.005, 0.987, 0.644, 1.136, 1.313, 1.442, 1.633},
	},
}

// nameEvery is how many tokens there are for each identifier at most in what can be seen
// used: code, results of tools and what agents write about them have one in 10 to 60
// tokens, talk has one in hundreds or none.
const nameEvery = 64

// blind is the rate of what can't be seen used, since it holds no names. Nothing was
// counted for it: it is a judgement.
const blind = 0.5

// seen is the part of a unit's uses that can be seen.
func (u *Unit) seen() float64 {
	return min(1, float64(max(u.Names, 0))*nameEvery/float64(max(u.Tokens, 1)))
}

// rate is that of a unit which is not used in the call that is composed.
func (r *Rates) rate(u *Unit) float64 {
	seen := u.seen()
	return seen*r.seen(u) + (1-seen)*blind
}

// table is the rates, or those that ship.
func (r *Rates) table() *Rates {
	if *r == (Rates{}) {
		return &shipped
	}
	return r
}

func (r *Rates) seen(u *Unit) float64 {
	of := &r.Given
	if u.Role == quire.RoleAssistant {
		of = &r.Own
	}
	return of.Uses[usesClass(u)] * of.Latest[latestClass(u)]
}

func usesClass(u *Unit) int {
	class := 1
	if u.Uses > 0 {
		class = 3
	}
	if waited(u.Idle) <= 1 {
		class--
	}
	return class
}

func latestClass(u *Unit) int { return min(bits.Len(uint(max(u.Latest, 0))), 6) }

// FitRates counts rates on lives: seq yields each unit that stands in each call, as it
// stood before the model answered, and whether the answer used it. Only Role, Uses, Idle,
// Names, Latest and Tokens of a unit are looked at, and what has few names counts for nothing. Where
// there is little to count, a rate stays near that of the other classes.
func FitRates(seq iter.Seq2[Unit, bool]) Rates {
	var own, given counts
	for u, used := range seq {
		if u.seen() < 1 {
			continue
		}
		c := &given
		if u.Role == quire.RoleAssistant {
			c = &own
		}
		c.add(&u, used)
	}
	return Rates{Own: own.fit(), Given: given.fit()}
}

// counts is how often something was used, and how often it would have been at a rate of 1.
type counts [4][7]struct{ used, at1 float64 }

func (c *counts) add(u *Unit, used bool) {
	wait := waited(u.Idle)
	cell := &c[usesClass(u)][latestClass(u)]
	cell.at1 += float64(ln(wait+1)-ln(wait)) / one
	if used {
		cell.used++
	}
}

// prior is how many uses each factor is held to the middle by, so that a class which was
// hardly ever seen says nothing extreme.
const prior = 5.0

// fit finds the two factors by turns, each given the other: the likeliest ones, since
// uses are counted as rare events.
func (c *counts) fit() Rate {
	used, at1 := 0.0, 0.0
	for i := range c {
		for j := range c[i] {
			used, at1 = used+c[i][j].used, at1+c[i][j].at1
		}
	}
	mean := (used + 1) / (at1 + 4) // of nothing at all: a quarter
	r := Rate{}
	for j := range r.Latest {
		r.Latest[j] = 1
	}
	for range 50 {
		for i := range r.Uses {
			n, d := prior, prior/mean
			for j := range r.Latest {
				n, d = n+c[i][j].used, d+c[i][j].at1*r.Latest[j]
			}
			r.Uses[i] = n / d
		}
		for j := range r.Latest {
			n, d := prior, prior
			for i := range r.Uses {
				n, d = n+c[i][j].used, d+c[i][j].at1*r.Uses[i]
			}
			r.Latest[j] = n / d
		}
	}
	for _, list := range [][]float64{r.Uses[:], r.Latest[:]} {
		for i := range list {
			list[i] = math.Round(list[i]*1000) / 1000
		}
	}
	return r
}
