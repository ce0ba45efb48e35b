package recall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox"
)

// Embedder makes vectors of texts, for a [Recaller]: a client of some model.
type Embedder interface {
	// Embed returns a vector for each text, in order, all of one length and of finite
	// numbers; texts are not empty, at most [EmbedBatch] of them, each of at most
	// [EmbedBytes] bytes. The same text gives the same vector. It honours ctx, is
	// called by one goroutine at a time, and keeps nothing of what it was given. An
	// error is that of the question; vectors of calls before it are kept.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

const (
	// EmbedBatch is how many texts an [Embedder] gets at most in one call.
	EmbedBatch = 64
	// EmbedBytes is how many bytes of a text it gets at most.
	EmbedBytes = 8 << 10
)

// ErrEmbedder says that an [Embedder] does not do what it should.
var ErrEmbedder = errors.New("the embedder's answer can't be used")

// fuse is the constant of reciprocal rank fusion, as Cormack, Clarke and Buettcher
// proposed it in 2009: the higher, the less the first places count.
const fuse = 60

// byVectors joins an order by words with the order of the vectors, by the sum of
// 1/(60+place) in both; what answers nothing by its words has no place in that one. Of
// equal sums the first by words comes first.
func (r *Recaller) byVectors(ctx context.Context, question string, found []*known, order []int, scores []float64) ([]int, error) {
	if r.Embedder == nil || question == "" {
		return order, nil
	}
	asked, err := r.vectorsOf(ctx, question, found)
	if err != nil {
		return nil, &mailbox.Error{Op: "recall", Address: r.Address, Err: err}
	}
	near := slices.Clone(order)
	likeness := make([]float64, len(found))
	for i, k := range found {
		likeness[i] = cosine(asked, k.vector)
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
	return out, nil
}

// vectorsOf gets the vector of the question, and of messages that have none yet.
func (r *Recaller) vectorsOf(ctx context.Context, question string, found []*known) ([]float32, error) {
	texts := []string{rank.Cut(question, EmbedBytes)}
	if err := r.pool.read(ctx, r, slices.DeleteFunc(slices.Clone(found), func(k *known) bool { return k.vector != nil })); err != nil {
		return nil, err
	}
	var of []*known
	for _, k := range found {
		if k.vector == nil {
			texts, of = append(texts, rank.Cut(k.line, EmbedBytes)), append(of, k)
		}
	}
	var asked []float32
	done := 0
	for batch := range slices.Chunk(texts, EmbedBatch) {
		vectors, err := r.Embedder.Embed(ctx, slices.Clone(batch))
		if err != nil {
			return nil, fmt.Errorf("embedder: %w", err)
		}
		if len(vectors) != len(batch) {
			return nil, fmt.Errorf("%w: %d vectors for %d texts", ErrEmbedder, len(vectors), len(batch))
		}
		for _, v := range vectors {
			if asked == nil {
				asked = slices.Clone(v)
			}
			if err := usable(v, len(asked)); err != nil {
				return nil, err
			}
			if done > 0 {
				of[done-1].vector = slices.Clone(v)
				r.pool.bytes += 4 * len(v)
			}
			done++
		}
	}
	return asked, nil
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

// cosine is how alike two vectors are, from -1 to 1; 0 for one without a direction,
// or of another length, as after a change of the model.
func cosine(a, b []float32) float64 {
	if len(a) != len(b) {
		return 0
	}
	var dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa) / math.Sqrt(bb)
}
