package tokenizer_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
)

func TestEstimate(t *testing.T) {
	e := tokenizer.NewEstimate(bytesCounter{}, tokenizer.Factors{Name: "test-1", Prose: 150, Structured: 110})
	assert.Equal(t, "test-1~bytes", e.Name())
	assert.Equal(t, 15, e.CountText("ten bytes!"))
	assert.Equal(t, 2, e.CountText("a"), "rounded up")
	assert.Equal(t, 0, e.CountText(""))
	assert.Equal(t, 14, e.CountText(`{"abc":"defg"}`)*100/110, "structured")
	assert.Equal(t, 3, e.CountText("漢"), "a factor that is not set is 100")
	assert.Equal(t, 17, tokenizer.CountParts(e, []quire.Part{quire.Text{Text: "ten bytes!"}, quire.Text{Text: "a"}}))

	for _, name := range []string{"claude-4.6", "claude-4.7", "gemini-3"} {
		f, ok := tokenizer.FactorsFor(name)
		assert.True(t, ok)
		assert.Equal(t, name, f.Name)
		assert.NotEmpty(t, f.Source)
		assert.NotEmpty(t, f.Date)
	}
	_, ok := tokenizer.FactorsFor("unknown")
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
