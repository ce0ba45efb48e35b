package sqldriver

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// What is kept shrunk is written as DEFLATE writes it, copies of what came before and
// single bytes, with one code for all: no row pays for a table of its own, and none has to
// be built to read it. Lengths and distances are those of DEFLATE (RFC 1951, 3.2.5); what
// came before begins with a dictionary. Both codes are part of the format.

const (
	// maxShrunk is how many bytes are shrunk at most, with what stands before them:
	// a place is a number of 16 bits.
	maxShrunk = 48 << 10
	minCopy   = 4
	maxCopy   = 258
	farCopy   = 1 << 10 // from here on four bytes cost more than they save
	maxCode   = 12      // bits
	hashBits  = 12
	maxTries  = 12
	goodCopy  = 32 // longer ones need not be looked for
)

// The lengths of the codes, each a letter from 'a' on: of the 256 bytes and the 29 lengths
// of copies, and of the 30 distances.
const (
	symbolCode = "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmelgkmlkkiiklhhgjffffgggggghjmjmlmjlkkkklljjmkkkkkmkjilmlmmljhgmk" +
		"jfgggfhihgkihhgghkggghiijimilgmmkkllllllllllllllllllllllllllllllllllllklllllllllllllllllllllllll" +
		"lllkllllllllllllllllllllllllllllllkkllllllllllllmmmmmmmmmmmmmmmmmffgggghhhhhhhhhgijijklmmmmmm"
	distanceCode = "iiiihhggfffeefdeeedeefehiiiiii"
)

var (
	lengthBase   = [29]int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthBits   = [29]uint{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase = [30]int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	lengthOf     [maxCopy + 1]uint8 // the number of each length
)

// code is a prefix code: what is written for a symbol, the first bit lowest, and what is
// read of maxCode bits, a symbol above its length.
type code struct {
	bits   []uint16
	length []uint8
	read   [1 << maxCode]uint16
}

// newCode makes the canonical code of some lengths.
func newCode(lengths string) *code {
	c := &code{bits: make([]uint16, len(lengths)), length: make([]uint8, len(lengths))}
	next := uint16(0)
	for n := uint8(1); n <= maxCode; n++ {
		for i := range lengths {
			if lengths[i]-'a' != n {
				continue
			}
			b := bits.Reverse16(next) >> (16 - n)
			c.bits[i], c.length[i] = b, n
			for k := int(b); k < len(c.read); k += 1 << n {
				c.read[k] = uint16(i)<<4 | uint16(n)
			}
			next++
		}
		next <<= 1
	}
	return c
}

var symbolsOf, distancesOf = newCode(symbolCode), newCode(distanceCode)

func init() {
	for i, n := range lengthBase {
		for k := n; k <= maxCopy && (i == 28 || k < lengthBase[i+1]); k++ {
			lengthOf[k] = uint8(i)
		}
	}
}

// dictionary is what stands before everything that is shrunk with it.
type dictionary struct {
	text string
	head [1 << hashBits]uint16 // the last place of four bytes, by their hash, and 1
	prev []uint16              // the place before, of four bytes with the same hash, and 1
	// rooms are buffers that begin with the dictionary, for what is read.
	rooms sync.Pool
}

func newDictionary(text string) *dictionary {
	d := &dictionary{text: text, prev: make([]uint16, len(text))}
	for i := 0; i+minCopy <= len(text); i++ {
		h := hashOf([]byte(text[i : i+minCopy]))
		d.prev[i], d.head[h] = d.head[h], uint16(i+1)
	}
	return d
}

func hashOf(b []byte) uint32 { return binary.LittleEndian.Uint32(b) * 0x9e3779b1 >> (32 - hashBits) }

// shrinker is what shrinking needs besides; it is used again.
type shrinker struct {
	text []byte
	head [1 << hashBits]uint16
	prev []uint16
	// What is to be written: bits that are no byte yet.
	held  uint64
	holds uint
	out   []byte
}

var shrinkers = sync.Pool{New: func() any { return new(shrinker) }}

// shrink appends data, shrunk, that stands behind what is before it. It says no when it is
// not shorter than most, or too much.
func (d *dictionary) shrink(out []byte, data []byte, most int, before ...string) ([]byte, bool) {
	size := len(d.text) + len(data)
	for _, s := range before {
		size += len(s)
	}
	if size > maxShrunk {
		return out, false
	}
	s := shrinkers.Get().(*shrinker)
	defer shrinkers.Put(s)
	s.text, s.head, s.prev = append(s.text[:0], d.text...), d.head, append(s.prev[:0], d.prev...)
	for _, b := range before {
		s.text = append(s.text, b...)
	}
	from := len(s.text)
	s.text = append(s.text, data...)
	for len(s.prev) < size {
		s.prev = append(s.prev, 0)
	}
	for i := max(len(d.text)-minCopy+1, 0); i < from && i+minCopy <= size; i++ {
		s.put(i)
	}
	s.held, s.holds, s.out = 0, 0, out
	limit := len(out) + most
	for at := from; at < size && len(s.out) < limit; {
		n, dist := s.find(at)
		if n > 0 && n < goodCopy && at+1 < size {
			s.put(at)
			if n2, _ := s.find(at + 1); n2 > n+1 { // the next is better
				s.symbol(int(s.text[at]))
				at++
				continue
			}
			s.copy(n, dist)
			for i := at + 1; i < at+n; i++ {
				s.put(i)
			}
			at += n
			continue
		}
		s.put(at)
		if n == 0 {
			s.symbol(int(s.text[at]))
			at++
			continue
		}
		s.copy(n, dist)
		for i := at + 1; i < at+n; i++ {
			s.put(i)
		}
		at += n
	}
	for s.holds > 0 {
		s.out = append(s.out, byte(s.held))
		s.held, s.holds = s.held>>8, max(s.holds, 8)-8
	}
	out, s.out = s.out, nil
	return out, len(out) < limit
}

// put notes where four bytes stand.
func (s *shrinker) put(at int) {
	if at+minCopy > len(s.text) {
		return
	}
	h := hashOf(s.text[at:])
	s.prev[at], s.head[h] = s.head[h], uint16(at+1)
}

// find looks for the longest copy of what stands at a place; n is 0 when there is none
// that is worth it.
func (s *shrinker) find(at int) (n, dist int) {
	if at+minCopy > len(s.text) {
		return 0, 0
	}
	most := min(maxCopy, len(s.text)-at)
	for p, tries := int(s.head[hashOf(s.text[at:])])-1, maxTries; p >= 0 && tries > 0; p, tries = int(s.prev[p])-1, tries-1 {
		if p >= at || at-p > 32768 {
			continue
		}
		if n > 0 && (n >= most || s.text[p+n] != s.text[at+n]) {
			continue
		}
		k := 0
		for k < most && s.text[p+k] == s.text[at+k] {
			k++
		}
		if k > n && (k > minCopy || k == minCopy && at-p < farCopy) {
			if n, dist = k, at-p; n >= goodCopy {
				break
			}
		}
	}
	return n, dist
}

func (s *shrinker) write(b uint64, n uint) {
	s.held |= b << s.holds
	for s.holds += n; s.holds >= 8; s.holds -= 8 {
		s.out = append(s.out, byte(s.held))
		s.held >>= 8
	}
}

func (s *shrinker) symbol(i int) { s.write(uint64(symbolsOf.bits[i]), uint(symbolsOf.length[i])) }

func (s *shrinker) copy(n, dist int) {
	k := int(lengthOf[n])
	s.symbol(256 + k)
	s.write(uint64(n-lengthBase[k]), lengthBits[k])
	k = distanceOf(dist)
	s.write(uint64(distancesOf.bits[k]), uint(distancesOf.length[k]))
	s.write(uint64(dist-distanceBase[k]), distanceBits(k))
}

// distanceOf is the number of a distance.
func distanceOf(dist int) int {
	if dist <= 4 {
		return dist - 1
	}
	n := bits.Len(uint(dist - 1))
	return 2*(n-1) + (dist-1)>>(n-2)&1
}

// distanceBits are the bits behind the number of a distance.
func distanceBits(k int) uint { return uint(max(k/2-1, 0)) }

// grow is what was shrunk to b: size bytes. It is nil if b says no such thing.
func (d *dictionary) grow(b []byte, size int, before ...string) []byte {
	whole := len(d.text) + size
	for _, s := range before {
		whole += len(s)
	}
	if size < 0 || whole > maxShrunk {
		return nil
	}
	room, _ := d.rooms.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
		*room = append(*room, d.text...)
	}
	text := (*room)[:len(d.text)]
	for _, s := range before {
		text = append(text, s...)
	}
	from := len(text)
	defer func() { *room = text; d.rooms.Put(room) }()
	var held uint64
	var holds uint
	for len(text) < whole {
		for holds <= 56 && len(b) > 0 {
			held |= uint64(b[0]) << holds
			b, holds = b[1:], holds+8
		}
		v := symbolsOf.read[held&(1<<maxCode-1)]
		if n := uint(v & 15); n == 0 || n > holds {
			return nil
		}
		held, holds = held>>(v&15), holds-uint(v&15)
		if v >>= 4; v < 256 {
			text = append(text, byte(v))
			continue
		}
		// At most 12 + 5 + 12 + 13 bits: they are held.
		n := lengthBase[v-256] + int(held&(1<<lengthBits[v-256]-1))
		used := lengthBits[v-256]
		k := distancesOf.read[held>>used&(1<<maxCode-1)]
		if k&15 == 0 {
			return nil
		}
		used += uint(k & 15)
		k >>= 4
		dist := distanceBase[k] + int(held>>used&(1<<distanceBits(int(k))-1))
		used += distanceBits(int(k))
		if used > holds || dist > len(text) || n > whole-len(text) {
			return nil
		}
		held, holds = held>>used, holds-used
		for p := len(text) - dist; n > 0; n-- {
			text = append(text, text[p])
			p++
		}
	}
	if len(b) > 0 || held != 0 || holds >= 8 {
		return nil
	}
	return append(make([]byte, 0, size), text[from:]...)
}
