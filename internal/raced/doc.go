// Package raced tells tests whether the race detector watches them. Then they take ten times
// as long, and it finds nothing where there is one goroutine: long lives of one are short
// under it, or left out; .ci/run runs them without it too.
package raced

// Fewer is how many of n the same things a test does: all, or a tenth and at least one under
// the detector.
func Fewer(n int) int {
	if On {
		return max(n/10, 1)
	}
	return n
}

// Skip leaves a test of one goroutine out under the detector.
func Skip(t interface {
	Helper()
	Skip(args ...any)
}) {
	t.Helper()
	if On {
		t.Skip("it has one goroutine, and runs without the race detector")
	}
}
