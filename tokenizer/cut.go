package tokenizer

import "unicode/utf8"

// CountUpTo counts s but stops as soon as more than limit tokens are certain.
// With over false, n is exact and at most limit; with over true, n is more
// than limit and at most the whole count. The time it takes depends on limit,
// not on the length of s, unless s begins with one huge unbroken run.
func (e *Encoding) CountUpTo(s string, limit int) (n int, over bool) {
	return e.countUpTo([]byte(s), limit)
}

func (e *Encoding) countUpTo(b []byte, limit int) (n int, over bool) {
	s := e.pool.get()
	defer e.pool.put(s)
	for i := 0; i < len(b) && n <= limit; {
		end := e.split.next(e.table, b, i)
		n += e.piece(b[i:end], false, s)
		i = end
	}
	return n, n > limit
}

// Head returns a prefix of s that counts at most limit tokens, and its exact
// count. It ends where a piece of the split ends, usually a word, so it is the
// longest such prefix up to the last word; only a run of more than 64 bytes
// without a break is cut inside, at a rune, at nearly the longest prefix.
// What s holds behind the head is not read.
func (e *Encoding) Head(s string, limit int) (head string, n int) {
	cut, n := e.head([]byte(s), limit)
	return s[:cut], n
}

func (e *Encoding) head(b []byte, limit int) (cut, n int) {
	s := e.pool.get()
	defer e.pool.put(s)
	total := 0
	for i := 0; i < len(b); {
		end := e.split.next(e.table, b, i)
		p := b[i:end]
		// A long piece is not even counted when it is too long to fit.
		if room := limit - total; len(p) <= maxShort || len(p)/e.words.maxLen <= room {
			total += e.piece(p, false, s)
		} else {
			total = limit + 1
		}
		if total > limit {
			if len(p) > maxShort {
				return e.headInside(b, cut, n, end, limit)
			}
			return cut, n
		}
		i = end
		// White space at the end of a text is one piece, in the middle of it
		// two: a cut right behind it could change the count.
		if end == len(b) || !e.endsBlank(p) {
			cut, n = end, total
		}
	}
	return cut, n
}

// endsBlank says whether p ends in white space that is not a line break.
func (e *Encoding) endsBlank(p []byte) bool {
	_, size := utf8.DecodeLastRune(p)
	c, _ := e.table.at(p, len(p)-size)
	return c&(classSpace|classNewline) == classSpace
}

// headInside lengthens a head of b that ends at cut with n tokens into the long
// piece that ends at end: doubling, then halving, each try counted.
func (e *Encoding) headInside(b []byte, cut, n, end, limit int) (int, int) {
	from, base := cut, n
	try := func(size int) bool {
		at := runeStart(b, min(from+size, end))
		t, over := e.countUpTo(b[from:at], limit-base)
		if !over && at > cut {
			cut, n = at, base+t
		}
		return !over && at < end
	}
	size := max(limit-base, 1)
	for try(size) {
		size *= 2
	}
	for step := size / 4; step > size/64 && step > 0; step /= 2 {
		try(cut - from + step)
	}
	return cut, n
}

// runeStart returns the largest index up to i at which b can be cut without
// cutting a rune.
func runeStart(b []byte, i int) int {
	for k := i; k > 0 && k > i-utf8.UTFMax && k < len(b); k-- {
		if utf8.RuneStart(b[k]) {
			return k
		}
	}
	return i
}

// Tail returns a suffix of s that counts at most limit tokens, and its exact
// count. It begins where a piece of the split begins; only a run of more than
// 64 bytes without a break is cut inside. It reads all of s.
func (e *Encoding) Tail(s string, limit int) (tail string, n int) {
	cut, n := e.tail([]byte(s), limit)
	return s[cut:], n
}

func (e *Encoding) tail(b []byte, limit int) (cut, n int) {
	s := e.pool.get()
	defer e.pool.put(s)
	left := e.count(b)
	i := 0
	for left > limit && i < len(b) {
		end := e.split.next(e.table, b, i)
		t := e.piece(b[i:end], false, s)
		left -= t
		if left <= limit && end-i > maxShort {
			return e.tailInside(b, i, end, left, limit)
		}
		i = end
	}
	return i, left
}

// tailInside lengthens the tail of b that begins at end with n tokens into the
// long piece that begins at from. What is in front of a piece never changes
// it, so a tail may begin anywhere.
func (e *Encoding) tailInside(b []byte, from, end, n, limit int) (int, int) {
	cut := end
	try := func(size int) bool {
		at := runeStart(b, max(end-size, from))
		t, over := e.countUpTo(b[at:], limit)
		if !over && at < cut {
			cut, n = at, t
		}
		return !over && at > from
	}
	size := max(limit-n, 1)
	for try(size) {
		size *= 2
	}
	for step := size / 4; step > size/64 && step > 0; step /= 2 {
		try(end - cut + step)
	}
	return cut, n
}
