package recall_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/recall"
)

// TestALongMessageIsShownByThePassageThatAnswers: with its number, which is the way to
// the whole.
func TestALongMessageIsShownByThePassageThatAnswers(t *testing.T) {
	long := strings.Repeat("the ferry is blue and ", 100) + "the tariff of the ferry is forty crowns " + strings.Repeat("and so on ", 100)
	store := letters(t, [2]string{"mia", long}, [2]string{"joe", "lunch with ferry soup"}, [2]string{"ben", strings.Repeat("soup and bread ", 50)})
	q := recall.Query{Text: "ferry tariff", Budget: 80, Passage: 20, Least: 0.1}
	got, err := ask(t, store, q)
	require.NoError(t, err)
	assert.Contains(t, got.UIDs, quire.UID(1))
	assert.Equal(t, []quire.UID{1}, got.InPart)
	assert.Regexp(t, `#1 \(in part\) ….*the tariff of the ferry is forty.*…\n`, got.Sheet)
	assert.Contains(t, got.Sheet, "#2 lunch with ferry soup\n", "what is short stands there whole")
	assert.LessOrEqual(t, got.Tokens, 80)
	assert.Equal(t, words(got.Sheet), got.Tokens)
	q.Passage = 0
	got, err = ask(t, store, q)
	require.NoError(t, err)
	assert.Equal(t, []quire.UID{2}, got.UIDs, "all of it, or nothing")
	assert.Empty(t, got.InPart)
}

// TestAPassageOfAnyText is one that can be read.
func TestAPassageOfAnyText(t *testing.T) {
	for _, text := range []string{strings.Repeat("漢字かな", 300) + "港" + strings.Repeat("漢字かな", 300), strings.Repeat("x", 3000) + " port", "port " + strings.Repeat("é", 3000), strings.Repeat("port ", 900)} {
		store := letters(t, [2]string{"mia", text})
		count := func(s string) int { return len([]rune(s)) / 3 }
		got, err := (&recall.Recaller{Store: store, Address: "ada", Count: count}).Recall(t.Context(), recall.Query{Text: "port かな 港", Budget: 200, Passage: 60})
		require.NoError(t, err)
		assert.Equal(t, []quire.UID{1}, got.InPart, "%.50s", text)
		assert.LessOrEqual(t, got.Tokens, 200)
		assert.True(t, strings.ToValidUTF8(got.Sheet, "!") == got.Sheet)
	}
}
