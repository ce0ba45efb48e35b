package ledger

import "time"

// sparse returns the boundaries that a cache which finds any common prefix is
// remembered by.
func (c *rules) sparse(bounds []Boundary, now time.Time) []Written {
	from := 0
	for from < len(bounds) && c.cacheable(bounds[from].Tokens) == 0 {
		from++
	}
	kept := thin(bounds[from:], func(b Boundary) int { return b.Tokens })
	out := make([]Written, len(kept))
	for i, b := range kept {
		out[i] = written(b, now)
	}
	return out
}

// thin keeps at most [MaxEntries] of a list that grows in tokens: the last one,
// the first one, and of the others fewer and fewer with their distance from the
// end. Between two that are kept, the distance of the further one is at most an
// eighth more than that of any left out between them, or twice that share and so
// on when that is still too many.
func thin[T any](list []T, tokens func(T) int) []T {
	for share := 0.125; share < 1<<62; share *= 2 {
		if out, ok := thinBy(list, tokens, share); ok {
			return out
		}
	}
	return list[len(list)-MaxEntries:] // it does not grow
}

func thinBy[T any](list []T, tokens func(T) int, share float64) (out []T, ok bool) {
	if len(list) == 0 {
		return nil, true
	}
	end := tokens(list[len(list)-1])
	var picked [MaxEntries]int
	n := 0
	for i := len(list) - 1; i >= 0; {
		if n == MaxEntries {
			return nil, false
		}
		picked[n] = i
		n++
		i-- // the nearest that would be left out
		if i < 0 {
			break
		}
		reach := float64(end-tokens(list[i])) * (1 + share)
		for i > 0 && float64(end-tokens(list[i-1])) <= reach {
			i--
		}
	}
	out = make([]T, n)
	for i := range n {
		out[i] = list[picked[n-1-i]]
	}
	return out, true
}
