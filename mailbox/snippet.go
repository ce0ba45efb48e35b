package mailbox

import (
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/words"
)

const (
	// snippetBytes is how long a snippet is at most.
	snippetBytes = 200
	// searched is how many bytes of a body a snippet is looked for in.
	searched = 64 << 10
	// ellipsis stands where a snippet leaves text out.
	ellipsis = "…"
)

// row makes the row of a hit.
func (s *selection) row(it driver.Item, score float64) (Row, error) {
	m := *it.Message
	m.Parts = nil
	item, err := itemOf(driver.Item{Delivery: it.Delivery, Message: &m})
	row := Row{Item: item, Snippet: m.Snippet, Bytes: m.Bytes, Tokens: m.Tokens, Score: score}
	if n := len(item.Counts); n > 0 {
		row.Tokens = item.Counts[n-1].Tokens
	}
	if err != nil || len(s.terms) == 0 || s.Plain || len(it.Message.Parts) == 0 {
		return row, err
	}
	parts, err := codec.DecodeParts(it.Message.Parts)
	if err != nil {
		return row, corrupt("message "+string(m.ID), err)
	}
	if text, matches := s.excerpt(quire.PlainText(parts)); len(matches) > 0 {
		row.Snippet, row.Matches = text, matches
	}
	return row, nil
}

// Marked is the snippet with marks around the words that were searched for. What
// looks like a mark in the text is left out, so that marks are the store's.
func (r *Row) Marked(before, after string) string {
	clean := func(s string) string {
		for _, mark := range []string{before, after} {
			if mark != "" {
				s = strings.ReplaceAll(s, mark, "")
			}
		}
		return s
	}
	var b strings.Builder
	at := 0
	for _, m := range r.Matches {
		if m.From < at || m.To < m.From || m.To > len(r.Snippet) {
			continue // of another snippet
		}
		b.WriteString(clean(r.Snippet[at:m.From]) + before + clean(r.Snippet[m.From:m.To]) + after)
		at = m.To
	}
	b.WriteString(clean(r.Snippet[at:]))
	return b.String()
}

// excerpt is the part of a body that holds most of the terms, the first of those
// that do, and where they stand in it; nothing when none does.
func (s *selection) excerpt(body string) (string, []Range) {
	if s.finder == nil {
		s.finder = rank.NewFinder(s.terms)
	}
	line := words.Line(rank.Cut(body, searched), searched)
	matches := s.finder.Matches(line)
	if len(matches) == 0 {
		return "", nil
	}
	first, last := densest(matches)
	room := snippetBytes - 2*len(ellipsis) - (matches[last].To - matches[first].From)
	from := wordStart(line, matches[first].From, matches[first].From-max(room, 0)/2)
	to := wordEnd(line, from, matches[last].To, from+snippetBytes-2*len(ellipsis))
	text, shift := strings.TrimRight(line[from:to], " "), -from
	if from > 0 {
		text, shift = ellipsis+text, shift+len(ellipsis)
	}
	if to < len(line) {
		text += ellipsis
	}
	var in []Range
	for _, m := range matches {
		if m.From < from || m.To > to {
			continue
		}
		if n := len(in); n > 0 && m.From+shift < in[n-1].To { // of a script without spaces
			in[n-1].To = m.To + shift
			continue
		}
		in = append(in, Range{m.From + shift, m.To + shift})
	}
	return text, in
}

// densest are the first and last of the matches, close enough for one snippet, with
// the most different terms; of equal ones with the most matches, then the first.
func densest(matches []rank.Match) (first, last int) {
	const room = snippetBytes - 2*len(ellipsis)
	count := map[int]int{}
	best, end := [2]int{}, 0
	for i := range matches {
		for end < len(matches) && (end == i || matches[end].To-matches[i].From <= room) {
			count[matches[end].Word]++
			end++
		}
		if n := [2]int{len(count), end - i}; n[0] > best[0] || n[0] == best[0] && n[1] > best[1] {
			best, first, last = n, i, end-1
		}
		if count[matches[i].Word]--; count[matches[i].Word] == 0 {
			delete(count, matches[i].Word)
		}
	}
	return first, last
}

// wordStart is where the first word begins that is not before low; at latest at high.
func wordStart(s string, high, low int) int {
	if low <= 0 {
		return 0
	}
	if i := strings.IndexByte(s[low:high], ' '); i >= 0 {
		return low + i + 1
	}
	return high
}

// wordEnd is where the last word ends that is not beyond high; not before low, but
// for what a snippet can't hold.
func wordEnd(s string, from, low, high int) int {
	if high >= len(s) {
		return len(s)
	}
	if low >= high {
		return from + len(rank.Cut(s[from:], high-from)) // a single long word
	}
	if i := strings.LastIndexByte(s[low:high+1], ' '); i >= 0 {
		return low + i
	}
	return low
}
