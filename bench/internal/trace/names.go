package trace

import (
	"strings"
	"unicode"

	"github.com/quire-dev/quire"
)

// shortest is the length of the shortest identifier that counts, in bytes.
const shortest = 6

// identifiers calls f for each name in s that somebody would miss: paths, dotted
// names, snake and camel case, of six characters or more; each once, in order.
func identifiers(s string, f func(string)) {
	seen := map[string]bool{}
	for run := range strings.FieldsFuncSeq(s, func(r rune) bool {
		return r != '_' && r != '.' && r != '/' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		name := strings.Trim(run, "./-")
		if len(name) >= shortest && !seen[name] && isIdentifier(name) {
			seen[name] = true
			f(name)
		}
	}
}

// isIdentifier says whether a run of name characters is more than a word or a
// number.
func isIdentifier(s string) bool {
	letters, joined := false, false
	before := rune(0)
	for _, r := range s {
		letters = letters || unicode.IsLetter(r)
		joined = joined || before != 0 && (r == '_' || r == '.' || r == '/') || unicode.IsLower(before) && unicode.IsUpper(r)
		before = r
	}
	return letters && joined
}

// Written is the readable text of parts: what was said, asked of tools and
// returned by them.
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

// name fills in what each answer names. answers[t] is the item that call t was
// answered with; -1 when the record does not have it.
func (l *Life) name(answers []int) {
	holders := map[string][]int32{}
	system := map[string]bool{}
	identifiers(l.System, func(n string) { system[n] = true })
	read := 0
	for t := range l.Calls {
		for ; read < l.Calls[t].Upto; read++ {
			identifiers(Written(l.Items[read].Parts), func(n string) { holders[n] = append(holders[n], int32(read)) })
		}
		if answers[t] < 0 {
			continue
		}
		identifiers(Written(l.Items[answers[t]].Parts), func(n string) {
			if in := holders[n]; len(in) > 0 || system[n] {
				l.Calls[t].Named = append(l.Calls[t].Named, Name{n, system[n], in[:len(in):len(in)]})
			}
		})
	}
}
