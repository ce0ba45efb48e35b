package look

import (
	"fmt"
	"strings"
	"unicode"
)

// Clean shows characters that a terminal would obey, and those that turn the direction of
// writing, as \u001b: what mail says can't draw on a screen. Lines and tabs stay.
func Clean(s string) string {
	harmless := func(r rune) bool {
		return r == '\n' || r == '\t' || r == '\u200d' || r == '\u200c' || !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !harmless(r) }) < 0 {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case harmless(r):
			b.WriteRune(r)
		case r == '\r':
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// Line is Clean in one line of at most n characters.
func Line(s string, n int) string {
	s = strings.Join(strings.Fields(Clean(s)), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
