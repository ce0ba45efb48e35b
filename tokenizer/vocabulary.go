package tokenizer

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strconv"
)

// none is the rank of what is not a token.
const none = ^uint32(0)

const (
	rankBits  = 18 // of a slot; the rest is from the hash
	maxTokens = 1 << rankBits
)

// vocabulary is the tokens of an encoding with their ranks. It is flat: one
// run of bytes, tables of numbers, no pointers for the garbage collector to
// follow. It is immutable and safe for concurrent use.
type vocabulary struct {
	blob   []byte   // all tokens, by rank, and 8 bytes of nothing
	off    []uint32 // token r is blob[off[r]:off[r+1]]
	groups []uint64 // open addressing in groups of 8: a byte of hash each, 0 is empty
	slots  []uint32 // the same places: more of the hash, then the rank
	pairs  []uint32 // rank of each token of two bytes, directly
	maxLen int      // bytes of the longest token
}

// vocabularyError says where a vocabulary could not be read.
type vocabularyError struct {
	Line int // counted from 1; 0 when the whole is wrong
	Err  error
}

func (e *vocabularyError) Error() string {
	if e.Line == 0 {
		return "tokenizer: vocabulary: " + e.Err.Error()
	}
	return fmt.Sprintf("tokenizer: vocabulary: line %d: %v", e.Line, e.Err)
}

func (e *vocabularyError) Unwrap() error { return e.Err }

// readVocabulary reads what [NewEncoding] describes. An error is a *vocabularyError.
func readVocabulary(r io.Reader) (*vocabulary, error) {
	v := &vocabulary{off: []uint32{0}}
	in := bufio.NewScanner(r)
	for in.Scan() {
		if len(in.Bytes()) == 0 {
			continue
		}
		if err := v.addLine(in.Bytes()); err != nil {
			return nil, &vocabularyError{Line: v.size() + 1, Err: err}
		}
	}
	if err := in.Err(); err != nil {
		return nil, &vocabularyError{Line: v.size() + 1, Err: err}
	}
	v.blob = append(v.blob, make([]byte, 8)...) // so that 8 can be read anywhere
	if err := v.index(); err != nil {
		return nil, &vocabularyError{Err: err}
	}
	return v, nil
}

func (v *vocabulary) addLine(line []byte) error {
	text, number := line, []byte(nil)
	for i, c := range line {
		if c == ' ' {
			text, number = line[:i], line[i+1:]
			break
		}
	}
	rank, err := strconv.Atoi(string(number))
	switch {
	case err != nil:
		return fmt.Errorf("rank: %w", err)
	case rank != v.size():
		return fmt.Errorf("rank %d where %d is due", rank, v.size())
	case rank >= maxTokens:
		return fmt.Errorf("more than %d tokens", maxTokens)
	}
	from := len(v.blob)
	if v.blob, err = base64.StdEncoding.AppendDecode(v.blob, text); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	n := len(v.blob) - from
	if n == 0 {
		return errors.New("empty token")
	}
	v.maxLen = max(v.maxLen, n)
	v.off = append(v.off, uint32(len(v.blob)))
	return nil
}

// index fills the tables that rank reads, from blob and off.
func (v *vocabulary) index() error {
	size := max(8, 1<<bits.Len(uint(v.size()*8/7))) // at most 7 of 8 full
	v.groups = make([]uint64, size/8)
	v.slots = make([]uint32, size)
	v.pairs = make([]uint32, 1<<16)
	for i := range v.pairs {
		v.pairs[i] = none
	}
	for r := range v.size() {
		t := v.token(r)
		if v.find(t) != none {
			return fmt.Errorf("token %q twice", t)
		}
		if len(t) == 2 {
			v.pairs[pairOf(t, 0)] = uint32(r)
		}
		v.put(t, uint32(r))
	}
	for c := range 256 {
		if v.find([]byte{byte(c)}) == none {
			return fmt.Errorf("byte %#02x is not a token", c)
		}
	}
	return nil
}

// size is the number of tokens, without special ones.
func (v *vocabulary) size() int { return len(v.off) - 1 }

func (v *vocabulary) token(r int) []byte { return v.blob[v.off[r]:v.off[r+1]] }

// pairOf is the index in pairs of the two bytes at b[i:].
func pairOf(b []byte, i int) uint32 { return uint32(b[i])<<8 | uint32(b[i+1]) }

// rank is find with a shorter way for two bytes. b must not be empty.
func (v *vocabulary) rank(b []byte) uint32 {
	if len(b) == 2 {
		return v.pairs[pairOf(b, 0)]
	}
	return v.find(b)
}

// find looks b up, whatever its length.
func (v *vocabulary) find(b []byte) uint32 {
	switch n := len(b); {
	case n > v.maxLen || n == 0:
		return none
	case n <= 8:
		return v.findWord(loadWord(b), n)
	}
	g, sign, rest := v.home(hashLong(b))
	for {
		group := v.groups[g]
		for m := zeros(group ^ sign); m != 0; m &= m - 1 {
			s := v.slots[g*8+uint32(bits.TrailingZeros64(m)/8)]
			if s>>rankBits != rest {
				continue
			}
			r := s & (maxTokens - 1)
			if string(v.token(int(r))) == string(b) {
				return r
			}
		}
		if zeros(group) != 0 {
			return none
		}
		g = (g + 1) & uint32(len(v.groups)-1)
	}
}

// findWord is find for n bytes, at most 8, that are in x already: the first
// lowest, the rest 0. Most look-ups while merging are of this kind, and most
// of them fail, so what they touch is small enough for the processor's caches:
// one byte for each place, eight places at a time.
func (v *vocabulary) findWord(x uint64, n int) uint32 {
	g, sign, rest := v.home(hashWord(x, n))
	for {
		group := v.groups[g]
		for m := zeros(group ^ sign); m != 0; m &= m - 1 {
			s := v.slots[g*8+uint32(bits.TrailingZeros64(m)/8)]
			if s>>rankBits != rest {
				continue
			}
			r := s & (maxTokens - 1)
			from := v.off[r]
			if v.off[r+1]-from == uint32(n) && firstBytes(v.blob[from:], n) == x {
				return r
			}
		}
		if zeros(group) != 0 {
			return none
		}
		g = (g + 1) & uint32(len(v.groups)-1)
	}
}

// firstBytes returns the first n of the 8 bytes or more in b, as findWord wants
// them; n is 1 to 8.
func firstBytes(b []byte, n int) uint64 {
	return binary.LittleEndian.Uint64(b) & (^uint64(0) >> (64 - 8*n))
}

// loadWord returns the 1 to 8 bytes of b, as findWord wants them.
func loadWord(b []byte) uint64 {
	switch n := len(b); {
	case n == 8:
		return binary.LittleEndian.Uint64(b)
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*(n-4))
	default: // 1 to 3: two of the places may be the same
		return uint64(b[0]) | uint64(b[n/2])<<(8*(n/2)) | uint64(b[n-1])<<(8*(n-1))
	}
}

// put enters the token b, which must not be there yet.
func (v *vocabulary) put(b []byte, rank uint32) {
	g, sign, rest := v.home(hash(b))
	for zeros(v.groups[g]) == 0 {
		g = (g + 1) & uint32(len(v.groups)-1)
	}
	at := bits.TrailingZeros64(zeros(v.groups[g])) / 8
	v.groups[g] |= sign & (0xff << (8 * at))
	v.slots[g*8+uint32(at)] = rest<<rankBits | rank
}

const each = 0x0101010101010101 // one in every byte

// zeros has the top bit of the lowest zero byte of x, perhaps bits above it,
// and none if no byte is zero.
func zeros(x uint64) uint64 { return (x - each) &^ x & (each << 7) }

// home splits a hash: the group to look in first, a byte that is not zero,
// eight times, and the bits that go into the slot.
func (v *vocabulary) home(h uint64) (group uint32, sign uint64, rest uint32) {
	b := h >> 56
	if b == 0 {
		b = 1
	}
	return uint32(h) & uint32(len(v.groups)-1), b * each, uint32(h>>40) & (1<<(32-rankBits) - 1)
}

// Odd constants with well spread bits, for hash.
const (
	hashA = 0x9e3779b97f4a7c15
	hashB = 0xd6e8feb86659fd93
)

// hashWord mixes n bytes that are in x. Texts cannot choose their collisions:
// what is in the table is fixed, so a probe costs at most the longest run of
// full groups, whatever is looked up.
func hashWord(x uint64, n int) uint64 {
	hi, lo := bits.Mul64(x^hashA, uint64(n)^hashB)
	return (hi ^ lo) * hashA
}

// hashLong mixes more than 8 bytes.
func hashLong(b []byte) uint64 {
	x := uint64(len(b))
	for ; len(b) > 16; b = b[8:] {
		hi, lo := bits.Mul64(x^binary.LittleEndian.Uint64(b), hashA)
		x = hi ^ lo
	}
	hi, lo := bits.Mul64(x^binary.LittleEndian.Uint64(b)^hashA, binary.LittleEndian.Uint64(b[len(b)-8:])^hashB)
	return (hi ^ lo) * hashA
}

func hash(b []byte) uint64 {
	if len(b) <= 8 {
		return hashWord(loadWord(b), len(b))
	}
	return hashLong(b)
}
