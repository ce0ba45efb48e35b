package tokenizer

import "github.com/quire-dev/quire"

// Counter says how many tokens the content of parts takes. It is pure: equal
// parts give equal counts, for ever, under one Name. Implementations are safe
// for concurrent use.
type Counter interface {
	// Name identifies the way of counting in stored counts: "o200k_base".
	Name() string
	// Count returns the tokens of the parts' content, without what a
	// provider's format adds around them (see [Framing]).
	Count(parts []quire.Part) int
}

// TextCounter counts text. Every counter of this package is both; [TextOf]
// makes one of a Counter that is not.
type TextCounter interface {
	// CountText returns the tokens of s.
	CountText(s string) int
}

// TextOf returns c itself if it counts text, and else a TextCounter that hands
// the text to c as a part.
func TextOf(c Counter) TextCounter {
	if t, ok := c.(TextCounter); ok {
		return t
	}
	return partCounter{c}
}

type partCounter struct{ c Counter }

func (p partCounter) CountText(s string) int { return p.c.Count([]quire.Part{quire.Text{Text: s}}) }
