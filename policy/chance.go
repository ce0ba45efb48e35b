package policy

import "math/bits"

// Chances are reckoned in whole numbers, in parts of one: the same on every machine.
const one = 1 << 16

// ln is the natural logarithm of n ≥ 1 in parts of one, with straight lines between the
// powers of two: at most 6% of one too small, which is nothing beside what a rate is known
// to.
func ln(n int) int {
	b := bits.Len(uint(max(n, 1))) - 1
	log2 := b<<16 + (n<<16)>>b - one
	return log2 * 45426 >> 16 // ln 2
}

// decay is e to the power of −y, y and the result in parts of one, with straight lines
// between the powers of two.
func decay(y int) int {
	log2 := y * 94548 >> 16 // 1 ÷ ln 2
	if log2 >= 40<<16 {
		return 0
	}
	return (one - log2&(one-1)/2) >> (log2 >> 16)
}

// chance is how likely something with this rate (in parts of one), last used wait calls
// ago, is used in the next calls, in parts of one.
func chance(rate, wait, calls int) int {
	return one - decay(rate*(ln(wait+calls)-ln(wait))>>16)
}
