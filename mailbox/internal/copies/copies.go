// Package copies finds exact copies of texts in other texts: names, and words in a row.
package copies

import (
	"hash/maphash"
	"strings"
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
func (m *Marker) Each(text string, f func(Mark)) {
	var row [inRow]struct {
		sum  uint64
		from int
	}
	words := 0
	var h maphash.Hash
	h.SetSeed(m.seed)
	for at := 0; at < len(text); {
		r, size := rune(text[at]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[at:])
		}
		if !inName(r) {
			at += size
			continue
		}
		from := at
		for at < len(text) {
			if r, size = rune(text[at]), 1; r >= utf8.RuneSelf {
				r, size = utf8.DecodeRuneInString(text[at:])
			}
			if !inName(r) {
				break
			}
			at += size
		}
		word := strings.Trim(text[from:at], joints)
		if word == "" {
			continue
		}
		from += strings.Index(text[from:at], word)
		to := from + len(word)
		sum := maphash.String(m.seed, word)
		if isName(word) {
			f(Mark{sum, from, to, true})
		}
		row[words%inRow].sum, row[words%inRow].from = sum, from
		if words++; words < inRow {
			continue
		}
		h.Reset()
		for i := range inRow {
			maphash.WriteComparable(&h, row[(words+i)%inRow].sum)
		}
		if first := row[words%inRow].from; to-first >= 2*shortest {
			f(Mark{h.Sum64(), first, to, false})
		}
	}
}

// joints stand inside names, and not at their ends.
const joints = "._-/:@+#"

func inName(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.IndexByte(joints, byte(r)) >= 0
	case r == utf8.RuneError:
		return false
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// isName says whether a word is more than a word or a number.
func isName(s string) bool {
	if len(s) < shortest {
		return false
	}
	letters, others := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		} else {
			others++
		}
	}
	return letters > 0 && others > 0 || letters >= longWord || others >= longWord
}
