package tokenizer

import "math/bits"

// maxShort is the bytes up to which a piece is merged on the stack, by looking
// for the best pair again after each merge. That is quadratic, so longer
// pieces are merged by a tree.
const maxShort = 64

// scratch is what counting needs beside the stack: room to merge a window of a long
// piece, what was mended of one, and the memo. It is reused through a pool; what is
// left in it from other texts changes no count.
type scratch struct {
	starts []uint64     // a bit for each byte where a part begins
	tree   [12][]uint64 // pairs by offset, and the least of them; see mergeLong
	top    int          // the last level of the tree
	mended []byte
	taken  int // bytes of a long piece that were read
	merged int // bytes that mergeLong was given; tests bound them
	memo   memo
}

// countPiece returns the tokens of a piece of valid UTF-8. It reads the bytes
// behind p up to its capacity, which change nothing.
func (v *vocabulary) countPiece(p []byte, s *scratch) int {
	switch {
	case len(p) <= maxMemo:
		return v.countShort(p, &s.memo)
	case len(p) <= maxShort:
		return v.count(p)
	case v.rank(p) != none:
		return 1
	}
	return v.countLong(longPiece{text: p}, s)
}

// count returns the tokens of a piece of at most maxShort bytes.
func (v *vocabulary) count(p []byte) int {
	if len(p) == 1 || v.rank(p) != none {
		return 1
	}
	var text shortText
	return v.mergeShort(&text, copy(text[:], p))
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
