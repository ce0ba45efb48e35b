// Package words says what a message is found by.
package words

import (
	"strings"
	"unicode"

	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Text is what a message is found by: its subject and the beginning of its body.
func Text(subject, body string) string {
	return jsontext.Clean(rank.Cut(subject+"\n"+rank.Cut(body, rank.MaxText), rank.MaxText))
}

// Of is what a store keeps of it.
func Of(subject, body string) driver.Words {
	doc := rank.Analyze(Text(subject, body))
	return driver.Words{Terms: doc.Terms(), Length: doc.Length, Freq: doc.Pack()}
}

// Line is the beginning of s as one line: runs of white space are one space,
// controls and formatting characters are gone.
func Line(s string, limit int) string {
	s = jsontext.Clean(rank.Cut(s, 8*limit))
	var b strings.Builder
	b.Grow(min(len(s), limit))
	space := false
	for _, r := range s {
		switch {
		case r > ' ' && r < 0x7f: // nearly all of most texts
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case !unicode.IsGraphic(r):
			continue
		}
		if b.Len()+len(string(r))+1 > limit {
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
