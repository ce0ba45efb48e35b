package rank

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Version grows when the same text gives other terms, or the same candidates
// another order.
const Version = 1

const (
	// MaxText is how many bytes of a text are indexed.
	MaxText = 256 << 10
	// MaxTerm is how many bytes of a word count.
	MaxTerm = 64
	// MaxQueryTerms is how many different words of a search count.
	MaxQueryTerms = 16
)

// Doc is what a text is found by.
type Doc struct {
	Length int            // words, stop words left out
	Freq   map[string]int // how often each term stands in it
}

// Analyze returns the terms of the first [MaxText] bytes of a text.
func Analyze(text string) Doc {
	d := Doc{Freq: map[string]int{}}
	each(Cut(text, MaxText), func(term string) bool {
		d.Length++
		d.Freq[term]++
		return true
	})
	return d
}

// Terms lists the different terms in order.
func (d Doc) Terms() []string { return slices.Sorted(maps.Keys(d.Freq)) }

// QueryTerms returns the different terms of a search in their order of first
// use, at most [MaxQueryTerms]. A search for stop words only has none and finds
// nothing.
func QueryTerms(text string) []string {
	var terms []string
	each(Cut(text, MaxText), func(term string) bool {
		if !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
		return len(terms) < MaxQueryTerms
	})
	return terms
}

// Cut returns the longest beginning of s of at most n bytes that ends between
// two runes.
func Cut(s string, n int) string {
	if n >= len(s) {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// each calls yield with each term of text until it returns false.
func each(text string, yield func(string) bool) {
	var word []byte
	flush := func() bool {
		if len(word) == 0 {
			return true
		}
		term := stem(string(word))
		word = word[:0]
		return stopWords[term] || yield(term)
	}
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent by itself
		case single(r):
			if !flush() || !yield(string(r)) {
				return
			}
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if folded := fold(r); len(word)+len(folded) <= MaxTerm {
				word = append(word, folded...)
			}
		default:
			if !flush() {
				return
			}
		}
	}
	flush()
}

// single says whether r is a word by itself: scripts without spaces.
func single(r rune) bool {
	return r >= 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// fold writes r in lower case and without its accent.
func fold(r rune) string {
	if r < 0x80 {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return string(r)
	}
	r = unicode.ToLower(r)
	if i := strings.IndexRune(accented, r); r < 0x180 && i >= 0 {
		return plain[utf8.RuneCountInString(accented[:i])]
	}
	return string(r)
}

// accented and plain are parallel: Latin letters with accents, and without.
const accented = "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľŀłñńņňòóôõöøōŏőŕŗřśŝşšţťŧùúûüũūŭůűųŵýÿŷźżžßæœ"

var plain = strings.Fields("a a a a a a a a a c c c c c d d e e e e e e e e e g g g g h h i i i i i i i i i j k l l l l l n n n n o o o o o o o o o r r r s s s s t t t u u u u u u u u u u w y y y z z z ss ae oe")

// stem takes the plural from an English word, after Harman's S stemmer: little,
// so that it does no harm to names and other languages.
func stem(w string) string {
	n := len(w)
	switch {
	case n < 4 || w[n-1] != 's':
		return w
	case strings.HasSuffix(w, "ies") && n > 4 && w[n-4] != 'e' && w[n-4] != 'a':
		return w[:n-3] + "y"
	case strings.HasSuffix(w, "ss") || strings.HasSuffix(w, "us") || strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "xes") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "shes") || strings.HasSuffix(w, "sses"):
		return w[:n-2]
	}
	return w[:n-1]
}

// stopWords are too common to tell anything.
var stopWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("a an and are as at be been but by for from had has have he her his i if in into is it its me my no not of on or our she so such than that the their them then there these they this to was we were what when which who will with would you your") {
		m[stem(w)] = true
	}
	return m
}()
