package geminimodel

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"google.golang.org/genai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
)

// EmbedderOptions say where vectors are made, and how. The zero value is Google's own API
// with the key of the environment.
type EmbedderOptions struct {
	// Key, BaseURL and HTTPClient are as in [Options].
	Key        string
	BaseURL    string
	HTTPClient *http.Client
	// Dimensions shortens the vectors; 0: as long as the model makes them. Google names
	// 768, 1,536 and 3,072.
	Dimensions int
}

// Embedder makes vectors of texts through Google's client. It is safe for concurrent use,
// and what github.com/quire-dev/quire/mailbox/recall takes. Errors are *providers.Error, or
// the context's.
//
// Questions and documents are told apart as the model wants it: by the task type, and with
// gemini-embedding-2 and its successors, which know none, by words before the text. A text
// that is too long for the model counts by its beginning.
type Embedder struct{ e exchange.Embedder }

// What one request takes at most: 100 texts and 4 MiB, as the server's errors say ("at most
// 100 requests can be in one batch", "payload size exceeds the limit: 4194304 bytes"; seen
// in reports of 2024 to 2026). JSON may write a byte as six.
const (
	embedBatch = 100
	embedBytes = 4 << 20 / 6
)

// NewEmbedder makes an embedder with a model, "gemini-embedding-001" for instance. nil
// options are the zero ones. It sends nothing. The error is as of [New].
func NewEmbedder(model string, options *EmbedderOptions) (*Embedder, error) {
	var o EmbedderOptions
	if options != nil {
		o = *options
	}
	at, err := New(model, &Options{Key: o.Key, BaseURL: o.BaseURL, HTTPClient: o.HTTPClient})
	if err != nil {
		return nil, err
	}
	e := &Embedder{exchange.Embedder{
		Provider: provider, API: quire.APIGemini, Name: model, Dimensions: o.Dimensions, Batch: embedBatch, Bytes: embedBytes, Decode: decodeVectors,
	}}
	tasks := strings.Contains(model, "embedding-0") || strings.Contains(model, "embedding-exp")
	if !tasks { // Google's page on embeddings, read 2026-11-30
		e.e.Query, e.e.Document = "task: search result | query: ", "title: none | text: "
	}
	e.e.Body = func(texts []string, query bool) any {
		list := make([]embedRequest, len(texts))
		for i, t := range texts {
			list[i] = embedRequest{Model: "models/" + strings.TrimPrefix(model, "models/"), Dimensions: o.Dimensions}
			list[i].Content.Parts = []embedPart{{t}}
			switch {
			case tasks && query:
				list[i].Task = "RETRIEVAL_QUERY"
			case tasks:
				list[i].Task = "RETRIEVAL_DOCUMENT"
			}
		}
		return map[string]any{"requests": list}
	}
	e.e.Send = func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
		return exchange.Carry(ctx, r, `{"embeddings":[{"values":[0]}]}`, func(ctx context.Context) error {
			_, err := at.client.Models.EmbedContent(ctx, model, genai.Text("."), nil)
			return err
		})
	}
	if err := e.e.Check(); err != nil {
		return nil, err
	}
	return e, nil
}

type embedRequest struct {
	Model   string `json:"model"`
	Content struct {
		Parts []embedPart `json:"parts"`
	} `json:"content"`
	Task       string `json:"taskType,omitzero"`
	Dimensions int    `json:"outputDimensionality,omitzero"`
}

type embedPart struct {
	Text string `json:"text"`
}

func decodeVectors(answer []byte) ([]exchange.Vector, int, error) {
	var in struct {
		Embeddings []struct {
			Values exchange.Vector `json:"values"`
		} `json:"embeddings"`
		Usage struct {
			Prompt int `json:"promptTokenCount"`
		} `json:"usageMetadata"`
	}
	if err := json.Unmarshal(answer, &in); err != nil {
		return nil, 0, err
	}
	out := make([]exchange.Vector, len(in.Embeddings))
	for i, e := range in.Embeddings {
		out[i] = e.Values
	}
	return out, in.Usage.Prompt, nil
}

// Model names what makes the vectors.
func (e *Embedder) Model() string { return e.e.Model() }

// EmbedDocuments returns a vector for each text, in order, in as many requests as it takes.
// Empty texts are an error with CodeInvalid.
func (e *Embedder) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	return e.e.EmbedDocuments(ctx, texts)
}

// EmbedQuery returns the vector of a question.
func (e *Embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	return e.e.EmbedQuery(ctx, text)
}

// Tokens is how many tokens the server has counted for this embedder; 0 if it counts none,
// as for most models.
func (e *Embedder) Tokens() int64 { return e.e.Tokens() }
