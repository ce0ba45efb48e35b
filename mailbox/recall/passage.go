package recall

import (
	"fmt"
	"strings"

	"github.com/quire-dev/quire/internal/rank"
)

// inPart stands in a line before the passage of a longer message.
const inPart = "(in part) "

// passage is the part of a message's line that holds the most of a question's words,
// where they stand closest, of about so many tokens; "" when it has none of them, or is
// not longer than that.
func (k *known) passage(words [][]string, tokens int) string {
	text := strings.TrimSuffix(k.line[strings.IndexByte(k.line, ' ')+1:], "\n")
	room := len(text) * tokens / max(k.tokens, 1)
	if k.tokens <= tokens || room <= 0 {
		return ""
	}
	matches := rank.Matches(text, words)
	best, first, last := 0, 0, 0
	for i := range matches {
		seen, end := map[int]bool{}, i
		for k := i; k < len(matches) && matches[k].To-matches[i].From <= room; k++ {
			if !seen[matches[k].Word] {
				seen[matches[k].Word], end = true, k
			}
		}
		if n := len(seen); n > best || n == best && matches[end].To-matches[i].From < matches[last].To-matches[first].From {
			best, first, last = n, i, end
		}
	}
	if best == 0 {
		return ""
	}
	spare := max(room-(matches[last].To-matches[first].From), 0)
	from := min(max(matches[first].From-spare/2, 0), max(len(text)-room, 0))
	return fmt.Sprintf("%s %s%s\n", k.uid, inPart, between(text, from, min(from+room, len(text))))
}

// between is text[from:to], begun and ended between words where one is near, with … for
// what is left out.
func between(text string, from, to int) string {
	const near = 24
	begin, end := "", ""
	if from > 0 {
		begin = "…"
		if i := strings.IndexByte(text[from:min(from+near, to)], ' '); i >= 0 {
			from += i + 1
		}
		from = len(rank.Cut(text, from))
	}
	if to < len(text) {
		end = "…"
		if i := strings.LastIndexByte(text[max(to-near, from):to], ' '); i >= 0 {
			to = max(to-near, from) + i
		}
		to = len(rank.Cut(text, to))
	}
	return begin + text[from:to] + end
}
