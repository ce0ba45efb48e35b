package tokenizer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
)

func TestEstimate(t *testing.T) {
	for _, family := range []string{"claude-4.6", "claude-4.7", "gemini-3"} {
		e, ok := tokenizer.Estimate(family, bytesCounter{})
		require.True(t, ok)
		assert.Equal(t, family+"~bytes", e.Name())
		n := e.CountText("twelve bytes")
		assert.Greater(t, n, 12, "more than the base counts")
		assert.Greater(t, e.CountText("a"), 1, "rounded up")
		assert.Zero(t, e.CountText(""))
		assert.Equal(t, 3*n, tokenizer.CountParts(e, slices.Repeat([]quire.Part{quire.Text{Text: "twelve bytes"}}, 3)))
	}
	claude, _ := tokenizer.Estimate("claude-4.7", bytesCounter{})
	text := strings.Repeat(`{"abc":"defg"}`, 20)
	prose := strings.Repeat("abcd efgh ijkl", 20)
	assert.NotEqual(t, claude.CountText(text), claude.CountText(prose), "each class has a factor of its own")
	_, ok := tokenizer.Estimate("unknown", tokenizer.Approx{})
	assert.False(t, ok)
}

func TestApprox(t *testing.T) {
	var a tokenizer.Approx
	for s, want := range map[string]int{
		"":                                       0,
		"a":                                      1,
		"The quick brown fox jumps.":             6,
		"12345":                                  2,
		"今天天气很好":                                 5,
		strings.Repeat("=", 1000):                11,
		strings.Repeat(" ", 1000):                13,
		strings.Repeat("word and another ", 100): 311,
	} {
		assert.Equal(t, want, a.CountText(s), "%.40q", s)
		assert.Equal(t, want, tokenizer.CountParts(a, []quire.Part{quire.Opaque{Raw: []byte(s)}}))
	}
	assert.Zero(t, testing.AllocsPerRun(10, func() { a.CountText("some text of no great length") }))
}
