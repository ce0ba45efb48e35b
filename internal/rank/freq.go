package rank

import (
	"bytes"
	"fmt"
	"strconv"
)

// Repeats writes the terms that stand more than once, for a store to keep beside
// the list of all: [Doc.Terms].
func (d Doc) Repeats() []byte {
	var b []byte
	for _, term := range d.Terms() {
		if n := d.Freq[term]; n > 1 {
			b = fmt.Appendf(b, "\n%s %d", term, n)
		}
	}
	return b
}

// FreqOf finds, in what [Doc.Repeats] wrote, how often a term that is in the
// document stands in it. What can't be read counts once.
func FreqOf(repeats []byte, term string) int {
	_, rest, ok := bytes.Cut(repeats, []byte("\n"+term+" "))
	if !ok {
		return 1
	}
	digits, _, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.Atoi(string(digits))
	if err != nil || n < 1 {
		return 1
	}
	return n
}
