package rank

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed related.txt
var relatedText string

// relations are the groups of English terms that a question's term may be answered with.
type relations struct{ alike, kinds map[string][][]string }

var related = sync.OnceValue(func() relations { return readRelations(relatedText) })

func readRelations(text string) relations {
	r := relations{map[string][][]string{}, map[string][][]string{}}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		of, kinds, ok := strings.Cut(line, ":")
		terms := englishTerms(of)
		if !ok {
			for _, t := range terms {
				r.alike[t] = append(r.alike[t], terms)
			}
			continue
		}
		members := englishTerms(kinds)
		for _, t := range terms {
			r.kinds[t] = append(r.kinds[t], members)
		}
	}
	return r
}

// englishTerms lists the different terms of an English text.
func englishTerms(text string) []string {
	var out []string
	for _, f := range new(Analyzer).read(text) {
		if term := f.in(inEnglish); term != "" && !slices.Contains(out, term) {
			out = append(out, term)
		}
	}
	return out
}
