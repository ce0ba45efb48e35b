package replaying

import (
	"fmt"
	"strconv"
)

// Number writes an integer with its thousands apart.
func Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// OrDash is [Number], and a dash for 0.
func OrDash(n int) string {
	if n == 0 {
		return "-"
	}
	return Number(n)
}

// Percent is a share in percent; a dash of nothing.
func Percent(n, of int) string { return Ratio(float64(n), float64(of)) }

// Ratio is [Percent] of what is no whole number.
func Ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*a/b)
}
