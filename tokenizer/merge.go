package tokenizer

import "math/bits"

// maxShort is the bytes up to which a piece is merged on the stack, by looking
// for the best pair again after each merge. That is quadratic, so longer
// pieces go through a heap.
const maxShort = 64

// scratch is what counting needs beside the stack: room for long pieces and for
// those with invalid UTF-8, and the memo. It is reused through a pool; what is
// left in it from other texts changes no count.
type scratch struct {
	next, prev []int32  // where the parts beside the one at an offset begin
	rank       []uint32 // of the part at an offset joined with the next
	heap       []uint64 // pairs by rank, then offset; some out of date
	mended     []byte
	steps      int // heap moves of the last mergeLong; tests bound them
	memo       memo
}

// countPiece returns the tokens of a piece of valid UTF-8.
func (v *vocabulary) countPiece(p []byte, s *scratch) int {
	switch {
	case len(p) == 1 || v.rank(p) != none:
		return 1
	case len(p) > maxShort:
		return v.mergeLong(p, s)
	}
	var text shortText
	n := copy(text[:], p)
	if n > memoKey {
		return v.mergeShort(&text, n)
	}
	m := s.memo.at(&text, n)
	if !m.holds(&text, n) {
		m.set(&text, n, v.mergeShort(&text, n))
	}
	return int(m.count)
}

// mergeShort joins the pair of neighbouring parts with the lowest rank, the
// leftmost of equals, until no pair is a token. It returns how many parts are
// left of the first n bytes of p, 2 to maxShort of them.
//
// Parts stay where they begin: bit i of starts says that one begins at p[i:],
// and pairs[i] holds the rank of that part joined with the next, with i below
// it, so that the smallest number is the pair to join and says where it is.
func (v *vocabulary) mergeShort(p *shortText, n int) int {
	var pairs [maxShort]uint32
	for i := range n - 1 {
		pairs[i] = shortPair(v.pairs[pairOf(p[:], i)], i)
	}
	used := pairs[:(n+3)&^3] // whole fours, for smallest
	for i := n - 1; i < len(used); i++ {
		used[i] = none
	}
	starts := ^uint64(0) >> (maxShort - n)
	for {
		least := smallest(used)
		if least == none {
			return bits.OnesCount64(starts)
		}
		i := int(least & (maxShort - 1))
		j := after(starts, i, n)
		starts &^= 1 << j
		used[j] = none
		end := after(starts, i, n)
		used[i] = none
		if end < n {
			used[i] = shortPair(v.rankShort(p, i, after(starts, end, n)), i)
		}
		if below := starts & (1<<i - 1); below != 0 {
			h := bits.Len64(below) - 1
			used[h] = shortPair(v.rankShort(p, h, end), h)
		}
	}
}

// shortText is a short piece with room behind it, so that 8 bytes can be read
// at any place of it.
type shortText [maxShort + 8]byte

// rankShort returns the rank of p[i:j].
func (v *vocabulary) rankShort(p *shortText, i, j int) uint32 {
	if j-i <= 8 {
		return v.findWord(firstBytes(p[i:], j-i), j-i)
	}
	return v.find(p[i:j])
}

// shortPair packs a rank and an offset below maxShort; none stays none.
func shortPair(rank uint32, i int) uint32 {
	if rank == none {
		return none
	}
	return rank*maxShort | uint32(i)
}

// after returns where the part behind the one at i begins; n when it is the
// last.
func after(starts uint64, i, n int) int {
	return min(i+1+bits.TrailingZeros64(starts>>i>>1), n)
}

// smallest has no branch that depends on the numbers, in four chains that the
// processor runs side by side. The length of x is a multiple of four.
func smallest(x []uint32) uint32 {
	a, b, c, d := none, none, none, none
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d = min(a, x[0]), min(b, x[1]), min(c, x[2]), min(d, x[3])
	}
	return min(a, b, c, d)
}

const offsetBits = 40 // of a heap entry; the rest is the rank

// mergeLong does what mergeShort does in O(n log n). p must be shorter than
// 2 GiB.
func (v *vocabulary) mergeLong(p []byte, s *scratch) int {
	n := len(p)
	v.fill(p, s)
	parts := n
	for len(s.heap) > 0 {
		top := s.heap[0]
		i := int(top & (1<<offsetBits - 1))
		if s.rank[i] != uint32(top>>offsetBits) {
			s.pop() // the pair has changed since
			continue
		}
		parts--
		j := int(s.next[i])
		end := int(s.next[j])
		s.next[i], s.rank[j] = int32(end), none
		r := none
		if end < n {
			s.prev[end] = int32(i)
			r = v.rank(p[i:s.next[end]])
		}
		s.rank[i] = r
		if r != none {
			s.replaceTop(uint64(r)<<offsetBits | uint64(i))
		} else {
			s.pop()
		}
		if h := int(s.prev[i]); h >= 0 {
			s.rank[h] = v.rank(p[h:end])
			if s.rank[h] != none {
				s.push(uint64(s.rank[h])<<offsetBits | uint64(h))
			}
		}
	}
	return parts
}

// fill makes a part of each byte of p, and a heap of their pairs.
func (v *vocabulary) fill(p []byte, s *scratch) {
	n := len(p)
	s.prepare(n)
	for i := range n - 1 {
		s.next[i], s.prev[i] = int32(i+1), int32(i-1)
		r := v.pairs[pairOf(p, i)]
		s.rank[i] = r
		if r != none {
			s.heap = append(s.heap, uint64(r)<<offsetBits|uint64(i))
		}
	}
	s.next[n-1], s.prev[n-1], s.rank[n-1] = int32(n), int32(n-2), none
	s.order()
}

// prepare makes room for a piece of n bytes.
func (s *scratch) prepare(n int) {
	if cap(s.next) < n {
		size := n + n/4
		s.next = make([]int32, size)
		s.prev = make([]int32, size)
		s.rank = make([]uint32, size)
	}
	s.next, s.prev, s.rank = s.next[:n], s.prev[:n], s.rank[:n]
	if cap(s.heap) < n {
		s.heap = make([]uint64, 0, n+n/4)
	}
	s.heap, s.steps = s.heap[:0], 0
}

// order makes a heap of what was appended in any order.
func (s *scratch) order() {
	for i := len(s.heap)/arity + 1; i >= 0; i-- {
		if i < len(s.heap) {
			s.down(i)
		}
	}
}

// arity is the children of a heap node: four share half a cache line, and the
// tree is half as deep as with two.
const arity = 4

func (s *scratch) push(x uint64) {
	s.heap = append(s.heap, x)
	h, i := s.heap, len(s.heap)-1
	for i > 0 {
		up := (i - 1) / arity
		if h[up] <= x {
			break
		}
		h[i] = h[up]
		i = up
		s.steps++
	}
	h[i] = x
}

func (s *scratch) pop() {
	end := len(s.heap) - 1
	s.heap[0] = s.heap[end]
	s.heap = s.heap[:end]
	if end > 0 {
		s.down(0)
	}
}

func (s *scratch) replaceTop(x uint64) {
	s.heap[0] = x
	s.down(0)
}

func (s *scratch) down(i int) {
	h := s.heap
	x := h[i]
	for {
		first := arity*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for c := first + 1; c < min(first+arity, len(h)); c++ {
			if h[c] < h[least] {
				least = c
			}
		}
		if h[least] >= x {
			break
		}
		h[i] = h[least]
		i = least
		s.steps++
	}
	h[i] = x
}
