package ledger

import "math/bits"

// index finds entries by their prefix: a hash table with open addressing, made
// once for each look at the ledger, so that a look costs no allocation for each
// boundary.
type index struct {
	entries []Written
	slots   []int32 // 1 + the entry's place; 0 is empty
	shift   int
}

// indexOf takes in the entries that want accepts; of equal prefixes the last.
func indexOf(entries []Written, want func(*Written) bool) index {
	size := 1 << bits.Len(uint(2*len(entries))) // at most half full
	x := index{entries: entries, slots: make([]int32, size), shift: 65 - bits.Len(uint(size))}
	for i := range entries {
		if !want(&entries[i]) {
			continue
		}
		at, _ := x.slot(entries[i].Prefix)
		x.slots[at] = int32(i + 1)
	}
	return x
}

// slot returns the slot of p, or the empty one where it belongs.
func (x *index) slot(p Prefix) (at int, ok bool) {
	const spread = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio: spreads keys that are not digests
	at = int(uint64(p) * spread >> x.shift)
	for x.slots[at] != 0 {
		if x.entries[x.slots[at]-1].Prefix == p {
			return at, true
		}
		at = (at + 1) & (len(x.slots) - 1)
	}
	return at, false
}

// find returns the place of the entry with prefix p, -1 if there is none.
func (x *index) find(p Prefix) int {
	at, ok := x.slot(p)
	if !ok {
		return -1
	}
	return int(x.slots[at]) - 1
}

func (x *index) has(p Prefix) bool {
	_, ok := x.slot(p)
	return ok
}

// tokens is how much of a known prefix can be read.
func (x *index) tokens(b Boundary) int { return min(b.Tokens, x.entries[x.find(b.Prefix)].Tokens) }

// common returns the index of the last boundary that is known, -1 if none is.
// Since a prefix covers all before it, every earlier boundary is common too.
func (x *index) common(bounds []Boundary) int {
	for i := len(bounds) - 1; i >= 0; i-- {
		if x.has(bounds[i].Prefix) {
			return i
		}
	}
	return -1
}
