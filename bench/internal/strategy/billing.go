package strategy

import (
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/price"
)

// bill prices a simple composer's prompt by the ledger, and takes it as sent.
// Its marks, where the provider takes any, stand where programs put them: at the
// end, at the last place that can be read, and at the end of what stands before
// the messages.
func (s *simple) bill(t int) price.Bill {
	cost, now := s.c.Setting.Rule.Cost, s.c.Life.Calls[t].At
	if s.limit == recompose {
		return price.Bill{Uncached: s.total, Cost: cost.Cost(0, 0, s.total)}
	}
	bounds := s.bounds()
	var marks []int
	if s.c.Setting.Rule.Row().Marks > 0 {
		marks = append(marks, bounds[len(bounds)-1].Index, 0)
		if r := s.ledger.Readable(cost, now, bounds); len(r) > 0 {
			marks = append(marks, r[len(r)-1].Index)
		}
	}
	b := s.ledger.Predict(cost, now, bounds, marks, s.total)
	s.ledger = s.ledger.After(cost, now, bounds, marks)
	return b
}

// bounds lists the places between the messages of the prompt: a group with
// results is two messages.
func (s *simple) bounds() []ledger.Boundary {
	out := make([]ledger.Boundary, 1, 2*len(s.kept)+1)
	out[0] = ledger.Boundary{Prefix: 1, Tokens: s.c.Sizes.Base}
	h := uint64(14695981039346656037)
	tokens := s.c.Sizes.Base
	add := func(id, n, blocks int) {
		tokens += n
		h = chain(h, uint64(id)<<32|uint64(n))
		out = append(out, ledger.Boundary{Index: len(out), Prefix: ledger.Prefix(h), Tokens: tokens, Blocks: blocks})
	}
	for _, k := range s.kept {
		if k.group < 0 {
			add(1<<30+k.made, k.tokens, 1)
			continue
		}
		from := s.groups[k.group].From
		if k.results == 0 {
			add(from, k.tokens, 1)
			continue
		}
		add(from, s.sizes[from], 1)
		h = chain(h, uint64(k.stubs))
		add(from+1, k.tokens-s.sizes[from], k.results)
	}
	return out
}

// chain folds a message into the hash of what stands before it.
func chain(before, message uint64) uint64 {
	h := (before ^ message*0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9
	h ^= h >> 29
	h = (h + message) * 0x94D049BB133111EB
	return h ^ h>>32
}
