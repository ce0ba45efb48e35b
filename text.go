package quire

import (
	"strings"
	"unicode"
)

// isGraphic says whether r may stand in a name that a model reads: no control,
// format (bidirectional overrides, zero width), separator or private rune.
func isGraphic(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r)
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

// maxNesting is how deep tool results are read inside tool results. The contract
// says not at all; older records may know better.
const maxNesting = 4

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
			if nesting < maxNesting {
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
