package rank

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed related.txt
var relatedText string

// relations are the groups of terms that a question's term may be answered with.
type relations struct{ alike, kinds map[string][][]string }

var related = sync.OnceValue(func() relations { return readRelations(relatedText) })

func readRelations(text string) relations {
	r := relations{map[string][][]string{}, map[string][][]string{}}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		of, kinds, ok := strings.Cut(line, ":")
		terms := termsOf(of)
		if !ok {
			for _, t := range terms {
				r.alike[t] = append(r.alike[t], terms)
			}
			continue
		}
		members := termsOf(kinds)
		for _, t := range terms {
			r.kinds[t] = append(r.kinds[t], members)
		}
	}
	return r
}

// termsOf lists the different terms of a text; of a question only the first count.
func termsOf(text string) []string {
	var out []string
	seen := map[string]bool{}
	new(Analyzer).each(text, func(term string) bool {
		if !seen[term] {
			seen[term] = true
			out = append(out, term)
		}
		return true
	})
	return out
}
