package recall_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// vowels is an Embedder for which texts with the same vowels are alike. bad breaks what it
// returns for documents, and down what it returns for questions.
type vowels struct {
	model string
	bad   func([][]float32) ([][]float32, error)
	down  error

	mu    sync.Mutex
	texts []string // of documents
	asked []string // of questions
}

func (v *vowels) Model() string { return "vowels" + v.model }

func (v *vowels) EmbedDocuments(_ context.Context, texts []string) ([][]float32, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.texts = append(v.texts, texts...)
	out := make([][]float32, len(texts))
	for i, s := range texts {
		out[i] = vowelsOf(s)
	}
	if v.bad != nil {
		return v.bad(out)
	}
	return out, nil
}

func (v *vowels) EmbedQuery(_ context.Context, text string) ([]float32, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, text)
	return vowelsOf(text), v.down
}

func vowelsOf(s string) []float32 {
	out := make([]float32, 5)
	for k, c := range "aeiou" {
		out[k] = float32(strings.Count(s, string(c)))
	}
	return out
}

func TestVectorsAndWordsTogether(t *testing.T) {
	store := library(t, 140)
	v := &vowels{}
	r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: v}
	q := recall.Query{Text: "oooo 8443", Budget: 60}
	for range 3 {
		_, err := r.Recall(t.Context(), q)
		require.NoError(t, err)
	}
	got, err := r.Recall(t.Context(), q)
	require.NoError(t, err)
	require.NoError(t, got.EmbedErr)
	assert.Equal(t, quire.UID(72), got.Ranked[0], "it is first by its words")
	assert.Len(t, v.texts, 142, "each message once")
	byWords, err := ask(t, store, q)
	require.NoError(t, err)
	assert.NotEqual(t, byWords.Ranked, got.Ranked)
	assert.ElementsMatch(t, byWords.Ranked, got.Ranked)
	again, err := r.Recall(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, got, again)
	assert.Len(t, v.texts, 142, "vectors of messages are remembered")
	asked := len(v.asked)
	_, err = r.Recall(t.Context(), recall.Query{Text: " \n"})
	require.NoError(t, err)
	assert.Len(t, v.asked, asked, "no question has no vector")
}

// told is a mailbox to which mia sent these texts.
func told(t *testing.T, texts ...string) *mailbox.Store {
	t.Helper()
	store := memstore.New(nil)
	tell(t, store, texts...)
	return store
}

func tell(t *testing.T, store *mailbox.Store, texts ...string) {
	t.Helper()
	for _, text := range texts {
		_, err := store.Box("mia").Send(t.Context(), quire.Draft{To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: text}}})
		require.NoError(t, err)
	}
}

func TestVectorsFindWhatSharesNoWord(t *testing.T) {
	r := &recall.Recaller{Store: told(t, "zzz", "ooooo", "aaa", "eee"), Address: "ada", Count: words, Embedder: &vowels{}}
	got, err := r.Recall(t.Context(), recall.Query{Text: "o"})
	require.NoError(t, err)
	assert.Equal(t, quire.UID(2), got.Ranked[0])
}

// TestTheSheetGoesByVectorsToo: what stands on it, and not only the order of all.
func TestTheSheetGoesByVectorsToo(t *testing.T) {
	store := told(t, "north harbour iiii", "south harbour ooooooo", "ooo ooo", "eee eee")
	r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: &vowels{}}
	q := recall.Query{Text: "north harbour oooooooo", Budget: 20}
	byWords, err := ask(t, store, q)
	require.NoError(t, err)
	require.Equal(t, []quire.UID{1}, byWords.UIDs)
	got, err := r.Recall(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, []quire.UID{2}, got.UIDs)
	assert.Contains(t, got.Sheet, "ooooooo")
}

// TestAQuestionHasOnlySoManyMade: the best ones by their words first, so that a large
// mailbox costs no question more than two calls.
func TestAQuestionHasOnlySoManyMade(t *testing.T) {
	v := &vowels{}
	r := &recall.Recaller{Store: library(t, 200), Address: "ada", Count: words, Embedder: v}
	for i, want := range []int{64, 128, 192, 202, 202} {
		_, err := r.Recall(t.Context(), recall.Query{Text: "Which port, 8443?"})
		require.NoError(t, err)
		assert.Len(t, v.texts, want, i)
		if i == 0 {
			assert.Contains(t, strings.Join(v.texts[:2], " "), "8443")
		}
	}
	assert.Len(t, v.asked, 5)
}

// TestARestartAsksForNothingTwice: neither does a process beside it.
func TestARestartAsksForNothingTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.db")
	open := func() *mailbox.Store {
		s, err := sqlitestore.Open(t.Context(), path, nil)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, s.Close()) })
		return s.Store
	}
	store := open()
	tell(t, store, "alpha", "beta", "gamma")
	q := recall.Query{Text: "iota"}
	first, second := &vowels{}, &vowels{}
	want, err := (&recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: first}).Recall(t.Context(), q)
	require.NoError(t, err)
	assert.Len(t, first.texts, 3)
	require.NoError(t, store.Close())
	store = open()
	tell(t, store, "delta", " ")
	r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: second}
	_, err = r.Recall(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, []string{"delta"}, second.texts, "what is new, if it says anything")
	third := &vowels{}
	got, err := (&recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: third}).Recall(t.Context(), q)
	require.NoError(t, err)
	assert.Empty(t, third.texts)
	assert.NotEqual(t, want, got)
}

// TestAChangeOfModelIsNoticed: by name, and by the length of its vectors; those of before
// are kept until they are dropped, and count for nothing.
func TestAChangeOfModelIsNoticed(t *testing.T) {
	store := told(t, "alpha", "beta", "gamma")
	q := recall.Query{Text: "iota"}
	ask := func(v *vowels, e recall.Embedder) {
		t.Helper()
		r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: e}
		got, err := r.Recall(t.Context(), q)
		require.NoError(t, err)
		require.NoError(t, got.EmbedErr)
	}
	old, next, longer := &vowels{}, &vowels{model: "-2"}, &vowels{}
	ask(old, old)
	ask(next, next)
	ask(longer, long{longer})
	assert.Len(t, old.texts, 3)
	assert.Len(t, next.texts, 3)
	assert.Len(t, longer.texts, 3)
	again := &vowels{}
	ask(again, again)
	assert.Empty(t, again.texts, "both are kept, for programs that run side by side")
	require.NoError(t, store.DropVectors(t.Context(), "ada", "vowels/5"))
	ask(again, again)
	assert.Empty(t, again.texts)
	ask(next, next)
	assert.Len(t, next.texts, 6)
	// Also for a Recaller that goes on: what it remembers is of the other model.
	changing := &struct{ recall.Embedder }{old}
	r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: changing}
	_, err := r.Recall(t.Context(), q)
	require.NoError(t, err)
	changing.Embedder = long{longer}
	got, err := r.Recall(t.Context(), q)
	require.NoError(t, err)
	require.NoError(t, got.EmbedErr)
	assert.Len(t, longer.texts, 6)
}

// long is an embedder with longer vectors.
type long struct{ *vowels }

func (l long) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	out, err := l.vowels.EmbedDocuments(ctx, texts)
	for i := range out {
		out[i] = append(out[i], 0)
	}
	return out, err
}

func (l long) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	v, err := l.vowels.EmbedQuery(ctx, text)
	return append(v, 0), err
}

func TestAnEmbedderThatFails(t *testing.T) {
	down := errors.New("no line")
	for name, c := range map[string]struct {
		bad  func([][]float32) ([][]float32, error)
		down error
	}{
		"an error":          {bad: func([][]float32) ([][]float32, error) { return nil, down }},
		"no question":       {down: down},
		"too few":           {bad: func(v [][]float32) ([][]float32, error) { return v[1:], nil }},
		"of another length": {bad: func(v [][]float32) ([][]float32, error) { v[1] = v[1][1:]; return v, nil }},
		"empty":             {bad: func(v [][]float32) ([][]float32, error) { return make([][]float32, len(v)), nil }},
		"no number":         {bad: func(v [][]float32) ([][]float32, error) { v[1][0] = float32(math.NaN()); return v, nil }},
	} {
		v := &vowels{bad: c.bad, down: c.down}
		store := library(t, 4)
		r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: v}
		q := recall.Query{Text: "port", Budget: 100, Least: 0.3}
		got, err := r.Recall(t.Context(), q)
		require.NoError(t, err, name)
		require.ErrorIs(t, got.EmbedErr, recall.ErrEmbedder, name)
		var e *mailbox.Error
		require.ErrorAs(t, got.EmbedErr, &e, name)
		if c.down != nil {
			require.ErrorIs(t, got.EmbedErr, down)
		}
		want, err := ask(t, store, q)
		require.NoError(t, err)
		got.EmbedErr = nil
		if c.down != nil {
			assert.Equal(t, want, got, "%s: it is what is found by words alone", name)
		}
		assert.Equal(t, want.Ranked[0], got.Ranked[0], name)
		order, err := r.Order(t.Context(), q, want.Ranked)
		require.ErrorIs(t, err, recall.ErrEmbedder, name)
		assert.Len(t, order, len(want.Ranked), name)
		_, err = r.Index(t.Context(), nil)
		require.ErrorIs(t, err, recall.ErrEmbedder, name)
		v.bad, v.down = nil, nil
		got, err = r.Recall(t.Context(), q)
		require.NoError(t, err)
		require.NoError(t, got.EmbedErr, "%s: the next question goes by vectors again", name)
	}
}

// hanging never answers.
type hanging struct{ vowels }

func (h *hanging) EmbedQuery(ctx context.Context, _ string) ([]float32, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestAnEmbedderThatHangsHoldsUpNoQuestion(t *testing.T) {
	store := library(t, 4)
	r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: &hanging{}, EmbedWithin: time.Nanosecond}
	got, err := r.Recall(t.Context(), recall.Query{Text: "port"})
	require.NoError(t, err)
	require.ErrorIs(t, got.EmbedErr, context.DeadlineExceeded)
	assert.NotEmpty(t, got.Ranked)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Recall(ctx, recall.Query{Text: "port"})
	require.ErrorIs(t, err, context.Canceled)
}

func TestIndexMakesAllVectors(t *testing.T) {
	store, v := library(t, 1100), &vowels{}
	r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: v}
	made, err := r.Index(t.Context(), []quire.Kind{quire.KindNote})
	require.NoError(t, err)
	assert.Zero(t, made)
	made, err = r.Index(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, 1102, made)
	assert.Equal(t, "lunch menu number 549 with bread", v.texts[0], "the newest first")
	assert.Len(t, v.texts, 1102)
	made, err = r.Index(t.Context(), nil)
	require.NoError(t, err)
	assert.Zero(t, made)
	_, err = r.Recall(t.Context(), recall.Query{Text: "port"})
	require.NoError(t, err)
	assert.Len(t, v.texts, 1102)
	_, err = (&recall.Recaller{Store: store, Address: "ada"}).Index(t.Context(), nil)
	require.ErrorIs(t, err, mailbox.ErrInvalid)
}

// TestIndexGoesOnWhereItFailed: what was made is kept.
func TestIndexGoesOnWhereItFailed(t *testing.T) {
	v := &vowels{}
	calls := 0
	v.bad = func(out [][]float32) ([][]float32, error) {
		if calls++; calls == 3 {
			return nil, errors.New("no line")
		}
		return out, nil
	}
	r := &recall.Recaller{Store: library(t, 198), Address: "ada", Count: words, Embedder: v}
	made, err := r.Index(t.Context(), nil)
	require.ErrorContains(t, err, "no line")
	assert.Equal(t, 128, made)
	made, err = r.Index(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, 72, made)
}

// TestWhatIsExpungedLeavesNoVector: neither in the store nor in a Recaller that knew it.
func TestWhatIsExpungedLeavesNoVector(t *testing.T) {
	store := told(t, "alpha", "secret ooo", "beta")
	r := &recall.Recaller{Store: store, Address: "ada", Count: words, Embedder: &vowels{}}
	q := recall.Query{Text: "ooo"}
	got, err := r.Recall(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, quire.UID(2), got.Ranked[0])
	_, err = store.Expunge(t.Context(), "ada", []quire.UID{2})
	require.NoError(t, err)
	got, err = r.Recall(t.Context(), q)
	require.NoError(t, err)
	assert.NotContains(t, got.Ranked, quire.UID(2))
	kept, err := store.Vectors(t.Context(), "ada", "vowels/5", []quire.UID{1, 2, 3})
	require.NoError(t, err)
	assert.Len(t, kept, 2)
}

// TestWhoMayOnlyReadGoesByVectors: they are not kept, and that is said.
func TestWhoMayOnlyReadGoesByVectors(t *testing.T) {
	store := told(t, "zzz", "ooooo", "aaa")
	reader := store.As("eve", func(_, _ quire.Address, right mailbox.Right) bool { return right == mailbox.RightRead })
	v := &vowels{}
	r := &recall.Recaller{Store: reader, Address: "ada", Count: words, Embedder: v}
	got, err := r.Recall(t.Context(), recall.Query{Text: "o"})
	require.NoError(t, err)
	require.ErrorIs(t, got.EmbedErr, mailbox.ErrForbidden)
	assert.Equal(t, quire.UID(2), got.Ranked[0])
	_, err = r.Recall(t.Context(), recall.Query{Text: "o"})
	require.NoError(t, err)
	assert.Len(t, v.texts, 3, "this Recaller remembers them")
}
