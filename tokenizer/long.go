package tokenizer

import (
	"bytes"
	"math/bits"
	"unicode/utf8"
)

// firstWindow is the bytes of a long piece that are merged at a time, if that is
// enough to be exact.
const firstWindow = 1024

// countLong returns the tokens of a piece without merging all of it at once, so
// that a megabyte takes no more room than a kilobyte.
//
// Call E(p) what merging makes of p: the pair with the lowest rank first, the
// leftmost of equals, until none is a token. Two facts hold for any vocabulary:
//
//   - Neighbours in E(p) are E of the bytes that they span. No merge crosses their
//     outer ends, and of the pairs inside, the one that is first in p is the first
//     inside as well.
//   - Tokens of which every two neighbours are E of the bytes that they span are E
//     of the whole. Otherwise there were a first merge across one of the ends
//     between them; all before it are inside of tokens, so merging the two tokens
//     beside that end alone comes to it too.
//
// So if E of one window and E of a later one that overlaps it have a token in
// common, in the same place, the tokens up to it and those from it on are E of
// both windows together. Here each window begins with a token of the one before.
// Where that is not its first token, what stands behind a window has changed
// tokens far in front of its end. That takes a text that was made for it; it is
// counted again in larger windows, in the end in one.
func (v *vocabulary) countLong(p longPiece, s *scratch) int {
	for size := firstWindow; ; size *= 8 {
		if n, ok := v.countWindows(p, size, s); ok {
			return n
		}
	}
}

// countWindows is countLong with windows of one size; ok says that they met.
func (v *vocabulary) countWindows(p longPiece, size int, s *scratch) (n int, ok bool) {
	s.mended, s.taken = s.mended[:0], 0
	want := 0 // bytes of the token that must be the first; 0 when any may
	for {
		w := p.peek(size, s)
		count := v.mergeLong(w, s)
		first := s.after(0, len(w))
		if want > 0 && first != want {
			return 0, false
		}
		if p.holds(w, s) {
			return n + count, true
		}
		step := s.upTo(size - size/4)
		if step == 0 {
			return 0, false
		}
		want = s.after(step, size) - step
		count = s.startsBelow(step)
		n += count
		for want == first && p.repeats(size, step, s) {
			p.skip(step, s)
			n += count
		}
		p.skip(step, s)
	}
}

// longPiece is a piece that is read a window at a time, as far as scratch.taken. If
// it is not valid UTF-8, what is mended and not skipped yet is in scratch.mended.
type longPiece struct {
	text []byte
	bad  bool
}

// peek returns the next n bytes, or all if there are fewer. They stay until the
// next call.
func (p longPiece) peek(n int, s *scratch) []byte {
	if !p.bad {
		return p.text[s.taken:min(s.taken+n, len(p.text))]
	}
	for len(s.mended) < n && s.taken < len(p.text) {
		r, size := utf8.DecodeRune(p.text[s.taken:])
		s.mended = utf8.AppendRune(s.mended, r)
		s.taken += size
	}
	return s.mended[:min(n, len(s.mended))]
}

func (p longPiece) skip(n int, s *scratch) {
	if p.bad {
		s.mended = s.mended[:copy(s.mended, s.mended[n:])]
	} else {
		s.taken += n
	}
}

// holds says whether w, from peek, is all that is left.
func (p longPiece) holds(w []byte, s *scratch) bool {
	if p.bad {
		return s.taken == len(p.text) && len(w) == len(s.mended)
	}
	return s.taken+len(w) == len(p.text)
}

// repeats says whether the window of a size that is a step further on is equal to
// this one, as in a run of one sign.
func (p longPiece) repeats(size, step int, s *scratch) bool {
	b := p.peek(size+step, s)
	return len(b) == size+step && bytes.Equal(b[:size], b[step:])
}

// fan is how many pairs, or groups of them, are compared at once.
const fan = 16

// noPair is more than every pair.
const noPair = ^uint64(0)

// mergeLong does what mergeShort does for any number of bytes, 1 or more. Parts
// stay where they begin, in s.starts. s.tree holds the pairs by the offset of
// their left part, then the least of each group of fan, then the least of those,
// until there are at most fan.
func (v *vocabulary) mergeLong(p []byte, s *scratch) int {
	n := len(p)
	v.fill(p, s)
	parts := n
	for {
		least := s.least()
		if least == noPair {
			return parts
		}
		parts--
		i := int(least & (1<<offsetBits - 1))
		j := s.after(i, n)
		end := s.after(j, n)
		s.starts[j/64] &^= 1 << (j % 64)
		s.set(j, noPair)
		if end < n {
			s.set(i, longPair(v.rankIn(p, i, s.after(end, n)), i))
		} else {
			s.set(i, noPair)
		}
		if i > 0 {
			h := s.upTo(i - 1)
			s.set(h, longPair(v.rankIn(p, h, end), h))
		}
	}
}

const offsetBits = 40 // of a pair in the tree; the rest is the rank

func longPair(rank uint32, i int) uint64 {
	if rank == none {
		return noPair
	}
	return uint64(rank)<<offsetBits | uint64(i)
}

// rankIn returns the rank of p[i:j].
func (v *vocabulary) rankIn(p []byte, i, j int) uint32 {
	if n := j - i; n <= 8 && i+8 <= len(p) {
		return v.findWord(firstBytes(p[i:], n), n)
	}
	return v.find(p[i:j])
}

// fill makes a part of each byte of p, and the tree of their pairs.
func (v *vocabulary) fill(p []byte, s *scratch) {
	n := len(p)
	s.starts = resize(s.starts, n/64+1)
	for i := range s.starts {
		s.starts[i] = ^uint64(0)
	}
	s.starts[n/64] = 1<<(n%64) - 1
	s.merged += n

	x := s.level(0, n)
	for i := range n - 1 {
		x[i] = longPair(v.pairs[pairOf(p, i)], i)
	}
	x[n-1] = noPair
	for s.top = 0; len(x) > fan; s.top++ {
		up := s.level(s.top+1, len(x)/fan)
		for i := range len(x) / fan {
			up[i] = leastOf((*[fan]uint64)(x[i*fan:]))
		}
		x = up
	}
}

// level makes room for n numbers in a level of the tree, filled up to whole
// groups with noPair.
func (s *scratch) level(l, n int) []uint64 {
	x := resize(s.tree[l], (n+fan-1)/fan*fan)
	for i := n; i < len(x); i++ {
		x[i] = noPair
	}
	s.tree[l] = x
	return x
}

// resize returns a slice of n numbers, which may hold anything.
func resize(x []uint64, n int) []uint64 {
	if cap(x) < n {
		return make([]uint64, n, 1<<bits.Len(uint(n)))
	}
	return x[:n]
}

// least returns the pair to join.
func (s *scratch) least() uint64 { return leastOf((*[fan]uint64)(s.tree[s.top])) }

// set changes the pair at an offset, and what it changes above.
func (s *scratch) set(i int, pair uint64) {
	for l := 0; ; l++ {
		x := s.tree[l]
		was := x[i]
		x[i] = pair
		if l == s.top || was == pair {
			return
		}
		i /= fan
		switch least := s.tree[l+1][i]; {
		case pair < least:
		case was == least:
			pair = leastOf((*[fan]uint64)(x[i*fan:]))
		default:
			return
		}
	}
}

// leastOf is smallest for the groups of a tree.
func leastOf(x *[fan]uint64) uint64 {
	a, b, c, d := x[0], x[1], x[2], x[3]
	for i := 4; i < fan; i += 4 {
		a, b, c, d = min(a, x[i]), min(b, x[i+1]), min(c, x[i+2]), min(d, x[i+3])
	}
	return min(a, b, c, d)
}

// after returns where the part behind the one at i begins; n when it is the last.
func (s *scratch) after(i, n int) int {
	w := i / 64
	if x := s.starts[w] >> (i % 64) >> 1; x != 0 {
		return i + 1 + bits.TrailingZeros64(x)
	}
	for w++; w < len(s.starts); w++ {
		if x := s.starts[w]; x != 0 {
			return w*64 + bits.TrailingZeros64(x)
		}
	}
	return n
}

// upTo returns the last begin of a part that is not behind i. One begins at 0.
func (s *scratch) upTo(i int) int {
	w := i / 64
	x := s.starts[w] << (63 - i%64)
	if x != 0 {
		return i - bits.LeadingZeros64(x)
	}
	for w--; s.starts[w] == 0; w-- {
	}
	return w*64 + 63 - bits.LeadingZeros64(s.starts[w])
}

// startsBelow counts the parts that begin before i.
func (s *scratch) startsBelow(i int) int {
	n := bits.OnesCount64(s.starts[i/64] & (1<<(i%64) - 1))
	for _, x := range s.starts[:i/64] {
		n += bits.OnesCount64(x)
	}
	return n
}
