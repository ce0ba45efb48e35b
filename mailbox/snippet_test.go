package mailbox

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire/internal/rank"
)

func TestMarksAreTheStoresOwn(t *testing.T) {
	r := Row{Snippet: "a *server* on the port", Matches: []Range{{3, 9}, {18, 22}}}
	assert.Equal(t, "a *server* on the *port*", r.Marked("*", "*"))
	assert.Equal(t, "a *<server>* on the <port>", r.Marked("<", ">"))
	r.Matches = []Range{{18, 22}}
	assert.Equal(t, "a server on the *port*", r.Marked("*", "*"), "a look-alike goes")
	r.Matches = []Range{{2, 10}}
	assert.Equal(t, "a *server* on the port", r.Marked("*", "*"), "also in a word that was found")
	r.Matches = []Range{{18, 99}, {-1, 3}, {5, 2}}
	assert.Equal(t, "a server on the port", r.Marked("*", "*"), "of another snippet")
}

func TestAnExcerptHoldsTheMostDifferentWords(t *testing.T) {
	far := strings.Repeat("filler ", 100)
	text, in := (&selection{terms: [][]string{{"port"}, {"server"}}}).excerpt("port port port " + far + "the port of a server " + far + "port and server")
	assert.Contains(t, text, "the port of a server")
	require.Len(t, in, 2)
	assert.Equal(t, "server", text[in[1].From:in[1].To])
	text, in = (&selection{terms: [][]string{{"port"}, {"server"}}}).excerpt("port " + far + "port port " + far)
	assert.Len(t, in, 2, text)
}

func TestAnExcerptOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"port ", "server", " ", "filler ", "é\u0301 ", "漢", "\xff", "\n", strings.Repeat("port", 60), strings.Repeat("x ", 90)})
		body := strings.Join(rapid.SliceOfN(word, 0, 40).Draw(t, "body"), "")
		text, in := (&selection{terms: [][]string{{"port"}, {"漢"}}}).excerpt(body)
		require.LessOrEqual(t, len(text), snippetBytes)
		last := 0
		for _, m := range in {
			require.LessOrEqual(t, last, m.From)
			require.LessOrEqual(t, m.To, len(text))
			require.Equal(t, 1, len(rank.Matches(text[m.From:m.To], [][]string{{"port"}, {"漢"}})), "%q", text[m.From:m.To])
			last = m.To
		}
		if len(in) > 0 {
			require.Len(t, rank.Matches(text, [][]string{{"port"}, {"漢"}}), len(in), "no more stand in it")
		}
	})
}
