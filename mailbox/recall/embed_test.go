package recall_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
)

// vowels is an Embedder for which texts with the same vowels are alike; bad breaks
// what it returns.
type vowels struct {
	texts []string
	bad   func([][]float32) ([][]float32, error)
}

func (v *vowels) Embed(_ context.Context, texts []string) ([][]float32, error) {
	v.texts = append(v.texts, texts...)
	out := make([][]float32, len(texts))
	for i, s := range texts {
		out[i] = make([]float32, 5)
		for k, c := range "aeiou" {
			out[i][k] = float32(strings.Count(s, string(c)))
		}
	}
	if v.bad != nil {
		return v.bad(out)
	}
	return out, nil
}

func TestVectorsAndWordsTogether(t *testing.T) {
	store := library(t, 140)
	v := &vowels{}
	r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: v}
	q := recall.Query{Text: "oooo 8443", Budget: 60}
	got, err := r.Recall(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, quire.UID(72), got.Ranked[0], "it is first by its words")
	assert.Len(t, v.texts, 143, "the question and each message once")
	byWords, err := ask(t, store, q)
	require.NoError(t, err)
	assert.NotEqual(t, byWords.Ranked, got.Ranked)
	assert.ElementsMatch(t, byWords.Ranked, got.Ranked)
	again, err := r.Recall(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, got, again)
	assert.Len(t, v.texts, 144, "vectors of messages are remembered")
	_, err = r.Recall(t.Context(), recall.Query{})
	require.NoError(t, err)
	assert.Len(t, v.texts, 144, "no question has no vector")
}

func TestVectorsFindWhatSharesNoWord(t *testing.T) {
	store := memstore.New(nil)
	for _, text := range []string{"zzz", "ooooo", "aaa", "eee"} {
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: quire.MessageID("m" + text[:3]), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: text}}}}})
		require.NoError(t, err)
	}
	r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: &vowels{}}
	got, err := r.Recall(t.Context(), recall.Query{Text: "o"})
	require.NoError(t, err)
	assert.Equal(t, quire.UID(2), got.Ranked[0])
}

func TestAnEmbedderThatFails(t *testing.T) {
	down := errors.New("no line")
	for name, c := range map[string]struct {
		bad  func([][]float32) ([][]float32, error)
		want error
	}{
		"an error":          {func([][]float32) ([][]float32, error) { return nil, down }, down},
		"too few":           {func(v [][]float32) ([][]float32, error) { return v[1:], nil }, recall.ErrEmbedder},
		"of another length": {func(v [][]float32) ([][]float32, error) { v[1] = v[1][1:]; return v, nil }, recall.ErrEmbedder},
		"empty":             {func(v [][]float32) ([][]float32, error) { return make([][]float32, len(v)), nil }, recall.ErrEmbedder},
		"no number":         {func(v [][]float32) ([][]float32, error) { v[1][0] = float32(math.NaN()); return v, nil }, recall.ErrEmbedder},
	} {
		v := &vowels{bad: c.bad}
		r := &recall.Recaller{Store: library(t, 4), Address: "ada", Count: words, Embedder: v}
		_, err := r.Recall(t.Context(), recall.Query{Text: "port"})
		require.ErrorIs(t, err, c.want, name)
		var e *mailbox.Error
		require.ErrorAs(t, err, &e, name)
		v.bad = nil
		_, err = r.Recall(t.Context(), recall.Query{Text: "port"})
		require.NoError(t, err, "%s: the next question is answered", name)
	}
}
