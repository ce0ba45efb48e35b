package recall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/words"
)

// Embedder makes vectors of texts, for a [Recaller]: a client of some model. The modules
// providers/openaimodel (for any server with /v1/embeddings), geminimodel and ollamamodel
// have one each; what the mailbox says goes to that server. It is safe for concurrent use.
//
// All vectors are of one length and of finite numbers, and that of a question is
// comparable with those of documents. Texts are not empty and of at most [EmbedBytes]
// bytes. Methods honour ctx, and keep nothing of what they are given.
type Embedder interface {
	// Model names what makes the vectors, in at most 200 bytes: vectors are kept under
	// this name and their length, and never compared with others. What changes the
	// vectors changes the name.
	Model() string
	// EmbedDocuments returns a vector for each text, in order; there are at most
	// [EmbedBatch] texts.
	EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error)
	// EmbedQuery returns the vector of a question.
	EmbedQuery(ctx context.Context, text string) ([]float32, error)
}

const (
	// EmbedBatch is how many texts an [Embedder] gets at most in one call.
	EmbedBatch = 64
	// EmbedBytes is how many bytes of a text it gets at most.
	EmbedBytes = 8 << 10
)

// ErrEmbedder says that an [Embedder] failed, or does not do what it should.
var ErrEmbedder = errors.New("the embedder failed")

const (
	// fuse is the constant of reciprocal rank fusion, 60 as Cormack, Clarke and Büttcher
	// proposed it ("Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank
	// Learning Methods", SIGIR 2009): the higher, the less the first places count.
	fuse = 60
	// embedWithin is the zero value of [Recaller.EmbedWithin].
	embedWithin = 5 * time.Second
)

// byVectors joins an order by words with the order of the vectors, by the sum of
// 1/(60+place) in both; what answers nothing by its words, or has no vector, has no place
// in that one. Of equal sums the first by words comes first. It is nil when there is no
// vector to go by. failed is the Embedder's error, err another one.
func (r *Recaller) byVectors(ctx context.Context, question string, found []*known, order []int, scores []float64) (fused []int, failed, err error) {
	text := embeddable("", question)
	if r.Embedder == nil || text == "" {
		return nil, nil, nil
	}
	within, cancel := context.WithTimeout(ctx, cmp.Or(r.EmbedWithin, embedWithin))
	defer cancel()
	asked, failed := r.askedFor(within, text)
	if failed == nil {
		inOrder := make([]*known, len(order))
		for at, i := range order {
			inOrder[at] = found[i]
		}
		failed, err = r.vectorsOf(ctx, within, asked, inOrder)
	}
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case err != nil || asked.n == nil:
		return nil, failed, err
	}
	return fusedOrder(asked, found, order, scores), failed, nil
}

func fusedOrder(asked vector, found []*known, order []int, scores []float64) []int {
	near := slices.DeleteFunc(slices.Clone(order), func(i int) bool { return found[i].vector.length == 0 })
	likeness := make([]float64, len(found))
	for _, i := range near {
		likeness[i] = asked.cosine(found[i].vector)
	}
	slices.SortStableFunc(near, func(x, y int) int { return cmp.Compare(likeness[y], likeness[x]) })
	sums := make([]float64, len(found))
	for place, i := range order {
		if scores[i] > 0 {
			sums[i] += 1 / float64(fuse+place+1)
		}
	}
	for place, i := range near {
		sums[i] += 1 / float64(fuse+place+1)
	}
	out := slices.Clone(order)
	slices.SortStableFunc(out, func(x, y int) int { return cmp.Compare(sums[y], sums[x]) })
	return out
}

// inPlaceOf are scores for an order by vectors too: at each place what the order by words
// has there, so that they go on saying how much more one is worth than the next.
func inPlaceOf(order, fused []int, scores []float64) []float64 {
	out := make([]float64, len(scores))
	for place, i := range fused {
		out[i] = scores[order[place]]
	}
	return out
}

// askedFor is the vector of a question. What is remembered of other vectors than it can
// be compared with is forgotten.
func (r *Recaller) askedFor(ctx context.Context, text string) (vector, error) {
	v, err := r.Embedder.EmbedQuery(ctx, text)
	if err != nil {
		return vector{}, fmt.Errorf("%w: %w", ErrEmbedder, err)
	}
	if err := usable(v, len(v)); err != nil {
		return vector{}, err
	}
	if model := modelOf(r.Embedder, len(v)); r.pool.model != model {
		r.pool.model = model
		for _, k := range r.pool.known {
			r.pool.bytes -= len(k.vector.n)
			k.vector = vector{}
		}
	}
	return quantized(v), nil
}

// modelOf is what vectors are kept under.
func modelOf(e Embedder, length int) string { return fmt.Sprintf("%s/%d", e.Model(), length) }

// vectorsOf gets the vectors of messages as far as there are, and has up to EmbedBatch
// made for those that have none, the first ones in order.
func (r *Recaller) vectorsOf(ctx, within context.Context, asked vector, inOrder []*known) (failed, err error) {
	lacking := func() []*known {
		return slices.DeleteFunc(slices.Clone(inOrder), func(k *known) bool { return k.vector.n != nil })
	}
	for chunk := range slices.Chunk(lacking(), atOnce) {
		kept, err := r.Store.Vectors(ctx, r.Address, r.pool.model, uidsOf(chunk))
		if err != nil {
			return nil, err
		}
		r.pool.take(kept)
	}
	batch := lacking()
	if batch = batch[:min(len(batch), EmbedBatch)]; len(batch) == 0 {
		return nil, nil
	}
	texts, err := r.textsOf(ctx, uidsOf(batch))
	if err != nil {
		return nil, err
	}
	made, failed := embed(within, r.Embedder, texts, len(asked.n))
	r.pool.take(made)
	if err := r.Store.PutVectors(ctx, r.Address, r.pool.model, made); err != nil && failed == nil {
		failed = fmt.Errorf("%w: its vectors are not kept, and will be asked for again: %w", ErrEmbedder, err)
	}
	return failed, nil
}

// take remembers vectors.
func (p *pool) take(list []driver.Vector) {
	for _, v := range list {
		if k := p.known[v.UID]; k != nil {
			k.vector = unpacked(v.Data)
			p.bytes += len(v.Data)
		}
	}
}

// embed makes vectors of texts, all of one length, as they are kept. A text that says
// nothing has one that is like no other, and nobody is asked for it.
func embed(ctx context.Context, e Embedder, texts []textOf, length int) ([]driver.Vector, error) {
	out := make([]driver.Vector, len(texts))
	var say []string
	var of []int
	for i, t := range texts {
		out[i] = driver.Vector{UID: t.uid, Data: make([]byte, length)}
		if t.text != "" {
			say, of = append(say, t.text), append(of, i)
		}
	}
	if len(say) == 0 {
		return out, nil
	}
	vectors, err := e.EmbedDocuments(ctx, say)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEmbedder, err)
	}
	if len(vectors) != len(say) {
		return nil, fmt.Errorf("%w: %d vectors for %d texts", ErrEmbedder, len(vectors), len(say))
	}
	for at, v := range vectors {
		if err := usable(v, length); err != nil {
			return nil, err
		}
		out[of[at]].Data = quantized(v).packed()
	}
	return out, nil
}

// embeddable is what of a message, or of a question, is made a vector of.
func embeddable(subject, body string) string {
	return strings.TrimSpace(rank.Cut(strings.TrimSpace(words.Text(subject, body)), EmbedBytes))
}

func usable(v []float32, length int) error {
	if len(v) == 0 || len(v) != length {
		return fmt.Errorf("%w: vectors of %d and %d numbers", ErrEmbedder, length, len(v))
	}
	for _, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fmt.Errorf("%w: a vector with %v in it", ErrEmbedder, x)
		}
	}
	return nil
}
