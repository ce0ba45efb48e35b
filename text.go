package quire

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isGraphic says whether r may stand in a name that a model reads: no control,
// format (bidirectional overrides, zero width), separator or private rune.
func isGraphic(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r)
}

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

// PlainText returns what a person would read of parts, for search and snippets:
// texts, the names and arguments of calls, the parts of results, and the head
// and tail of blobs, each beginning on a line of its own. Images, references,
// reasoning and opaque parts have none. A single Text is returned as it is.
func PlainText(parts []Part) string {
	if len(parts) == 1 {
		if t, ok := parts[0].(Text); ok {
			return t.Text
		}
	}
	var b strings.Builder
	appendPlain(&b, parts, 0)
	return b.String()
}

func appendPlain(b *strings.Builder, parts []Part, nesting int) {
	add := func(s ...string) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		for _, s := range s {
			b.WriteString(s)
		}
	}
	for _, p := range parts {
		switch p := p.(type) {
		case Text:
			if p.Text != "" {
				add(p.Text)
			}
		case ToolCall:
			add(p.Name, " ", p.Args)
		case ToolResult:
			if nesting < MaxNesting {
				appendPlain(b, p.Parts, nesting+1)
			}
		case Blob:
			add(p.Head)
			if p.Tail != "" {
				add(p.Tail)
			}
		}
	}
}
