package tokenizer

import (
	"encoding/binary"
	"math/bits"
)

// memoKey is the bytes of the longest piece that a memo takes.
const memoKey = 24

// memo remembers the counts of short pieces that are not tokens themselves:
// names in source code, which come again and again, and which cost about
// twenty look-ups each to merge. A place holds the last piece that was hashed
// to it, whole, so that a wrong count is impossible.
type memo [2048]memoEntry

type memoEntry struct {
	key      [memoKey / 8]uint64 // the piece, filled up with 0
	n, count uint32              // bytes, never 0 when set; tokens
}

// at returns the one place where the first n bytes of p may be. Bytes of p from
// n on must be 0.
func (m *memo) at(p *shortText, n int) *memoEntry {
	x, y, z := memoWords(p)
	hi, lo := bits.Mul64(x^hashA, y^hashB)
	h := (hi ^ lo ^ z ^ uint64(n)) * hashA
	return &m[h>>(64-11)]
}

func (e *memoEntry) holds(p *shortText, n int) bool {
	x, y, z := memoWords(p)
	return e.n == uint32(n) && e.key == [...]uint64{x, y, z}
}

func (e *memoEntry) set(p *shortText, n, count int) {
	x, y, z := memoWords(p)
	*e = memoEntry{[...]uint64{x, y, z}, uint32(n), uint32(count)}
}

func memoWords(p *shortText) (x, y, z uint64) {
	return binary.LittleEndian.Uint64(p[0:]), binary.LittleEndian.Uint64(p[8:]), binary.LittleEndian.Uint64(p[16:])
}
