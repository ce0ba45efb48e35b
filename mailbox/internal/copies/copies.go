// Package copies finds exact copies of texts in other texts: names, and words in a row.
package copies

import (
	"hash/maphash"
	"unicode"
	"unicode/utf8"
)

const (
	// inRow is how many words in a row are a copy.
	inRow = 4
	// longWord is from how many letters on a word is a name by itself.
	longWord = 12
	// shortest is the length of the shortest name, and of the shortest row, in bytes.
	shortest = 6
)

// Mark is something that a text says and that tells it from others: a name, or words in
// a row.
type Mark struct {
	Sum      uint64
	From, To int // where it stands, in bytes
	Name     bool
}

// Marker finds marks. One has no other's sums.
type Marker struct{ seed maphash.Seed }

// New makes a marker.
func New() *Marker { return &Marker{maphash.MakeSeed()} }

// Each calls f with each mark of a text, in order of where it ends.
func (m *Marker) Each(text string, f func(Mark)) { m.EachOf([]byte(text), f) }

// EachOf is Each of a text's bytes.
func (m *Marker) EachOf(text []byte, f func(Mark)) {
	var row [inRow]struct {
		sum  uint64
		from int
	}
	for at, words := 0, 0; at < len(text); {
		from := at
		if at += nameBytes(text[at:]); at == from {
			size, alone := other(text[at:])
			if at += size; !alone {
				continue
			}
		}
		to := at
		for from < to && isJoint[text[from]] {
			from++
		}
		for to > from && isJoint[text[to-1]] {
			to--
		}
		if from == to {
			continue
		}
		sum := maphash.Bytes(m.seed, text[from:to])
		if to-from >= shortest && isName(text[from:to]) {
			f(Mark{sum, from, to, true})
		}
		row[words%inRow].sum, row[words%inRow].from = sum, from
		if words++; words < inRow {
			continue
		}
		if first := row[words%inRow].from; to-first >= 2*shortest {
			sum := uint64(0)
			for i := range inRow {
				sum = sum*0x9e3779b97f4a7c15 + row[(words+i)%inRow].sum
			}
			f(Mark{sum, first, to, false})
		}
	}
}

// nameBytes is how many bytes at the beginning of s may be of a name.
func nameBytes(s []byte) int {
	n := 0
	for n < len(s) {
		if s[n] < utf8.RuneSelf {
			if !inName[s[n]] {
				return n
			}
			n++
			continue
		}
		r, size := utf8.DecodeRune(s[n:])
		if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) || standsAlone(r) {
			return n
		}
		n += size
	}
	return n
}

// other is how many bytes the character at the beginning of s has, which is not of a
// name, and whether it counts as a word.
func other(s []byte) (size int, alone bool) {
	if s[0] < utf8.RuneSelf {
		return 1, false
	}
	r, size := utf8.DecodeRune(s)
	return size, standsAlone(r)
}

// standsAlone says whether a character is a word by itself: those of scripts that have no
// spaces between words, so that a copy may begin and end at any of them, and signs such as
// emoji.
func standsAlone(r rune) bool {
	return r >= 0xe00 && r != utf8.RuneError && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) || unicode.Is(unicode.So, r))
}

// joints stand inside names, and not at their ends.
const joints = "._-/:@+#"

var isJoint, inName = func() (joint, name [256]bool) {
	for c := range joints {
		joint[joints[c]], name[joints[c]] = true, true
	}
	for _, r := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" {
		name[r] = true
	}
	return joint, name
}()

// isName says whether a word is more than a word or a number.
func isName(s []byte) bool {
	letters, others := 0, 0
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRune(s[at:])
		if at += size; unicode.IsLetter(r) {
			letters++
		} else {
			others++
		}
	}
	return letters > 0 && others > 0 || letters >= longWord || others >= longWord
}
