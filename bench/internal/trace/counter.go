package trace

import (
	"hash/maphash"
	"sync"

	"github.com/quire-dev/quire/tokenizer"
)

// Remembering counts each text once: many strategies show the same messages. It
// is safe for concurrent use.
type Remembering struct {
	name  string
	text  tokenizer.Counter
	seed  maphash.Seed
	known sync.Map // key -> int
}

// key identifies a text; of equal ones the length is equal too.
type key struct {
	hash uint64
	n    int
}

// NewRemembering wraps a counter.
func NewRemembering(c tokenizer.Counter) *Remembering {
	return &Remembering{name: c.Name(), text: c, seed: maphash.MakeSeed()}
}

// Name returns the counter's.
func (r *Remembering) Name() string { return r.name }

// CountText counts a text.
func (r *Remembering) CountText(s string) int {
	if len(s) < 64 {
		return r.text.CountText(s)
	}
	k := key{maphash.String(r.seed, s), len(s)}
	if n, ok := r.known.Load(k); ok {
		return n.(int)
	}
	n := r.text.CountText(s)
	r.known.Store(k, n)
	return n
}
