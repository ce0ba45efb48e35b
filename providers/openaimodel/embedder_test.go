package openaimodel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/openaimodel"
)

// grams is a vector of a text: its groups of three letters, hashed.
func grams(text string, length int) []float32 {
	v := make([]float32, length)
	s := []rune(strings.ToLower(" " + text + " "))
	for i := range len(s) - 2 {
		h := fnv.New32a()
		_, _ = io.WriteString(h, string(s[i:i+3]))
		v[h.Sum32()%uint32(length)]++
	}
	return v
}

// embeddings is a server of /v1/embeddings, made for the test.
type embeddings struct {
	*httptest.Server
	length  int
	most    int // texts in a request; 0: any number
	longest int // bytes of a text; 0: any number

	mu     sync.Mutex
	asked  []embedRequest
	failed int    // how often it refused
	down   bool   // it answers 503
	answer string // instead
}

type embedRequest struct {
	Model      string
	Input      []string
	Format     string `json:"encoding_format"`
	Dimensions int
}

func newEmbeddings(t *testing.T) *embeddings {
	s := &embeddings{length: 256}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		var in embedRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.URL.Path != "/v1/embeddings" {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		s.asked = append(s.asked, in)
		s.serve(w, in)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *embeddings) serve(w http.ResponseWriter, in embedRequest) {
	fail := func(status int, message string) {
		s.failed++
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"message":%q}}`, message)
	}
	switch {
	case s.down:
		fail(503, "overloaded")
		return
	case s.answer != "":
		io.WriteString(w, s.answer)
		return
	case s.most > 0 && len(in.Input) > s.most:
		fail(422, fmt.Sprintf("batch size %d > maximum allowed batch size %d", len(in.Input), s.most))
		return
	}
	type one struct {
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	var out struct {
		Data  []one          `json:"data"`
		Usage map[string]int `json:"usage"`
	}
	for i, text := range in.Input {
		if s.longest > 0 && len(text) > s.longest {
			fail(500, fmt.Sprintf("input (%d tokens) is too large to process. increase the physical batch size (current batch size: 512)", len(text)))
			return
		}
		out.Data = append([]one{{i, grams(text, s.length)}}, out.Data...) // the last one first
	}
	out.Usage = map[string]int{"prompt_tokens": len(in.Input)}
	_ = json.NewEncoder(w).Encode(out)
}

// texts are those that were asked for with success or without, but for the first, a
// question.
func (s *embeddings) texts() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.asked {
		all = append(all, r.Input...)
	}
	return all
}

func (s *embeddings) embedder(t *testing.T, model string, change func(*openaimodel.EmbedderOptions)) *openaimodel.Embedder {
	t.Helper()
	o := openaimodel.EmbedderOptions{BaseURL: s.URL + "/v1", Key: "secret"}
	if change != nil {
		change(&o)
	}
	e, err := openaimodel.NewEmbedder(model, &o)
	require.NoError(t, err)
	return e
}

var _ recall.Embedder = (*openaimodel.Embedder)(nil)

func TestEmbedder(t *testing.T) {
	s := newEmbeddings(t)
	e := s.embedder(t, "m", func(o *openaimodel.EmbedderOptions) { o.Query, o.Document, o.Dimensions = "q: ", "d: ", 256 })
	v, err := e.EmbedDocuments(t.Context(), []string{"one", "two"})
	require.NoError(t, err)
	assert.Equal(t, [][]float32{grams("d: one", 256), grams("d: two", 256)}, v)
	q, err := e.EmbedQuery(t.Context(), "one?")
	require.NoError(t, err)
	assert.Equal(t, grams("q: one?", 256), q)
	assert.Equal(t, []embedRequest{{"m", []string{"d: one", "d: two"}, "float", 256}, {"m", []string{"q: one?"}, "float", 256}}, s.asked)
	assert.Equal(t, int64(3), e.Tokens())
	assert.NotEqual(t, "m", e.Model(), "what stands before documents changes their vectors")
	assert.Equal(t, "m", s.embedder(t, "m", nil).Model())
	_, err = e.EmbedDocuments(t.Context(), []string{"x", ""})
	assert.Equal(t, providers.CodeInvalid, embedFailure(t, err).Code)
	none, err := e.EmbedDocuments(t.Context(), nil)
	require.NoError(t, err)
	assert.Empty(t, none)
	_, err = openaimodel.NewEmbedder("", &openaimodel.EmbedderOptions{Key: "k"})
	assert.Equal(t, providers.CodeInvalid, embedFailure(t, err).Code)
	t.Setenv("OPENAI_API_KEY", "")
	t.Setenv("OPENAI_BASE_URL", "")
	_, err = openaimodel.NewEmbedder("m", nil)
	assert.Equal(t, providers.CodeAuth, embedFailure(t, err).Code)
}

func embedFailure(t *testing.T, err error) *providers.Error {
	t.Helper()
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "openai", e.Provider)
	assert.NotContains(t, err.Error(), "secret")
	return e
}

// TestEmbedderMakesRequestsThatFit: into what the vendors' limits say, and into what a
// server turns out to take.
func TestEmbedderMakesRequestsThatFit(t *testing.T) {
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprint("text ", i)
	}
	s := newEmbeddings(t)
	s.most = 10
	e := s.embedder(t, "m", nil)
	for range 2 {
		v, err := e.EmbedDocuments(t.Context(), many)
		require.NoError(t, err)
		for i := range many {
			require.Equal(t, grams(many[i], 256), v[i])
		}
	}
	assert.Equal(t, 3, s.failed, "it remembers that 32 and 16 are too many")
	long := strings.Repeat("ü", 4000)
	s.longest = 1500
	v, err := e.EmbedDocuments(t.Context(), []string{"short", long, "last"})
	require.NoError(t, err)
	assert.Equal(t, [][]float32{grams("short", 256), grams(long[:1000], 256), grams("last", 256)}, v)
	s.longest = 1
	before := len(s.asked)
	_, err = e.EmbedDocuments(t.Context(), many[:8])
	assert.Equal(t, providers.CodeTooLong, embedFailure(t, err).Code)
	assert.LessOrEqual(t, len(s.asked)-before, 4, "a server that refuses all is not asked for each text")
}

func TestEmbedderFails(t *testing.T) {
	s := newEmbeddings(t)
	e := s.embedder(t, "m", nil)
	for answer, want := range map[string]string{
		`{"data":[{"embedding":[1]}]}`:                                             "1 vectors for 2 texts",
		`{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]}`:       "has the index 0",
		`{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[2]}]}`:       "has the index 7",
		`{"data":[{"index":0,"embedding":[1]},{"index":1}]}`:                       "no vector",
		`{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,null]}]}`:  "null",
		`{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}`:     "has 2 numbers",
		`{"data":[{"index":0,"embedding":[]},{"index":1,"embedding":[]}]}`:         "has 0 numbers",
		`{"data":[{"index":0,"embedding":"AAA="},{"index":1,"embedding":"AAA="}]}`: "cannot unmarshal",
		`<html>`: "invalid character",
	} {
		s.answer = answer
		_, err := e.EmbedDocuments(t.Context(), []string{"a", "b"})
		require.ErrorContains(t, err, want, answer)
		assert.Equal(t, providers.CodeBadReply, embedFailure(t, err).Code, answer)
	}
	s.answer = `{"error":{"message":"too many requests","code":429}}`
	_, err := e.EmbedQuery(t.Context(), "a")
	assert.Equal(t, providers.CodeRateLimited, embedFailure(t, err).Code)
	s.answer = ""
	_, err = s.embedder(t, "m", func(o *openaimodel.EmbedderOptions) { o.Dimensions = 8 }).EmbedQuery(t.Context(), "a")
	require.ErrorContains(t, err, "Dimensions asks for 8")
	s.down = true
	_, err = e.EmbedQuery(t.Context(), "a")
	assert.Equal(t, providers.CodeUnavailable, embedFailure(t, err).Code)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = e.EmbedQuery(ctx, "a")
	assert.Equal(t, context.Canceled, err)
}

// TestRecallOverHTTP: vectors find what words do not; a restart asks for nothing twice; a
// change of the model is noticed; without the server the question is answered by words.
func TestRecallOverHTTP(t *testing.T) {
	store, s := memstore.New(nil), newEmbeddings(t)
	texts := []string{"Lunch is at noon.", "The accommodations are booked.", "Please water the plants.", "The parcel is here."}
	for _, text := range texts {
		_, err := store.Box("mia").Send(t.Context(), quire.Mail("ada", "", text))
		require.NoError(t, err)
	}
	ask := func(e recall.Embedder) recall.Found { // as a process does that begins anew
		t.Helper()
		r := recall.Recaller{Store: store, Address: "ada", Count: func(s string) int { return len(strings.Fields(s)) }, Embedder: e}
		found, err := r.Recall(t.Context(), recall.Query{Text: "accomodation", Budget: 100})
		require.NoError(t, err)
		return found
	}
	require.NotEqual(t, quire.UID(2), ask(nil).Ranked[0], "it shares no word")
	found := ask(s.embedder(t, "m", nil))
	require.NoError(t, found.EmbedErr)
	assert.Equal(t, quire.UID(2), found.UIDs[0])
	assert.Len(t, s.texts(), 5, "the question and each message")
	assert.Len(t, s.asked, 2)

	assert.Equal(t, found, ask(s.embedder(t, "m", nil)))
	assert.Equal(t, "accomodation", s.texts()[5])
	assert.Len(t, s.texts(), 6, "a restart asks for the question alone")

	assert.Equal(t, found, ask(s.embedder(t, "m-2", nil)))
	assert.Len(t, s.texts(), 6+5, "another model")
	s.length = 128
	require.NoError(t, ask(s.embedder(t, "m", nil)).EmbedErr)
	assert.Len(t, s.texts(), 6+5+5, "the same name with other vectors")

	s.down = true
	words := ask(s.embedder(t, "m", nil))
	require.ErrorIs(t, words.EmbedErr, recall.ErrEmbedder)
	assert.Equal(t, providers.CodeUnavailable, embedFailure(t, words.EmbedErr).Code)
	words.EmbedErr = nil
	assert.Equal(t, ask(nil), words)
}
