package render

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// writeEscaped writes text that somebody else wrote, with a backslash before each
// line that would read as a handle, a tombstone, a gap or a fence of ours. Text
// begins at the start of a line. What it writes, it would write again unchanged:
// a look-alike behind a backslash is none.
func writeEscaped(b *strings.Builder, s string) {
	written := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '[' || c == '<':
		case c < utf8.RuneSelf || !leadsOpener(c):
			continue
		default:
			r, _ := utf8.DecodeRuneInString(s[i:])
			if f := fold(r); f != '[' && f != '<' && !isDouble(r) {
				continue
			}
		}
		if startsLine(s[:i]) && imitates(s[i:]) {
			b.WriteString(s[written:i])
			b.WriteByte('\\')
			written = i
		}
	}
	b.WriteString(s[written:])
}

// leadsOpener says whether a rune that looks like [ or < may begin with this
// byte; all other text is passed over without decoding it.
func leadsOpener(c byte) bool {
	return c == 0xC2 || c == 0xCB || c >= 0xE1 && c <= 0xE3 || c == 0xEA || c == 0xEF || c == 0xF0
}

// startsLine says whether nothing that can be seen stands between the last line
// break, or the beginning, and the end of before. It never walks over a bracket,
// so that all its walks together are linear in the text.
func startsLine(before string) bool {
	for len(before) > 0 {
		r, size := utf8.DecodeLastRuneInString(before)
		if isBreak(r) {
			return true
		}
		if !isBlank(r) {
			return false
		}
		before = before[:len(before)-size]
	}
	return true
}

// imitates says whether s, which begins with something like a bracket, reads
// like the beginning of one of our lines: what can't be seen is passed over, and
// runes that look like another are taken for it.
func imitates(s string) bool {
	var a [20]rune
	sk := skeleton(a[:0], s)
	switch {
	case len(sk) < 2:
		return false
	case sk[0] == '[':
		return sk[1] == '#' || len(sk) > 4 && sk[1] == '.' && sk[2] == '.' && sk[3] == '.' && unicode.IsNumber(sk[4])
	case sk[0] == '<' && sk[1] == '<':
		rest := sk[2:]
		for len(rest) > 0 && (rest[0] == '<' || rest[0] == '/') {
			rest = rest[1:]
		}
		return likeWord(rest, "mail") || likeWord(rest, "notice")
	}
	return false
}

// skeleton appends the first visible runes of the line s, folded, until sk is
// full.
func skeleton(sk []rune, s string) []rune {
	for _, r := range s {
		if isBreak(r) || len(sk)+3 > cap(sk) {
			break
		}
		switch {
		case isBlank(r):
		case isDouble(r):
			sk = append(sk, '<', '<')
		case r == '…':
			sk = append(sk, '.', '.', '.')
		default:
			sk = append(sk, fold(r))
		}
	}
	return sk
}

// likeWord says whether sk begins with the word w: in whatever alphabet or style, where
// each letter looks like its own, or with some of its own letters and any foreign ones
// for the others. "mаil" with a Cyrillic а does, a quotation in Cyrillic does not.
func likeWord(sk []rune, w string) bool {
	if len(sk) < len(w) || len(sk) > len(w) && unicode.IsLetter(sk[len(w)]) {
		return false
	}
	own, other := 0, 0
	for i, c := range w {
		l := letter(sk[i])
		switch {
		case sk[i] == c:
			own++
		case l == c, c == 'l' && l == 'i', c == 'i' && l == 'l':
		case sk[i] < utf8.RuneSelf || !unicode.IsLetter(sk[i]):
			return false
		default:
			other++
		}
	}
	return own > 0 || other == 0
}
