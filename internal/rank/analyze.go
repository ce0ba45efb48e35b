package rank

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"unicode/utf8"
)

// Version grows when the same text gives other terms, or the same candidates
// another order.
const Version = 5

const (
	// MaxText is how many bytes of a text are indexed.
	MaxText = 256 << 10
	// MaxTerm is how many bytes of a word count.
	MaxTerm = 64
	// MaxQueryTerms is how many different words of a search count.
	MaxQueryTerms = 24
)

// Doc is what a text is found by.
type Doc struct {
	Length int            // words, stop words left out
	First  int            // words with which the author speaks of himself
	Freq   map[string]int // how often each term stands in it
	pairs  []uint32       // of terms beside each other, by number
}

// Analyze returns the terms of the first [MaxText] bytes of a text.
func Analyze(text string) Doc {
	a := analyzers.Get().(*Analyzer)
	defer analyzers.Put(a)
	d := a.Analyze(text)
	if cap(a.list) > a.most { // of a long text
		a.list = nil
	}
	return d
}

// analyzers remember words from one text to the next: most of a text's words stood in others,
// and to take off their endings takes longest. Each has about a megabyte, until it is not used.
var analyzers = sync.Pool{New: func() any { return &Analyzer{most: 1 << 13} }}

// Analyzer analyses many texts: it remembers what became of a word. The zero value is
// ready; it is not safe for concurrent use.
type Analyzer struct {
	forms map[string]*form
	chars map[string]*form // of those that stand in pairs
	list  []*form          // of the text that is read: scratch
	most  int              // how many words are remembered; 0: maxForms
}

// maxForms is how many words are remembered.
const maxForms = 1 << 16

// Analyze is [Analyze].
func (a *Analyzer) Analyze(text string) Doc {
	list := a.read(text)
	d := Doc{Freq: make(map[string]int, len(list)/2), pairs: make([]uint32, 0, len(list))}
	in := languageOf(list)
	var before uint32 // the number of the word before
	follows := false  // there is one, and it is none of a script without spaces
	for _, f := range list {
		if f.first>>in&1 == 1 {
			d.First++
		}
		if term, number := f.numbered(in); term != "" {
			d.Freq[term]++
			if f.kind != aChar {
				d.Length++
			}
			if f.kind == aWord && follows {
				d.pairs = append(d.pairs, pairNumber(before, number))
			}
			before, follows = number, f.kind == aWord
		}
	}
	return d
}

// Terms lists the different terms in order.
func (d Doc) Terms() []string { return slices.Sorted(maps.Keys(d.Freq)) }

// QueryTerms returns the different words of a search in their order of first use, at
// most [MaxQueryTerms], each as the terms that it may have: one, or more, since a
// text's words have the endings of its language taken off, and few words do not say in
// which language they are. A search for stop words only has none and finds nothing.
func QueryTerms(text string) [][]string { return new(Analyzer).query(text, MaxQueryTerms) }

// query is [QueryTerms] with at most so many words.
func (a *Analyzer) query(text string, most int) [][]string {
	list := a.read(text)
	in := languageOf(list)
	var out [][]string
	seen := map[string]bool{}
	for _, f := range list {
		term := f.in(in)
		if f.kind == aChar || term == "" || seen[term] {
			continue
		}
		if len(out) == most {
			break
		}
		seen[term] = true
		out = append(out, f.all(term))
	}
	return out
}

// read lists the words of the first [MaxText] bytes of a text, until it reads again.
func (a *Analyzer) read(text string) []*form {
	a.list = a.list[:0]
	words(Cut(text, MaxText), func(word []byte, _, _ int, k kind) bool {
		a.list = append(a.list, a.form(word, k))
		return true
	})
	return a.list
}

// form finds what is known of a word.
func (a *Analyzer) form(word []byte, k kind) *form {
	known := &a.forms
	if k == aChar {
		known = &a.chars
	}
	if f := (*known)[string(word)]; f != nil {
		return f
	}
	if *known == nil || len(*known) >= cmp.Or(a.most, maxForms) {
		*known = map[string]*form{}
	}
	f := newForm(string(word), k)
	(*known)[string(word)] = f
	return f
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

// Match is where a word of a search stands in a text, as bytes [From, To).
type Match struct {
	Word     int // of [QueryTerms]
	From, To int
}

// Matches finds the words of a text that a search has, in order. Those of scripts
// without spaces overlap.
func Matches(text string, search [][]string) []Match { return NewFinder(search).Matches(text) }

// Finder finds the words of a search in many texts: it remembers what became of a word.
// It is not safe for concurrent use.
type Finder struct {
	words  Analyzer
	of     map[string]int // the word of the search that has a term
	begins [256]bool      // a term begins with that byte
	any    bool           // or may be of a word that begins with another one
}

// NewFinder is a Finder of the words of a search, as [QueryTerms] gives them.
func NewFinder(search [][]string) *Finder {
	f := &Finder{of: map[string]int{}}
	for i, list := range search {
		for _, term := range list {
			if _, ok := f.of[term]; !ok && term != "" {
				f.of[term], f.begins[term[0]], f.any = i, true, f.any || len(term) == 1
			}
		}
	}
	return f
}

// Matches is what [Matches] is for one text.
func (f *Finder) Matches(text string) []Match {
	list := f.words.read(text)
	in := languageOf(list)
	var out []Match
	n := 0
	words(text, func(word []byte, from, to int, k kind) bool {
		var w *form
		if n++; n < len(list) { // the last one of what was read may have been cut
			w = list[n-1]
		} else {
			w = f.words.form(word, k)
		}
		// Endings are looked at last: that takes longest.
		if f.any || f.begins[word[0]] || !w.keepsFirst() {
			if i, ok := f.of[w.in(in)]; ok {
				out = append(out, Match{i, from, to})
			}
		}
		return true
	})
	return out
}
