package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "漢字": 4, "é": 1, "e\u0301": 1, "🙂": 2, "a\tb": 2, "한": 2} {
		assert.Equal(t, want, width(s), s)
	}
	assert.Equal(t, "ab  ", fitted("ab", 4))
	assert.Equal(t, "abc…", fitted("abcde", 4))
	assert.Equal(t, "漢… ", fitted("漢字字", 4))
	assert.Equal(t, "1,234,567", thousands(1234567))
	assert.Equal(t, "999", thousands(999))
}

// TestNothingIsLostInColumns: however the text comes and whatever it is, all of its
// words arrive, in their order, and the rows beside them, whole and in theirs.
func TestNothingIsLostInColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.StringMatching(`[a-c漢 \n]{0,30}`)).Draw(t, "pieces")
		var b strings.Builder
		p := newPage(&b, 120)
		p.left = rapid.IntRange(8, 40).Draw(t, "left")
		var want []string
		for i := range rapid.IntRange(0, 20).Draw(t, "rows") {
			want = append(want, "row"+strings.Repeat("x", i))
		}
		p.rows = append([]string(nil), want...)
		for _, s := range pieces {
			p.write(s)
		}
		p.flush()
		var left, right []string
		for line := range strings.Lines(b.String()) {
			l, r, ok := strings.Cut(strings.TrimRight(line, "\n"), gutter)
			if ok {
				right = append(right, r)
				assert.Equal(t, p.left, width(l))
			}
			left = append(left, l)
		}
		assert.Equal(t, want, right)
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		assert.Equal(t, squeeze(strings.Join(pieces, "")), squeeze(strings.Join(left, " ")))
	})
}
