package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// Embedder makes an embedder of a function that sends bytes. It is safe for concurrent
// use; its exported fields must not change once it is in use. Its errors are those of an
// [Adapter].
type Embedder struct {
	// Provider names the adapter in errors, and API says whose failures it reads.
	Provider string
	API      quire.API
	// Name is the model's.
	Name string
	// Dimensions is how long vectors have to be; 0: as long as they come.
	Dimensions int
	// Batch is how many texts one request holds at most, and Bytes how many bytes of them;
	// 0: any number.
	Batch, Bytes int
	// Query and Document stand before each text.
	Query, Document string
	// Body is the request for some texts, to be written as JSON.
	Body func(texts []string, query bool) any
	// Send is like [Adapter.Send].
	Send func(ctx context.Context, r *Request) (*http.Response, error)
	// Decode reads an answer: the vectors in the order of the texts, and the tokens that
	// the server counted.
	Decode func(answer []byte) (vectors []Vector, tokens int, err error)
	// Explain adds to an error what a user can do about it; nil: nothing.
	Explain func(err error) error

	tokens atomic.Int64
	taken  atomic.Int64 // the size of batches, once the server refused larger ones
}

// Vector is one as JSON has it.
type Vector []float32

// UnmarshalJSON implements [json.Unmarshaler]. Servers write null where a number came out
// as none.
func (v *Vector) UnmarshalJSON(b []byte) error {
	var list []*float32
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	*v = make(Vector, len(list))
	for i, x := range list {
		if x == nil {
			return errors.New("a vector with null in it")
		}
		(*v)[i] = *x
	}
	return nil
}

// Check is nil for settings that can be.
func (e *Embedder) Check() error {
	switch {
	case e.Name == "" || len(e.Name) > maxName:
		return e.invalid(fmt.Errorf("the model's name has %d bytes: want 1 to %d", len(e.Name), maxName))
	case e.Dimensions < 0:
		return e.invalid(fmt.Errorf("%d Dimensions: want 0 or more", e.Dimensions))
	}
	return nil
}

// maxName is how long the name of a model may be.
const maxName = 180

func (e *Embedder) invalid(err error) error {
	return &providers.Error{Provider: e.Provider, Code: providers.CodeInvalid, Err: err}
}

// Model names what makes the vectors of documents: the model, and what stands before each.
func (e *Embedder) Model() string {
	if e.Document == "" {
		return e.Name
	}
	return fmt.Sprintf("%s#%.4x", e.Name, sha256.Sum256([]byte(e.Document)))
}

// Tokens is what the server counted so far.
func (e *Embedder) Tokens() int64 { return e.tokens.Load() }

// EmbedQuery returns the vector of a question.
func (e *Embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	vectors, err := e.embed(ctx, []string{text}, true)
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

// EmbedDocuments returns a vector for each text, in order, in as many requests as it takes,
// one after the other.
func (e *Embedder) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, texts, false)
}

func (e *Embedder) embed(ctx context.Context, texts []string, query bool) ([][]float32, error) {
	for i, t := range texts {
		if t == "" {
			return nil, e.invalid(fmt.Errorf("text %d of %d is empty", i+1, len(texts)))
		}
	}
	out := make([][]float32, 0, len(texts))
	for len(out) < len(texts) {
		vectors, err := e.some(ctx, e.batch(texts[len(out):]), query)
		if err != nil {
			return nil, err
		}
		out = append(out, vectors...)
	}
	for i, v := range out {
		if want := len(out[0]); len(v) == 0 || len(v) != want || e.Dimensions > 0 && want != e.Dimensions {
			return nil, e.bad(fmt.Errorf("vector %d of %d has %d numbers, the first %d; Dimensions asks for %d (0: any)", i+1, len(out), len(v), want, e.Dimensions))
		}
	}
	return out, nil
}

func (e *Embedder) bad(err error) error {
	return &providers.Error{Provider: e.Provider, Code: providers.CodeBadReply, Err: err}
}

// batch is what of texts goes into one request.
func (e *Embedder) batch(texts []string) []string {
	most := len(texts)
	for _, limit := range []int{e.Batch, int(e.taken.Load())} {
		if limit > 0 {
			most = min(most, limit)
		}
	}
	bytes := 0
	for i, t := range texts[:most] {
		if bytes += len(t); e.Bytes > 0 && bytes > e.Bytes && i > 0 {
			return texts[:i]
		}
	}
	return texts[:most]
}

// leastText is the shortest text, in bytes, that is cut because it is too long.
const leastText = 256

// some asks for some vectors. What the server finds too much is asked for in halves: of the
// texts, and of one that is too long the first half counts. A server that refuses all there
// is has been asked seven times for 64 texts.
func (e *Embedder) some(ctx context.Context, texts []string, query bool) ([][]float32, error) {
	vectors, err := e.once(ctx, texts, query)
	var failed *providers.Error
	if !errors.As(err, &failed) {
		return vectors, err
	}
	long, half := failed.Code == providers.CodeTooLong, len(texts)/2
	switch {
	case half > 0 && (long || failed.Code == providers.CodeInvalid):
		for _, part := range [][]string{texts[:half], texts[half:]} {
			more, err := e.some(ctx, part, query)
			if err != nil {
				return nil, err
			}
			vectors = append(vectors, more...)
		}
		if taken := e.taken.Load(); !long && (taken == 0 || int64(half) < taken) {
			e.taken.Store(int64(half))
		}
		return vectors, nil
	case long && len(texts[0]) >= 2*leastText:
		return e.some(ctx, []string{cut(texts[0], len(texts[0])/2)}, query)
	}
	return nil, err
}

// cut is the beginning of a text, of n bytes at most.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// once makes one request.
func (e *Embedder) once(ctx context.Context, texts []string, query bool) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	before := e.Document
	if query {
		before = e.Query
	}
	said := make([]string, len(texts))
	for i, t := range texts {
		said[i] = before + t
	}
	body, err := json.Marshal(e.Body(said, query))
	if err != nil {
		return nil, e.invalid(err)
	}
	vectors, err := e.answer(ctx, body, len(texts))
	if err == nil {
		return vectors, nil
	}
	err = (&Adapter{Provider: e.Provider}).outcome(ctx, err)
	if e.Explain != nil {
		err = e.Explain(err)
	}
	return nil, err
}

func (e *Embedder) answer(ctx context.Context, body []byte, want int) ([][]float32, error) {
	res, err := e.Send(ctx, &Request{Prompt: &quire.Prompt{Model: e.Name}, Body: body})
	if res == nil || res.Body == nil {
		if err == nil {
			err = errNoAnswer
		}
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, Failure(e.Provider, e.API, res)
	}
	in := &limited{r: res.Body, limit: DefaultLimit}
	answer, err := io.ReadAll(in)
	switch {
	case in.full():
		return nil, e.bad(err)
	case err != nil:
		return nil, err
	case wire.ReportsFailure(answer):
		f := wire.DecodeFailure(e.API, 0, "", answer)
		f.Provider = e.Provider
		return nil, f
	}
	vectors, tokens, err := e.Decode(answer)
	switch {
	case err != nil:
		return nil, e.bad(fmt.Errorf("%w: %.200q", err, answer))
	case len(vectors) != want:
		return nil, e.bad(fmt.Errorf("%d vectors for %d texts: %.200q", len(vectors), want, answer))
	}
	e.tokens.Add(int64(max(tokens, 0)))
	out := make([][]float32, want)
	for i, v := range vectors {
		out[i] = v
	}
	return out, nil
}
