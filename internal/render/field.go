package render

import (
	"strings"
	"unicode"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// What a handle or a notice shows of a value that somebody chose, in runes. No
// address that a store accepts is cut.
const (
	maxSubject = 80
	maxWord    = quire.MaxAddress
	maxOptions = 12 // of a question, each as long as a subject
)

// word makes a value safe to stand unquoted in a handle: one word, never empty,
// without brackets, quotes, = or what looks like them.
func word(s string) string {
	if plainWord(s) {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range jsontext.Clean(s) {
		if n++; n > maxWord {
			b.WriteString("…")
			break
		}
		if unicode.IsSpace(r) || isHidden(r) || isDouble(r) || strings.ContainsRune(`[]<>"=|\`, fold(r)) {
			r = '_'
		}
		b.WriteRune(r)
	}
	if n == 0 {
		return "_"
	}
	return b.String()
}

// plainWord says whether word has nothing to do, as for nearly all values.
func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`[]<>"=|\`, c) >= 0 {
			return false
		}
	}
	return s != "" && len(s) <= maxWord
}

// line makes a value safe to stand in quotes in one line of at most limit runes
// and an ellipsis: nothing that can't be seen, one space where there was any,
// no bracket or quote, or what looks like them, that could close what we opened.
func line(s string, limit int) string {
	var b strings.Builder
	b.Grow(min(len(s), 2*limit))
	n, space := 0, false
	for _, r := range jsontext.Clean(s) {
		switch f := fold(r); {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = n > 0
			continue
		case isHidden(r):
			continue
		case f == '[' || f == '<' || isDouble(r):
			r = '('
		case f == ']' || f == '>':
			r = ')'
		case f == '"':
			r = '\''
		}
		need := 1
		if space {
			need = 2
		}
		if n+need > limit {
			b.WriteString("…")
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		n += need
	}
	return strings.TrimRight(b.String(), `\`) // which would seem to escape the quote after it
}
