package tiktoken_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// TestCutsAreExact holds, for any text and limit: a head and a tail are what
// they say, count what they say, and count no more than the limit.
func TestCutsAreExact(t *testing.T) {
	for _, e := range []*tokenizer.Encoding{tiktoken.CL100k(), tiktoken.O200k()} {
		t.Run(e.Name(), rapid.MakeCheck(func(t *rapid.T) {
			seed := rapid.Uint64().Draw(t, "seed")
			rng := rand.New(rand.NewPCG(seed, 1))
			var b strings.Builder
			for range rapid.IntRange(0, 6).Draw(t, "strings") {
				b.WriteString(draw(rng, rng.IntN(256)))
			}
			s := b.String()
			limit := rapid.IntRange(-1, 80).Draw(t, "limit")
			checkCuts(t, e, s, limit)
		}))
	}
}

// TestCutsBehindBlanks has white space in front of what does not take its last
// rune along: there it is two pieces, and one at the end of a head.
func TestCutsBehindBlanks(t *testing.T) {
	for _, s := range []string{"a  1", "a   1", "x\n  1", "a \u00a01 b", "a\t\t1", "1  \n  1", "\xff  \xff"} {
		for limit := range 8 {
			checkCuts(t, tiktoken.CL100k(), s, limit)
			checkCuts(t, tiktoken.O200k(), s, limit)
		}
	}
}

func checkCuts(t require.TestingT, e *tokenizer.Encoding, s string, limit int) {
	whole := e.CountText(s)
	n, over := e.CountUpTo(s, limit)
	require.Equal(t, whole > limit, over, "%q up to %d", s, limit)
	require.LessOrEqual(t, n, whole)
	if !over {
		require.Equal(t, whole, n)
	}
	head, n := e.Head(s, limit)
	require.True(t, strings.HasPrefix(s, head))
	require.Equal(t, e.CountText(head), n, "%q: head %q", s, head)
	tail, m := e.Tail(s, limit)
	require.True(t, strings.HasSuffix(s, tail))
	require.Equal(t, e.CountText(tail), m, "%q: tail %q", s, tail)
	if whole <= limit {
		require.Equal(t, s, head)
		require.Equal(t, s, tail)
	} else {
		require.LessOrEqual(t, n, max(limit, 0))
		require.LessOrEqual(t, m, max(limit, 0))
	}
	if utf8.ValidString(s) {
		require.True(t, utf8.ValidString(head), "%q cuts a rune", head)
		require.True(t, utf8.ValidString(tail), "%q cuts a rune", tail)
	}
}

// TestCutsAreLong holds that little of the limit is left unused.
func TestCutsAreLong(t *testing.T) {
	e := tiktoken.O200k()
	rng := rand.New(rand.NewPCG(9, 9))
	for name, c := range map[string]struct {
		text string
		most float64 // of the limit may be unused
	}{
		"prose":      {makeProse(rng, 1<<16), 0.02},
		"code":       {makeCode(rng, 1<<16), 0.04},
		"one run":    {strings.Repeat("a", 1<<16), 0.1},
		"blanks":     {strings.Repeat(" ", 1<<20), 0.1},
		"ideographs": {strings.Repeat("漢字", 1<<14), 0.1},
		"mixed":      {makeProse(rng, 1<<10) + strings.Repeat("=", 1<<16) + makeProse(rng, 1<<10), 0.1},
	} {
		for _, limit := range []int{100, 1000} {
			head, n := e.Head(c.text, limit)
			tail, m := e.Tail(c.text, limit)
			assert.GreaterOrEqual(t, float64(n), float64(limit)*(1-c.most), "%s: head of %d bytes", name, len(head))
			assert.GreaterOrEqual(t, float64(m), float64(limit)*(1-c.most), "%s: tail of %d bytes", name, len(tail))
		}
	}
}

func ExampleEncoding_Head() {
	log := strings.Repeat("ok\n", 1000) + "FAIL: want 3, got 4\n"
	head, _ := tiktoken.O200k().Head(log, 6)
	tail, _ := tiktoken.O200k().Tail(log, 12)
	fmt.Printf("%q … %q\n", head, tail)
	// Output: "ok\nok\nok\n" … "ok\nFAIL: want 3, got 4\n"
}
