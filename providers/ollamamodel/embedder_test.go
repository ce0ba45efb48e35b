package ollamamodel_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/ollamamodel"
)

var _ recall.Embedder = (*ollamamodel.Embedder)(nil)

// letters is a vector of a text: how often it has each letter.
func letters(text string) []float32 {
	v := make([]float32, 26)
	for _, c := range strings.ToLower(text) {
		if c >= 'a' && c <= 'z' {
			v[c-'a']++
		}
	}
	return v
}

// embedServer is a server of /api/embed, made for the test.
func embedServer(t *testing.T) (url string, asked *[]map[string]any) {
	asked = &[]map[string]any{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		if json.NewDecoder(r.Body).Decode(&in) != nil || r.URL.Path != "/api/embed" {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		*asked = append(*asked, in)
		if in["model"] == "gone" {
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"error":"model 'gone' not found"}`)
			return
		}
		var vectors [][]float32
		for _, text := range in["input"].([]any) {
			vectors = append(vectors, letters(text.(string)))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"model": in["model"], "embeddings": vectors, "prompt_eval_count": len(vectors)})
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestEmbedder(t *testing.T) {
	url, asked := embedServer(t)
	e, err := ollamamodel.NewEmbedder("nomic-embed-text", &ollamamodel.EmbedderOptions{BaseURL: url, Query: "q: ", Document: "d: ", Dimensions: 26, KeepAlive: time.Minute})
	require.NoError(t, err)
	v, err := e.EmbedDocuments(t.Context(), []string{"one", "two"})
	require.NoError(t, err)
	assert.Equal(t, [][]float32{letters("d: one"), letters("d: two")}, v)
	q, err := e.EmbedQuery(t.Context(), "one?")
	require.NoError(t, err)
	assert.Equal(t, letters("q: one?"), q)
	assert.Equal(t, map[string]any{"model": "nomic-embed-text", "input": []any{"d: one", "d: two"}, "truncate": true, "dimensions": 26.0, "keep_alive": "1m0s"}, (*asked)[0])
	assert.Equal(t, int64(3), e.Tokens())
	gone, err := ollamamodel.NewEmbedder("gone", &ollamamodel.EmbedderOptions{BaseURL: url})
	require.NoError(t, err)
	_, err = gone.EmbedQuery(t.Context(), "x")
	assert.Equal(t, providers.CodeInvalid, failure(t, err).Code)
	assert.ErrorContains(t, err, "ollama pull gone")
	_, err = ollamamodel.NewEmbedder("", nil)
	assert.Equal(t, providers.CodeInvalid, failure(t, err).Code)
}

func TestRecallOverHTTP(t *testing.T) {
	url, asked := embedServer(t)
	e, err := ollamamodel.NewEmbedder("m", &ollamamodel.EmbedderOptions{BaseURL: url})
	require.NoError(t, err)
	store := memstore.New(nil)
	for i := range 100 {
		_, err := store.Box("mia").Send(t.Context(), quire.Mail("ada", "", fmt.Sprint("lunch menu ", i)))
		require.NoError(t, err)
	}
	_, err = store.Box("mia").Send(t.Context(), quire.Mail("ada", "", "zizzy jazz"))
	require.NoError(t, err)
	r := recall.Recaller{Store: store, Address: "ada", Count: func(s string) int { return len(s) }, Embedder: e}
	made, err := r.Index(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, 101, made)
	assert.Len(t, *asked, 3)
	found, err := r.Recall(t.Context(), recall.Query{Text: "jazzzz"})
	require.NoError(t, err)
	require.NoError(t, found.EmbedErr)
	assert.Equal(t, quire.UID(101), found.Ranked[0])
	assert.Len(t, *asked, 4, "only for the question")
}
