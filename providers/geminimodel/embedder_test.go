package geminimodel_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/geminimodel"
)

var _ recall.Embedder = (*geminimodel.Embedder)(nil)

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

type embedAsked struct {
	path, key string
	Requests  []struct {
		Model   string
		Content struct {
			Parts []struct{ Text string }
		}
		TaskType             string
		OutputDimensionality int
	}
}

// embedServer is a server of batchEmbedContents, made for the test.
func embedServer(t *testing.T) (url string, asked *[]embedAsked) {
	asked = &[]embedAsked{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := embedAsked{path: r.URL.Path, key: r.Header.Get("X-Goog-Api-Key")}
		if json.NewDecoder(r.Body).Decode(&in) != nil {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		*asked = append(*asked, in)
		if len(in.Requests) > 100 {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"error":{"code":400,"message":"* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n","status":"INVALID_ARGUMENT"}}`)
			return
		}
		var out []map[string]any
		for _, one := range in.Requests {
			out = append(out, map[string]any{"values": letters(one.Content.Parts[0].Text)})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"embeddings": out})
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestEmbedder(t *testing.T) {
	url, asked := embedServer(t)
	e, err := geminimodel.NewEmbedder("gemini-embedding-001", &geminimodel.EmbedderOptions{Key: "secret", BaseURL: url, Dimensions: 26})
	require.NoError(t, err)
	many := make([]string, 150)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	v, err := e.EmbedDocuments(t.Context(), many)
	require.NoError(t, err)
	for i := range many {
		require.Equal(t, letters(many[i]), v[i])
	}
	require.Len(t, *asked, 2)
	first := (*asked)[0]
	assert.Len(t, first.Requests, 100)
	assert.True(t, strings.HasSuffix(first.path, "/models/gemini-embedding-001:batchEmbedContents"), first.path)
	assert.Equal(t, "secret", first.key)
	assert.Equal(t, "models/gemini-embedding-001", first.Requests[0].Model)
	assert.Equal(t, 26, first.Requests[0].OutputDimensionality)
	assert.Equal(t, "RETRIEVAL_DOCUMENT", first.Requests[0].TaskType)
	_, err = e.EmbedQuery(t.Context(), "why?")
	require.NoError(t, err)
	assert.Equal(t, "RETRIEVAL_QUERY", (*asked)[2].Requests[0].TaskType)
	assert.Equal(t, "gemini-embedding-001", e.Model())

	second, err := geminimodel.NewEmbedder("gemini-embedding-2", &geminimodel.EmbedderOptions{Key: "secret", BaseURL: url})
	require.NoError(t, err)
	_, err = second.EmbedDocuments(t.Context(), []string{"one"})
	require.NoError(t, err)
	_, err = second.EmbedQuery(t.Context(), "one?")
	require.NoError(t, err)
	assert.Equal(t, "title: none | text: one", (*asked)[3].Requests[0].Content.Parts[0].Text)
	assert.Equal(t, "task: search result | query: one?", (*asked)[4].Requests[0].Content.Parts[0].Text)
	assert.Empty(t, (*asked)[3].Requests[0].TaskType)

	t.Setenv("GEMINI_API_KEY", "")
	t.Setenv("GOOGLE_API_KEY", "")
	_, err = geminimodel.NewEmbedder("m", nil)
	assert.Equal(t, providers.CodeAuth, code(t, err))
	_, err = geminimodel.NewEmbedder("m", &geminimodel.EmbedderOptions{Key: "k", Dimensions: -1})
	assert.Equal(t, providers.CodeInvalid, code(t, err))
	down, err := geminimodel.NewEmbedder("m", &geminimodel.EmbedderOptions{Key: "k", BaseURL: "http://127.0.0.1:1"})
	require.NoError(t, err)
	_, err = down.EmbedQuery(t.Context(), "x")
	assert.Equal(t, providers.CodeUnavailable, code(t, err))
}

func TestRecallOverHTTP(t *testing.T) {
	url, asked := embedServer(t)
	e, err := geminimodel.NewEmbedder("gemini-embedding-001", &geminimodel.EmbedderOptions{Key: "secret", BaseURL: url})
	require.NoError(t, err)
	store := memstore.New(nil)
	for i := range 10 {
		_, err := store.Box("mia").Send(t.Context(), quire.Mail("ada", "", fmt.Sprint("lunch menu ", i)))
		require.NoError(t, err)
	}
	_, err = store.Box("mia").Send(t.Context(), quire.Mail("ada", "", "zizzy jazz"))
	require.NoError(t, err)
	r := recall.Recaller{Store: store, Address: "ada", Count: func(s string) int { return len(s) }, Embedder: e}
	for range 2 {
		found, err := r.Recall(t.Context(), recall.Query{Text: "jazzzz"})
		require.NoError(t, err)
		require.NoError(t, found.EmbedErr)
		assert.Equal(t, quire.UID(11), found.Ranked[0])
	}
	assert.Len(t, *asked, 3, "twice for the question, once for the messages")
}
