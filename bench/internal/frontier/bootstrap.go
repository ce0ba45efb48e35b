package frontier

import (
	"math/rand/v2"
	"slices"
)

// resampled is how often the units are drawn anew, and tail the share of the results
// that is left out on each side.
const (
	resampled = 2000
	tail      = 0.025
)

// resamples draws units with replacement, the same at every run.
func resamples(units int) [][]int {
	r := rand.New(rand.NewPCG(20261129, 1))
	out := make([][]int, resampled)
	for i := range out {
		out[i] = make([]int, units)
		for k := range out[i] {
			out[i][k] = r.IntN(units)
		}
	}
	return out
}

// interval is between what most resamples of the ratio of two sums lie. Each draw takes
// the same units of both: what makes a life dear is dear for both. One unit says
// nothing of how they vary.
func interval(draws [][]int, units, base []float64) (low, high float64, ok bool) {
	if len(units) < 2 || len(units) != len(base) {
		return 0, 0, false
	}
	ratios := make([]float64, len(draws))
	for i, draw := range draws {
		a, b := 0.0, 0.0
		for _, k := range draw {
			a += units[k]
			b += base[k]
		}
		if b == 0 {
			return 0, 0, false
		}
		ratios[i] = a / b
	}
	slices.Sort(ratios)
	out := int(tail * float64(len(ratios)))
	return ratios[out], ratios[len(ratios)-1-out], true
}

// blockCalls is how many calls of a single life make a unit.
const blockCalls = 20

// Blocks are the sums over blocks of calls of what runs up over a life: totals[t] is
// the sum up to call t. The last block may be shorter.
func Blocks(totals []float64) []float64 {
	var out []float64
	before := 0.0
	for from := 0; from < len(totals); from += blockCalls {
		last := totals[min(from+blockCalls, len(totals))-1]
		out = append(out, last-before)
		before = last
	}
	return out
}
