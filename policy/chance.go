package policy

import "math/bits"

// Chances are reckoned in whole numbers, in parts of one: the same on every machine.
const one = 1 << 16

// ln is the natural logarithm of n ≥ 1 in parts of one, with straight lines between the
// powers of two: at most 6% of one too small, which is nothing beside what a rate is known
// to.
func ln(n int) int {
	n = max(n, 1)
	b := bits.Len(uint(n)) - 1
	part := n << 16 >> b
	if b > 16 { // the same without overflow
		part = n >> (b - 16)
	}
	return (b<<16 + part - one) * 45426 >> 16 // ln 2
}

// decay is e to the power of −y, y ≥ 0 and the result in parts of one, with straight lines
// between the powers of two.
func decay(y int) int {
	log2 := y * 94548 >> 16 // 1 ÷ ln 2
	if log2 >= 40<<16 {
		return 0
	}
	return (one - log2&(one-1)/2) >> (log2 >> 16)
}

// mostRate is the highest rate that is reckoned with: such a thing is used for certain.
const mostRate = 1 << 10

// parts is a rate in parts of one. What is no rate, like a negative one, is none.
func parts(rate float64) int {
	if !(rate > 0) {
		return 0
	}
	return int(min(rate, mostRate) * one)
}

// longest is the longest time that is told apart, in calls.
const longest = 1 << 40

// waited is how many calls ago something was used that has been idle since, at least 1.
func waited(idle int) int { return min(max(idle, 0), longest) + 1 }
