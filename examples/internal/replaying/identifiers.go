package replaying

import (
	"strings"
	"unicode"
)

// minIdentifier is the shortest identifier that counts, in bytes.
const minIdentifier = 6

// identifiers lists, each once and in order, the names that stand in s and that
// somebody would miss: paths, dotted names, snake and camel case, of six
// characters or more. Words are none, however long they are.
func identifiers(s string) []string {
	var out []string
	seen := map[string]bool{}
	for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return !inName(r) }) {
		id := strings.Trim(run, "./-")
		if len(id) >= minIdentifier && !seen[id] && isIdentifier(id) {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func inName(r rune) bool {
	return r == '_' || r == '.' || r == '/' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r)
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
