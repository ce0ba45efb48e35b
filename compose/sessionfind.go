package compose

import (
	"cmp"
	"errors"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/quire-dev/quire"
)

// find is context_find: it ranks messages by the words of the question that they
// have, rare ones more and those with another ending less, and of equal ones the newer first. Those that are far worse than
// the best, by a word such as "of", are only counted, if no limit asks for them.
func (s *Session) find(a contextArgs) ([]quire.Part, error) {
	words := distinct(wordsOf(a.Words))
	if len(words) == 0 {
		return nil, errors.New("give the words to search for")
	}
	found, shown := s.search(words), 0
	if a.Limit <= 0 {
		a.Limit = min(10, good(found))
	}
	c, room := s.composer(), s.share()/2
	var b strings.Builder
	for _, f := range found {
		row := s.row(f, words)
		n := c.CountText(row)
		if shown == min(a.Limit, 50) || shown > 0 && n > room {
			break
		}
		room -= n
		shown++
		b.WriteString(row)
	}
	switch {
	case shown == 0:
		b.WriteString("Nothing has any of these words.\n")
	case shown < len(found):
		b.WriteString("and " + plural(len(found)-shown) + " with fewer of these words\n")
	}
	return []quire.Part{quire.Text{Text: strings.TrimSuffix(b.String(), "\n")}}, nil
}

// farWorse is by how many times what the words of a hit are worth is less than the best one's for
// it to be no answer: those of a hit with two rare words are worth about twice those of
// one with one.
const farWorse = 4

// good is how many hits are not far worse than the best.
func good(hits []hit) int {
	n := 0
	for n < len(hits) && hits[n].score*farWorse > hits[0].score {
		n++
	}
	return n
}

func plural(n int) string {
	if n == 1 {
		return "1 more"
	}
	return quire.UID(n).String()[1:] + " more"
}

// hit is a message that has words of the question.
type hit struct {
	item  int
	score int
	text  string
}

// search finds all hits, best first. What only handles the context is none.
func (s *Session) search(words []string) []hit {
	var hits []hit
	var masks, exact []uint64
	in := make([]int, len(words))
	for i := range s.items {
		if s.aside(i) {
			continue
		}
		text, _ := spoken(&s.items[i])
		if mask, same := has(text, words, in); mask != 0 {
			hits, masks, exact = append(hits, hit{item: i, text: text}), append(masks, mask), append(exact, same)
		}
	}
	for k := range hits {
		for j, n := range in {
			worth := 1 + bits.Len(uint(len(s.items)/max(n, 1)))
			if masks[k]&(1<<j) != 0 {
				hits[k].score += worth
			}
			if exact[k]&(1<<j) != 0 {
				hits[k].score += worth
			}
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.item, a.item))
	})
	return hits
}

// aside says whether item i only handles the context: calls of the session's tools,
// and what they returned.
func (s *Session) aside(i int) bool {
	for _, p := range s.items[i].Parts {
		switch p := p.(type) {
		case quire.ToolCall:
			if !ofContext(p.Name) {
				return false
			}
		case quire.ToolResult:
			return ofContext(s.toolOf(i, &p))
		case quire.Text:
			if strings.TrimSpace(p.Text) != "" {
				return false
			}
		default:
			return false
		}
	}
	return len(s.items[i].Parts) > 0
}

// toolOf is the tool that result i is of.
func (s *Session) toolOf(i int, res *quire.ToolResult) string {
	for i >= 0 && s.items[i].Kind == quire.KindResult {
		i--
	}
	if i >= 0 {
		for _, p := range s.items[i].Parts {
			if call, ok := p.(quire.ToolCall); ok && call.ID == res.CallID {
				return call.Name
			}
		}
	}
	return res.Name
}

// has returns which of the words a text has, and which exactly so, and counts them.
func has(text string, words []string, in []int) (mask, exact uint64) {
	for _, w := range wordsOf(text) {
		for j, q := range words {
			if exact&(1<<j) != 0 || !alike(w, q) {
				continue
			}
			if mask&(1<<j) == 0 {
				mask |= 1 << j
				in[j]++
			}
			if w == q {
				exact |= 1 << j
			}
		}
	}
	return mask, exact
}

// alike says whether two words are the same, or one is the other with an ending of up
// to three letters.
func alike(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) >= 4 && len(b)-len(a) <= 3 && strings.HasPrefix(b, a)
}

// wordsOf splits a text into its words, in small letters.
func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// mostWords is how many words of a question count.
const mostWords = 32

func distinct(words []string) []string {
	var out []string
	for _, w := range words {
		if !slices.Contains(out, w) && len(out) < mostWords {
			out = append(out, w)
		}
	}
	return out
}

// around is how many bytes a snippet shows before and behind the first word found.
const around = 100

// row shows a hit in one line: its number, whose it is, and the place that has the
// most words of the question.
func (s *Session) row(h hit, words []string) string {
	text := strings.Join(strings.Fields(h.text), " ")
	at := place(text, words)
	from, to := max(at-around, 0), min(at+2*around, len(text))
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	it := &s.items[h.item]
	row := it.UID.String() + " " + speaker(it) + ": "
	if from > 0 {
		row += "… "
	}
	row += text[from:to]
	if to < len(text) {
		row += " …"
	}
	return row + "\n"
}

// place is where, in bytes, the most words of the question stand together.
func place(text string, words []string) int {
	best, most := 0, 0
	var at []int // of words found lately
	var which []int
	for i := 0; i < len(text); {
		n := strings.IndexByte(text[i:], ' ')
		if n < 0 {
			n = len(text) - i
		}
		for _, w := range wordsOf(text[i : i+n]) {
			for j, q := range words {
				if alike(w, q) {
					at, which = append(at, i), append(which, j)
				}
			}
		}
		for len(at) > 0 && at[0] < i-around {
			at, which = at[1:], which[1:]
		}
		if d := len(slices.Compact(slices.Sorted(slices.Values(which)))); d > most {
			best, most = at[0], d
		}
		i += n + 1
	}
	return best
}
