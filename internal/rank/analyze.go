package rank

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
)

// Version grows when the same text gives other terms, or the same candidates
// another order.
const Version = 3

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
func Analyze(text string) Doc { return new(Analyzer).Analyze(text) }

// Analyzer analyses many texts: it remembers what became of a word. The zero value is
// ready; it is not safe for concurrent use.
type Analyzer struct{ stems map[string]string }

// maxStems is how many words are remembered.
const maxStems = 1 << 16

// Analyze is [Analyze].
func (a *Analyzer) Analyze(text string) Doc {
	d := Doc{Freq: map[string]int{}}
	a.each(Cut(text, MaxText), func(term string) bool {
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
func QueryTerms(text string) []string { return new(Analyzer).query(text) }

// query is [QueryTerms].
func (a *Analyzer) query(text string) []string {
	var terms []string
	a.each(Cut(text, MaxText), func(term string) bool {
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
func (a *Analyzer) each(text string, yield func(string) bool) {
	words(text, func(word []byte, _, _ int) bool {
		term, known := a.stems[string(word)]
		if !known {
			term = a.learn(string(word))
		}
		return term == "" || yield(term)
	})
}

// words calls yield with each word of text, in lower case and without accents, and
// where it stands, until it returns false. The bytes are good until yield returns.
func words(text string, yield func(word []byte, from, to int) bool) {
	var word []byte
	from, to := 0, 0
	flush := func() bool {
		if len(word) == 0 {
			return true
		}
		w := word
		word = word[:0]
		return yield(w, from, to)
	}
	for i, r := range text {
		switch {
		case r < utf8.RuneSelf && isWord[r] != 0:
			if len(word) == 0 {
				from = i
			}
			if to = i + 1; len(word) < MaxTerm {
				word = append(word, isWord[r])
			}
		case r >= 0x300 && unicode.Is(unicode.Mn, r): // an accent by itself
		case single(r):
			if !flush() || !yield([]byte(string(r)), i, i+utf8.RuneLen(r)) {
				return
			}
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if len(word) == 0 {
				from = i
			}
			to = i + utf8.RuneLen(r)
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

// isWord are the ASCII letters and digits in lower case, by rune; 0: none.
var isWord = func() (t [utf8.RuneSelf]byte) {
	for _, c := range []byte("0123456789abcdefghijklmnopqrstuvwxyz") {
		t[c] = c
		t[unicode.ToUpper(rune(c))] = c
	}
	return t
}()

// Match is where a term stands in a text, as bytes [From, To).
type Match struct {
	Term     string
	From, To int
}

// Matches finds the words of a text that have one of the terms, in order.
func Matches(text string, terms []string) []Match {
	var first [256]bool // a term begins as its words do: most words need no analysis
	for _, t := range terms {
		if t != "" {
			first[t[0]] = true
		}
	}
	var out []Match
	var a Analyzer
	words(text, func(word []byte, from, to int) bool {
		if !first[word[0]] {
			return true
		}
		term, known := a.stems[string(word)]
		if !known {
			term = a.learn(string(word))
		}
		if term != "" && slices.Contains(terms, term) {
			out = append(out, Match{term, from, to})
		}
		return true
	})
	return out
}

// termOf finds the term of a word; a stop word has none.
func termOf(word string) string {
	if r, size := utf8.DecodeRuneInString(word); size == len(word) && single(r) {
		return word
	}
	if stopWords[word] {
		return ""
	}
	return stem(word)
}

// learn is termOf, and remembers it.
func (a *Analyzer) learn(word string) string {
	term := termOf(word)
	if a.stems == nil || len(a.stems) >= maxStems {
		a.stems = map[string]string{}
	}
	a.stems[word] = term
	return term
}

// single says whether r is a word by itself: scripts without spaces.
func single(r rune) bool {
	return r >= 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// fold writes r in lower case and without its accent.
func fold(r rune) string {
	r = unicode.ToLower(r)
	if i := strings.IndexRune(accented, r); r < 0x180 && i >= 0 {
		return plain[utf8.RuneCountInString(accented[:i])]
	}
	return string(r)
}

// accented and plain are parallel: Latin letters with accents, and without.
const accented = "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľŀłñńņňòóôõöøōŏőŕŗřśŝşšţťŧùúûüũūŭůűųŵýÿŷźżžßæœ"

var plain = strings.Fields("a a a a a a a a a c c c c c d d e e e e e e e e e g g g g h h i i i i i i i i i j k l l l l l n n n n o o o o o o o o o r r r s s s s t t t u u u u u u u u u u w y y y z z z ss ae oe")

// stem takes the endings from an English word, by Porter's second algorithm. A word
// of another script, or with a digit, stays as it is.
func stem(w string) string {
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return w
		}
	}
	return english.Stem(w, true)
}

// stopWords are too common to tell anything.
var stopWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("a about after also am an and any are as at be been before being both but by can could d did do does during for from get got had has have he hers herself him himself his her how i if in into is it its just like ll m many me much my no not of on or our re s she should so some such t than that the their them then there these they this to us ve was we were what when where which who whom whose why will with would you your") {
		m[w] = true
	}
	return m
}()
