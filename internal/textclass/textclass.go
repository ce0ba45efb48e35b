// Package textclass guesses what kind of content a text is: vocabularies differ by it.
package textclass

import "strings"

// Class is a kind of content. Vocabularies differ by kind, so a factor between
// two of them is only good within one.
type Class string

// The classes that [Of] tells apart.
const (
	Prose      Class = "prose"      // text in a Latin alphabet
	Code       Class = "code"       // source code, shell output
	Structured Class = "structured" // JSON, XML
	Wide       Class = "wide"       // mostly characters beyond ASCII
)

// sample is the bytes of a text that Of looks at.
const sample = 4096

// Of guesses what kind of content s is from its first 4 KiB: by the share
// of bytes beyond ASCII, of the signs that code is full of, and of quotes.
func Of(s string) Class {
	s = s[:min(len(s), sample)]
	var wide, signs, quotes, seen int
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x80:
			wide++
		case c == '"' || c == '<' || c == '>':
			quotes++
		case c == ' ' || c == '\n':
			continue // indentation says little
		case strings.IndexByte("{}[]()=;:_/\\*+|&#$%@^~`", c) >= 0:
			signs++
		}
		seen++
	}
	switch {
	case wide*4 > seen:
		return Wide
	case (quotes+signs)*100 <= seen*8:
		return Prose
	case quotes > signs/2 && quotes*100 > seen*6:
		return Structured
	}
	return Code
}
