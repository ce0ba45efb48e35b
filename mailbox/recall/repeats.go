package recall

import "slices"

// repeats finds what says the same: a fact that is mailed again and again, a newsletter
// that came to two addresses, a text that was forwarded. It is shown once: the newest,
// unless what stands around another one tells that it is the one that is meant.
type repeats struct {
	found  []*known
	order  []int
	scores []float64
	last   map[key]int // the newest of what has the same words
	shown  map[key]bool
}

// key is what messages that say the same have in common.
type key struct {
	terms  uint64
	sender string // "" when the words alone tell
}

const (
	few    = 8   // terms, below which it matters who said them
	looked = 200 // of the best, among which a newer one is looked for
	meant  = 0.8 // of the score of the best one, with which a newer one takes its place
)

func newRepeats(found []*known, order []int, scores []float64) *repeats {
	r := &repeats{found: found, order: order[:min(len(order), looked)], scores: scores, last: map[key]int{}, shown: map[key]bool{}}
	for i := range found { // in the mailbox's order
		r.last[r.keyOf(i)] = i
	}
	return r
}

// newest is the message that says the same last, or the message itself.
func (r *repeats) newest(i int) int {
	best := i
	if n := r.last[r.keyOf(i)]; r.takes(n, i) {
		best = n
	}
	for _, n := range r.order {
		if n > best && r.takes(n, i) && r.found[n].text.Repeats(&r.found[i].text) {
			best = n
		}
	}
	return best
}

func (r *repeats) takes(n, i int) bool {
	return n > i && r.found[i].text.Terms() > 1 && r.scores[n] >= meant*r.scores[i]
}

func (r *repeats) keyOf(i int) key { return keyOf(r.found[i]) }

func keyOf(k *known) key {
	if k.text.Terms() < few {
		return key{k.text.Sum(), string(k.from)}
	}
	return key{k.text.Sum(), ""}
}

// by says whether what stands on the sheet says all that another message says.
func (r *repeats) by(on []int, i int) bool {
	return r.found[i].text.Terms() > 1 && r.shown[r.keyOf(i)] ||
		slices.ContainsFunc(on, func(n int) bool { return r.found[n].text.Repeats(&r.found[i].text) })
}
