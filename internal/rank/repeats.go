package rank

import "slices"

// Terms is how many different terms it has.
func (t *Text) Terms() int { return len(t.terms) }

// Sum is equal for texts that are the [Text.Same].
func (t *Text) Sum() uint64 { return t.sum }

// seal computes what is computed once.
func (t *Text) seal() {
	t.sum = 14695981039346656037
	for _, c := range t.terms {
		t.sum = (t.sum ^ uint64(c.term) ^ uint64(c.times)<<32) * 1099511628211
	}
}

// Same says whether two texts have the same terms, equally often.
func (t *Text) Same(other *Text) bool { return slices.Equal(t.terms, other.terms) }

// Repeats says whether a text says what another one says, and little more: all its
// terms are in it, which are most of what it has.
func (t *Text) Repeats(other *Text) bool {
	if len(other.terms) < enough || 10*len(other.terms) < 7*len(t.terms) || len(other.terms) > len(t.terms) {
		return false
	}
	i := 0
	for _, c := range other.terms {
		for i < len(t.terms) && t.terms[i].term < c.term {
			i++
		}
		if i == len(t.terms) || t.terms[i].term != c.term {
			return false
		}
	}
	return true
}

// enough is how many different terms make it unlikely that another text has all of them
// by chance.
const enough = 8
