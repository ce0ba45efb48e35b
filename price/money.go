package price

import (
	"fmt"
	"math"
	"strings"
)

// Money is an amount in millionths of a US dollar. Sums of it are exact.
type Money int64

// Dollar is one US dollar.
const Dollar Money = 1_000_000

// Plus returns the sum; what is beyond the largest amount is the largest.
func (m Money) Plus(o Money) Money {
	switch {
	case o > 0 && m > math.MaxInt64-o:
		return math.MaxInt64
	case o < 0 && m < math.MinInt64-o:
		return math.MinInt64
	}
	return m + o
}

// String is the amount in dollars, exactly, with two places or more: "$0.0123".
func (m Money) String() string {
	sign, n := "", uint64(m)
	if m < 0 {
		sign, n = "-", -n
	}
	s := fmt.Sprintf("%06d", n%uint64(Dollar))
	for len(s) > 2 && strings.HasSuffix(s, "0") {
		s = s[:len(s)-1]
	}
	return fmt.Sprintf("%s$%d.%s", sign, n/uint64(Dollar), s)
}
