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
	maxWord   = 8 // bytes of a token that is looked up as a number
	maxPacked = 5 // of one whose rank is in the same number
)

// vocabulary is the tokens of an encoding with their ranks. It is flat: one
// run of bytes, tables of numbers, no pointers for the garbage collector to
// follow. It is immutable and safe for concurrent use.
type vocabulary struct {
	blob   []byte              // all tokens, by rank, and 8 bytes of nothing
	off    []uint32            // token r is blob[off[r]:off[r+1]]
	groups []uint64            // open addressing in groups of 8: a byte of hash each, 0 is empty
	places [maxWord + 1]places // of groups, by the bytes of a token; 0 is more than 8
	words  []uint64            // the same places, up to 8 bytes: the token, the first byte lowest; up to 5, then the rank
	ranks  []uint32            // the same places, 6 to 8 bytes
	slots  []uint32            // the same for more: more of the hash, then the rank
	pairs  []uint32            // rank of each token of two bytes, directly
	maxLen int                 // bytes of the longest token
}

// places are the groups of the tokens of one length. What merging looks up is mostly
// short, so what it touches lies close together.
type places struct{ from, n uint32 }

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
	var sizes [maxWord + 1]uint32
	for r := range v.size() {
		sizes[placesOf(len(v.token(r)))]++
	}
	from := uint32(0)
	for _, k := range [...]int{1, 2, 3, 4, 5, 6, 7, 8, 0} {
		v.places[k] = places{from, sizes[k]/perGroup + 1}
		from += v.places[k].n
	}
	v.groups = make([]uint64, from)
	v.words = make([]uint64, v.places[0].from*8)
	v.ranks = make([]uint32, (v.places[0].from-v.places[maxPacked+1].from)*8)
	v.slots = make([]uint32, v.places[0].n*8)
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
	h := hashLong(b)
	at := v.places[0]
	g, sign, rest := at.home(h), signOf(h), restOf(h)
	for {
		group := v.groups[g]
		for m := zeros(group ^ sign); m != 0; m &= m - 1 {
			s := v.slots[(g-at.from)*8+uint32(bits.TrailingZeros64(m)/8)]
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
		g = at.behind(g)
	}
}

// findWord is find for n bytes, at most 8, that are in x already: the first
// lowest, the rest 0. Most look-ups while merging are of this kind, and most
// of them fail, so what they touch is small enough for the processor's caches:
// one byte for each place, eight places at a time.
func (v *vocabulary) findWord(x uint64, n int) uint32 {
	h := hashWord(x)
	at := &v.places[n]
	g, sign := at.home(h), signOf(h)
	for {
		group := v.groups[g]
		for m := zeros(group ^ sign); m != 0; m &= m - 1 {
			i := g*8 + uint32(bits.TrailingZeros64(m)/8)
			switch w := v.words[i]; {
			case n > maxPacked && w == x:
				return v.ranks[i-v.places[maxPacked+1].from*8]
			case n <= maxPacked && w&(1<<(8*maxPacked)-1) == x:
				return uint32(w >> (8 * maxPacked))
			}
		}
		if zeros(group) != 0 {
			return none
		}
		g = at.behind(g)
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
	k := placesOf(len(b))
	at := &v.places[k]
	h := hash(b)
	g := at.home(h)
	for zeros(v.groups[g]) == 0 {
		g = at.behind(g)
	}
	i := uint32(bits.TrailingZeros64(zeros(v.groups[g])) / 8)
	v.groups[g] |= signOf(h) & (0xff << (8 * i))
	switch i += g * 8; {
	case k == 0:
		v.slots[i-at.from*8] = restOf(h)<<rankBits | rank
	case k > maxPacked:
		v.words[i], v.ranks[i-v.places[maxPacked+1].from*8] = loadWord(b), rank
	default:
		v.words[i] = loadWord(b) | uint64(rank)<<(8*maxPacked)
	}
}

// perGroup is the tokens for which there is a group of 8: with more, a look-up
// that fails reads a second group too often.
const perGroup = 5

// placesOf is the index in places of tokens of n bytes.
func placesOf(n int) int {
	if n > maxWord {
		return 0
	}
	return n
}

const each = 0x0101010101010101 // one in every byte

// zeros has the top bit of the lowest zero byte of x, perhaps bits above it,
// and none if no byte is zero.
func zeros(x uint64) uint64 { return (x - each) &^ x & (each << 7) }

// home returns the group to look in first.
func (p *places) home(h uint64) uint32 {
	return p.from + uint32(uint64(uint32(h>>24))*uint64(p.n)>>32)
}

// behind returns the group to look in when g is full.
func (p *places) behind(g uint32) uint32 {
	if g++; g == p.from+p.n {
		return p.from
	}
	return g
}

// signOf returns a byte of a hash that is not zero, eight times.
func signOf(h uint64) uint64 { return max(h>>56, 1) * each }

// restOf returns the bits of a hash that go into a slot.
func restOf(h uint64) uint32 { return uint32(h) & (1<<(32-rankBits) - 1) }

// Odd constants with well spread bits, for hash.
const (
	hashA = 0x9e3779b97f4a7c15
	hashB = 0xd6e8feb86659fd93
)

// hashWord mixes the bytes that are in x. Texts cannot choose their collisions:
// what is in the table is fixed, so a probe costs at most the longest run of
// full groups, whatever is looked up.
func hashWord(x uint64) uint64 {
	hi, lo := bits.Mul64(x^hashA, hashB)
	return hi ^ lo
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
		return hashWord(loadWord(b))
	}
	return hashLong(b)
}
