package render

import (
	"slices"
	"unicode/utf8"
)

// excerpt cuts segments to about keep bytes: two thirds from their beginning, one
// from their end, at the ends of runes, and one gap between. What it returns costs
// at most keep+maxGap, and it cuts nothing when the gap might take as much room as
// what it stands for. keep 0 or less is all.
func excerpt(segs []segment, keep int) []segment {
	if keep <= 0 || cost(segs)-maxGap <= keep {
		return segs
	}
	tail := keep / 3
	front, i, cut := takeFront(segs, keep-tail)
	back, j, end := takeBack(segs, tail)
	// Not shown: segment i behind cut, all between, segment j before end. As all
	// of it costs more than keep, i is before j or the same, and cut before end.
	left := end - cut
	for k := i; k < j; k++ {
		left += segs[k].size()
	}
	return append(append(front, segment{left: left}), back...)
}

// takeFront takes segments from the beginning while they fit into room, the
// last one in part: of segment i, what is before byte cut.
func takeFront(segs []segment, room int) (out []segment, i int, cut int64) {
	for i < len(segs)-1 && segs[i].cost() <= room {
		room -= segs[i].cost()
		i++
	}
	out = append(make([]segment, 0, i+4), segs[:i]...)
	s := segs[i]
	if s.left > 0 || s.note {
		return out, i, 0
	}
	n := min(max(room-1, 0), len(s.text))
	for n > 0 && n < len(s.text) && !utf8.RuneStart(s.text[n]) {
		n--
	}
	if s.text = s.text[:n]; n > 0 {
		out = append(out, s)
	}
	return out, i, int64(n)
}

// takeBack is takeFront from the end: of segment j, it takes what is behind byte
// end.
func takeBack(segs []segment, room int) (out []segment, j int, end int64) {
	j = len(segs) - 1
	for j > 0 && segs[j].cost() <= room {
		room -= segs[j].cost()
		j--
	}
	s := segs[j]
	if s.left > 0 || s.note {
		return segs[j+1:], j, s.size()
	}
	end = runeStart(s.text, int64(max(len(s.text)-max(room-1, 0), 0)))
	if s.text = s.text[end:]; s.text == "" {
		return segs[j+1:], j, end
	}
	return append([]segment{s}, segs[j+1:]...), j, end
}

// share returns the most that each of several things may take, so that together
// they take keep: the small ones stay whole, the large ones are cut to the same
// size. 0 is no limit.
func share(sizes []int, keep int) int {
	if keep <= 0 {
		return 0
	}
	sizes = slices.Clone(sizes)
	slices.Sort(sizes)
	for i, n := range sizes {
		each := keep / (len(sizes) - i)
		if n > each {
			return max(each, 1)
		}
		keep -= n
	}
	return 0
}

// between returns what stands at bytes [from, to) of the content, with one line
// break between two parts of a message, and how many bytes all of it has. to 0 is
// its end. A rune belongs to the range in which it begins, so that ranges that
// follow on each other show everything once.
func between(segs []segment, from, to int64) (out []segment, lo, hi, size int64) {
	started := false
	for i := range segs {
		size += lineBreak(&segs[i], &started) + segs[i].width()
	}
	hi = to
	if to <= 0 || to > size {
		hi = size
	}
	lo = min(max(from, 0), hi)
	at := int64(0)
	started = false
	for _, s := range segs {
		at += lineBreak(&s, &started)
		w := s.width()
		a, z := min(max(lo-at, 0), w), min(max(hi-at, 0), w)
		at += w
		if a >= z {
			continue
		}
		if s.left > 0 {
			s.left = z - a
		} else {
			s.text = s.text[runeStart(s.text, a):runeStart(s.text, z)]
		}
		out = append(out, s)
	}
	return out, lo, hi, size
}

// lineBreak is the bytes of the line break before s: none before the first
// segment that has content.
func lineBreak(s *segment, started *bool) int64 {
	if s.note {
		return 0
	}
	first := !*started
	*started = true
	if first || s.joined {
		return 0
	}
	return 1
}

// runeStart returns the first place from i on where a rune starts.
func runeStart(s string, i int64) int64 {
	for i < int64(len(s)) && !utf8.RuneStart(s[i]) {
		i++
	}
	return i
}
