// Package names finds in what was said the names that somebody would miss, for measuring
// whether a prompt still holds what an answer needs.
package names

import (
	"iter"
	"strings"
	"unicode"

	"github.com/quire-dev/quire"
)

// shortest is the length of the shortest name that counts, in bytes.
const shortest = 6

// In yields each name in s once, in order: paths, dotted names, snake and camel case, of
// six bytes or more. Words are none, however long they are.
func In(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return !inName(r) }) {
			name := strings.Trim(run, "./-")
			if len(name) < shortest || seen[name] || !joined(name) {
				continue
			}
			if seen[name] = true; !yield(name) {
				return
			}
		}
	}
}

func inName(r rune) bool {
	return r == '_' || r == '.' || r == '/' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// joined says whether a run of name characters is more than a word or a number.
func joined(s string) bool {
	letters, joined := false, false
	before := rune(0)
	for _, r := range s {
		letters = letters || unicode.IsLetter(r)
		joined = joined || before != 0 && (r == '_' || r == '.' || r == '/') || unicode.IsLower(before) && unicode.IsUpper(r)
		before = r
	}
	return letters && joined
}

// Written is the readable text of parts: what was said, asked of tools and returned by
// them.
func Written(parts []quire.Part) string {
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			b.WriteString(p.Text)
		case quire.ToolCall:
			b.WriteString(p.Args)
		case quire.ToolResult:
			b.WriteString(Written(p.Parts))
		case quire.Blob:
			b.WriteString(p.Head + "\n" + p.Tail)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
