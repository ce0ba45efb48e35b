package ollamamodel

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
)

// EmbedderOptions say where vectors are made, and how. The zero value is the server of
// OLLAMA_HOST or of this machine.
type EmbedderOptions struct {
	// BaseURL, Key, HTTPClient and KeepAlive are as in [Options].
	BaseURL    string
	Key        string
	HTTPClient *http.Client
	KeepAlive  time.Duration
	// Dimensions shortens the vectors, where the model can; 0: as long as it makes them.
	Dimensions int
	// Query and Document are written before each question and each document, for models
	// that were trained so ("search_query: " and "search_document: " of nomic-embed-text).
	// A change of Document is a change of the model.
	Query, Document string
}

// Embedder makes vectors of texts through an Ollama server. It is safe for concurrent use,
// and what github.com/quire-dev/quire/mailbox/recall takes. Errors are *providers.Error, or
// the context's. The server takes what fits of a text that is too long for the model.
type Embedder struct{ e exchange.Embedder }

// embedBatch is how many texts one request holds. The server has no limit of its own; this
// keeps a request short that has to be made again.
const embedBatch = 64

// NewEmbedder makes an embedder with a model, "nomic-embed-text" for instance, which the
// server has (`ollama pull nomic-embed-text`). nil options are the zero ones. It sends
// nothing. The error is a *providers.Error with CodeInvalid.
func NewEmbedder(model string, options *EmbedderOptions) (*Embedder, error) {
	var o EmbedderOptions
	if options != nil {
		o = *options
	}
	at, err := New(model, &Options{BaseURL: o.BaseURL, Key: o.Key, HTTPClient: o.HTTPClient})
	if err != nil {
		return nil, err
	}
	e := &Embedder{exchange.Embedder{
		Provider: provider, API: quire.APIOllama, Name: model, Dimensions: o.Dimensions,
		Batch: embedBatch, Query: o.Query, Document: o.Document, Decode: decodeVectors,
	}}
	e.e.Body = func(texts []string, _ bool) any {
		return embedRequest{Model: model, Input: texts, Truncate: true, Dimensions: o.Dimensions, KeepAlive: keepAlive(o.KeepAlive)}
	}
	e.e.Send = func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
		return at.post(ctx, "/api/embed", "application/json", r.Body)
	}
	e.e.Explain = func(err error) error { return at.explain(&quire.Prompt{Model: model}, err) }
	if err := e.e.Check(); err != nil {
		return nil, err
	}
	return e, nil
}

type embedRequest struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Truncate   bool     `json:"truncate"`
	Dimensions int      `json:"dimensions,omitzero"`
	KeepAlive  string   `json:"keep_alive,omitzero"`
}

// keepAlive is as package wire has it: less than 0 is for ever.
func keepAlive(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < 0:
		return "-1s"
	}
	return d.String()
}

func decodeVectors(answer []byte) ([]exchange.Vector, int, error) {
	var in struct {
		Embeddings []exchange.Vector `json:"embeddings"`
		Tokens     int               `json:"prompt_eval_count"`
	}
	err := json.Unmarshal(answer, &in)
	return in.Embeddings, in.Tokens, err
}

// Model names what makes the vectors: the model, and what Document adds to it.
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

// Tokens is how many tokens the server has counted for this embedder.
func (e *Embedder) Tokens() int64 { return e.e.Tokens() }
