package ledger

import (
	"cmp"
	"slices"
	"time"

	"github.com/quire-dev/quire/price"
)

// Predict makes the bill of a request before it is sent. bounds are all its
// message boundaries, in order; marks are the Index values of the boundaries
// that it marks for the cache (others are ignored); total is its whole input in
// tokens, with what stands behind the last boundary: the volatile tail, which
// is never cached. It is a pure function.
//
// Exact caches: the longest readable prefix that a mark sees within its
// look-back is read, the rest up to the last mark is written; with Units the
// longest of all is read, and nothing written. Others: the longest common prefix
// is read, down to the quantum and never all of the request, and the rest up to
// the last boundary written; marks don't matter. What is left is uncached. Of what is
// written, that up to the last mark for the longer life has its price.
func (l Ledger) Predict(m price.CostModel, now time.Time, bounds []Boundary, marks []int, total int) price.Bill {
	c := rules(m)
	known := l.readable(&c, now)
	hit, end, long := -1, len(bounds)-1, -1
	if c.Exact {
		at := c.marked(bounds, marks)
		hit, end = c.lookUp(&known, bounds, at), -1
		if len(at) > 0 && !c.Units {
			end = at[len(at)-1]
			long = c.lastLong(bounds, at, hit)
		}
	} else {
		hit = known.common(bounds)
	}
	var b price.Bill
	if hit >= 0 {
		b.Read = c.cacheable(known.tokens(bounds[hit]))
		if !c.Exact {
			b.Read = c.cacheable(min(bounds[hit].Tokens, total-1))
		}
	}
	if end >= 0 {
		if kept := bounds[end].Tokens; c.cacheable(kept) > 0 {
			b.Write = max(0, kept-b.Read)
		}
	}
	b.Uncached = max(0, total-b.Read-b.Write)
	kept := 0
	if long >= 0 {
		kept = max(0, bounds[long].Tokens-b.Read)
	}
	b.Cost = c.mixed(b.Read, b.Write, kept, b.Uncached)
	return b
}

// lastLong is the position of the last mark beyond what was read that asks for the
// longer life, -1 if none does.
func (c *rules) lastLong(bounds []Boundary, marks []int, hit int) int {
	for _, i := range slices.Backward(marks) {
		if c.LongTTL > 0 && i > hit && bounds[i].Long {
			return i
		}
	}
	return -1
}

// marked returns the positions in bounds of the marks that count, in order.
func (c *rules) marked(bounds []Boundary, marks []int) []int {
	at := make([]int, 0, len(marks))
	for _, m := range marks {
		i, ok := slices.BinarySearchFunc(bounds, m, func(b Boundary, m int) int { return cmp.Compare(b.Index, m) })
		if ok {
			at = append(at, i)
		}
	}
	slices.Sort(at)
	at = slices.Compact(at)
	if c.Marks > 0 && len(at) > c.Marks {
		at = at[len(at)-c.Marks:]
	}
	return slices.DeleteFunc(at, func(i int) bool { return c.cacheable(bounds[i].Tokens) == 0 })
}

// lookUp returns the last boundary with a readable entry that one of the marks
// sees, -1 if none does.
func (c *rules) lookUp(known *index, bounds []Boundary, marks []int) int {
	if c.Units {
		return known.common(bounds)
	}
	for k := len(marks) - 1; k >= 0; k-- {
		floor := -1 // what the mark before sees for itself, if its view is no narrower
		if c.Lookback <= 0 && k > 0 {
			floor = marks[k-1]
		}
		seen := 0
		for i := marks[k]; i > floor; i-- {
			if c.Lookback > 0 && seen >= c.Lookback {
				break
			}
			if known.has(bounds[i].Prefix) && c.cacheable(bounds[i].Tokens) > 0 {
				return i
			}
			seen += max(1, bounds[i].Blocks)
		}
	}
	return -1
}
