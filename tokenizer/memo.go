package tokenizer

import (
	"encoding/binary"
	"math/bits"
)

// memo remembers the counts of short pieces. The words and names of a text come
// again and again: to find one here reads one place, to find it among the tokens
// four, and to merge it takes about twenty look-ups. A place holds the last piece
// that was hashed to it, whole, so that a wrong count is impossible.
//
// A key is the bytes of a piece, filled up with 0, and in the last byte of it how
// many there are; the tokens are in that byte too.
type memo struct {
	short [1 << shortBits][2]uint64 // up to 15 bytes
	names [1 << nameBits][4]uint64  // 16 to 30, of which 15 are taken off, as an empty place is all 0
}

const (
	shortBits = 13
	nameBits  = 11
	maxMemo   = 30 // bytes of the longest piece that is remembered

	lengthAt = 60       // of 4 bits in the last number of a key
	countAt  = 56       // of 4 bits: a piece of more tokens is not remembered
	noCount  = 15 << 56 // of none, in a key that is looked for
)

// masks has the bits of the first n bytes of 16, for n up to 15.
var masks = func() (m [16][2]uint64) {
	for n := range m {
		m[n] = [2]uint64{1<<(8*min(n, 8)) - 1, 1<<(8*max(n-8, 0)) - 1}
	}
	return m
}()

// countShort returns the tokens of a piece of at most maxMemo bytes.
func (v *vocabulary) countShort(p []byte, m *memo) int {
	if n := len(p); n < 16 {
		x, y := load16(p)
		x, y = x&masks[n][0], y&masks[n][1]|uint64(n)<<lengthAt
		e := &m.short[(x^y*hashB)*hashA>>(64-shortBits)]
		if e[0] == x && e[1]&^noCount == y {
			return int(e[1] >> countAt & 15)
		}
		count := v.count(p)
		if count < 16 {
			*e = [2]uint64{x, y | uint64(count)<<countAt}
		}
		return count
	}
	return v.countName(p, m)
}

func (v *vocabulary) countName(p []byte, m *memo) int {
	n := len(p)
	x, y := load16(p)
	z, w := load16(p[16:])
	z, w = z&masks[n-16][0], w&masks[n-16][1]|uint64(n-15)<<lengthAt
	hi, lo := bits.Mul64(x^hashA^z, y^hashB^w)
	e := &m.names[(hi^lo)*hashA>>(64-nameBits)]
	if e[0] == x && e[1] == y && e[2] == z && e[3]&^noCount == w {
		return int(e[3] >> countAt & 15)
	}
	count := v.count(p)
	if count < 16 {
		*e = [4]uint64{x, y, z, w | uint64(count)<<countAt}
	}
	return count
}

// load16 returns the first 16 bytes of p, with anything behind its end.
func load16(p []byte) (x, y uint64) {
	if cap(p) < 16 {
		var end [16]byte
		copy(end[:], p)
		return binary.LittleEndian.Uint64(end[:]), binary.LittleEndian.Uint64(end[8:])
	}
	p = p[:16]
	return binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])
}
