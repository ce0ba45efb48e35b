package work

// slip is a mistake that the reader makes in one job.
type slip uint8

const (
	noSlip     slip = iota
	firstOf         // takes the first of two values that it sees, not the newest
	blind           // sees no value beyond the first 20,000 tokens
	noSearch        // does not search where it would have to
	stubAsText      // reads what only names a message as if it were the message
)

// blindBeyond is the first 20,000 tokens, in bytes of text.
const blindBeyond = 80_000

// slipFor is the mistake that belongs to a job: of a hundred jobs 5 have the first,
// 5 the second, 10 the third and 2 the last.
func slipFor(job string) slip {
	switch n := hashOf("slip", job) % 100; {
	case n < 5:
		return firstOf
	case n < 10:
		return blind
	case n < 20:
		return noSearch
	case n < 22:
		return stubAsText
	}
	return noSlip
}
