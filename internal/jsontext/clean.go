package jsontext

import (
	"strings"
	"unicode/utf8"
)

// Clean returns s as it would arrive after the wire: each byte that is not
// part of valid UTF-8 becomes U+FFFD, as encoding/json writes it. It returns s
// itself, without allocating, when there is nothing to replace.
func Clean(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for _, r := range s { // ranging yields U+FFFD once for each bad byte
		b.WriteRune(r)
	}
	return b.String()
}
