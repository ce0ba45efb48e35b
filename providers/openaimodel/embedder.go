package openaimodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
)

// EmbedderOptions say where vectors are made, and how. The zero value is OpenAI's own API
// with the key of the environment.
type EmbedderOptions struct {
	// Key, BaseURL, HTTPClient and Retries are as in [Options].
	Key        string
	BaseURL    string
	HTTPClient *http.Client
	Retries    int
	// Dimensions shortens the vectors, where the model can; 0: as long as it makes them.
	Dimensions int
	// Query and Document are written before each question and each document, for models
	// that were trained so ("search_query: ", "search_document: "). A change of Document
	// is a change of the model.
	Query, Document string
}

// Embedder makes vectors of texts, over any /v1/embeddings: OpenAI's, and those of vLLM,
// llama.cpp, Hugging Face's text-embeddings-inference, LM Studio and gateways. It is safe
// for concurrent use, and what github.com/quire-dev/quire/mailbox/recall takes. Errors are
// *providers.Error, or the context's.
//
// A text that is too long for the model counts by its beginning: it is sent again by
// halves. So are texts that are too many for one request.
type Embedder struct{ e exchange.Embedder }

// What one request takes at most. OpenAI's reference for creating embeddings, read
// 2026-11-30: 2,048 texts, 8,192 tokens each and 300,000 of all; a token has at least one
// byte. Of other servers, text-embeddings-inference takes the fewest texts: 32, unless it
// is started with --max-client-batch-size.
const (
	vendorBatch = 2048
	vendorBytes = 300_000
	otherBatch  = 32
)

// NewEmbedder makes an embedder with a model, "text-embedding-3-small" for instance. nil
// options are the zero ones. It sends nothing. The error is as of [New].
func NewEmbedder(model string, options *EmbedderOptions) (*Embedder, error) {
	var o EmbedderOptions
	if options != nil {
		o = *options
	}
	at := Options{Key: o.Key, BaseURL: o.BaseURL, HTTPClient: o.HTTPClient, Retries: o.Retries}
	c, err := at.connect()
	if err != nil {
		return nil, err
	}
	e := &Embedder{exchange.Embedder{
		Provider: provider, API: quire.APIOpenAIChat, Name: model, Dimensions: o.Dimensions,
		Batch: otherBatch, Bytes: vendorBytes, Query: o.Query, Document: o.Document, Decode: decodeVectors,
	}}
	if c.address == vendorURL {
		e.e.Batch = vendorBatch
	}
	e.e.Body = func(texts []string, _ bool) any {
		return embedRequest{Model: model, Input: texts, Format: "float", Dimensions: o.Dimensions}
	}
	e.e.Send = func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
		return post(ctx, &c.client, "embeddings", "application/json", r.Body)
	}
	if err := e.e.Check(); err != nil {
		return nil, err
	}
	return e, nil
}

type embedRequest struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Format     string   `json:"encoding_format"`
	Dimensions int      `json:"dimensions,omitzero"`
}

// decodeVectors reads an answer. Some servers leave the places of vectors out, which are
// in order then.
func decodeVectors(answer []byte) ([]exchange.Vector, int, error) {
	var in struct {
		Data []struct {
			Index     *int            `json:"index"`
			Embedding exchange.Vector `json:"embedding"`
		} `json:"data"`
		Usage struct {
			Prompt int `json:"prompt_tokens"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(answer, &in); err != nil {
		return nil, 0, err
	}
	out := make([]exchange.Vector, len(in.Data))
	for i, d := range in.Data {
		at := i
		if d.Index != nil {
			at = *d.Index
		}
		switch {
		case at < 0 || at >= len(out) || out[at] != nil:
			return nil, 0, fmt.Errorf("vector %d of %d has the index %d", i+1, len(out), at)
		case d.Embedding == nil:
			return nil, 0, errors.New("there is no vector")
		}
		out[at] = d.Embedding
	}
	return out, in.Usage.Prompt, nil
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

// Tokens is how many tokens the server has counted for this embedder; 0 if it counts none.
func (e *Embedder) Tokens() int64 { return e.e.Tokens() }
