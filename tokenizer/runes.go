package tokenizer

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"unicode"
	"unicode/utf8"
)

// class is a set of bits that says what the split patterns ask about a rune.
// 0 is "no rune": the end of the text.
type class uint8

const (
	classUpper   class = 1 << iota // \p{Lu} \p{Lt} \p{Lm} \p{Lo} \p{M}
	classLower                     // \p{Ll} \p{Lm} \p{Lo} \p{M}
	classLetter                    // \p{L}
	classNumber                    // \p{N}
	classSpace                     // \s
	classNewline                   // \r \n; they have classSpace too
	classOther                     // [^\s\p{L}\p{N}], so marks too
)

// notPrefix are the classes that may not stand in [^\r\n\p{L}\p{N}]?, the one
// rune that the patterns allow in front of a word.
const notPrefix = classLetter | classNumber | classNewline

// classBlock is how many neighbouring runes share one block of the table.
const classBlock = 128

// classTable maps every rune to its class in two steps, with equal blocks
// stored once: about 60 KB instead of 1.1 MB.
type classTable struct {
	ascii  [utf8.RuneSelf]class
	index  [(unicode.MaxRune + 1) / classBlock]uint16
	blocks [][classBlock]class
}

// classes returns the one table of the program, made at first use and never
// changed after: it holds the facts of package unicode in another form.
var classes = sync.OnceValue(newClassTable)

func newClassTable() *classTable {
	flat := make([]class, unicode.MaxRune+1)
	mark(flat, classOther, nil)
	for _, m := range []struct {
		tab *unicode.RangeTable
		set class
	}{
		{unicode.M, classOther | classUpper | classLower},
		{unicode.Lu, classLetter | classUpper},
		{unicode.Lt, classLetter | classUpper},
		{unicode.Ll, classLetter | classLower},
		{unicode.Lm, classLetter | classUpper | classLower},
		{unicode.Lo, classLetter | classUpper | classLower},
		{unicode.N, classNumber},
		{unicode.White_Space, classSpace},
	} {
		mark(flat, m.set, m.tab)
	}
	flat['\r'] |= classNewline
	flat['\n'] |= classNewline

	t := &classTable{}
	copy(t.ascii[:], flat)
	seen := make(map[[classBlock]class]uint16)
	for i := range t.index {
		block := [classBlock]class(flat[i*classBlock:])
		at, ok := seen[block]
		if !ok {
			at = uint16(len(t.blocks))
			seen[block] = at
			t.blocks = append(t.blocks, block)
		}
		t.index[i] = at
	}
	return t
}

// mark sets the class of every rune of tab, or of every rune when tab is nil.
func mark(flat []class, set class, tab *unicode.RangeTable) {
	if tab == nil {
		for i := range flat {
			flat[i] = set
		}
		return
	}
	for _, r := range tab.R16 {
		for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
			flat[c] = set
		}
	}
	for _, r := range tab.R32 {
		for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
			flat[c] = set
		}
	}
}

// at returns the class and the size of the rune at b[i:], 0 and 0 at the end.
// A byte that is not part of valid UTF-8 has the class of U+FFFD and size 1.
func (t *classTable) at(b []byte, i int) (class, int) {
	if i >= len(b) {
		return 0, 0
	}
	if c := b[i]; c < utf8.RuneSelf {
		return t.ascii[c], 1
	}
	return t.wide(b[i:])
}

// wide is at for what is not ASCII.
func (t *classTable) wide(b []byte) (class, int) {
	r, n := utf8.DecodeRune(b)
	return t.blocks[t.index[r/classBlock]][r%classBlock], n
}

// run returns where the run of runes with any class of set ends that begins at
// b[i:]; i itself when there is none.
func (t *classTable) run(b []byte, i int, set class) int {
	for i < len(b) {
		if c := b[i]; c < utf8.RuneSelf {
			if t.ascii[c]&set == 0 {
				return i
			}
			i++
			continue
		}
		c, n := t.wide(b[i:])
		if c&set == 0 {
			return i
		}
		i += n
	}
	return i
}

// letters is run for classLetter, where most text is of ASCII.
func (t *classTable) letters(b []byte, i int) int {
	i = skipLetters(b, i, 0x20*each)
	if i < len(b) && b[i] >= utf8.RuneSelf {
		return t.run(b, i, classLetter)
	}
	return i
}

// lowers is run for classLower.
func (t *classTable) lowers(b []byte, i int) int {
	i = skipLetters(b, i, 0)
	if i < len(b) && b[i] >= utf8.RuneSelf {
		return t.run(b, i, classLower)
	}
	return i
}

// skipLetters returns where the run of small ASCII letters ends that begins at b[i:];
// with fold, a bit in every byte, capitals are like them. It looks at eight bytes at a
// time: to guess where a word ends costs a processor more.
func skipLetters(b []byte, i int, fold uint64) int {
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		low := (x | fold) &^ (each << 7)
		from := low + (0x80-'a')*each // the top bit: not below a
		above := low + (0x7f-'z')*each
		if other := ^((from ^ above) &^ x) & (each << 7); other != 0 {
			return i + bits.TrailingZeros64(other)/8
		}
		i += 8
	}
	for i < len(b) && b[i]|byte(fold) >= 'a' && b[i]|byte(fold) <= 'z' {
		i++
	}
	return i
}
