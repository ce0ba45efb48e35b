package ledger

import "math/bits"

// index finds entries by their prefix: a hash table with open addressing, made
// once for each look at the ledger, so that a look costs no allocation for each
// boundary; and none at all for as many entries as a ledger keeps.
type index struct {
	entries []Written
	shift   int
	few     [4 * MaxEntries]int16 // 1 + the entry's place; 0 is empty
	many    []int32               // instead, if it has a place
}

// indexOf takes in the entries that want accepts; of equal prefixes the last.
func indexOf(entries []Written, want func(*Written) bool) (x index) {
	x.entries, x.shift = entries, 65-bits.Len(uint(len(x.few)))
	if 2*len(entries) > len(x.few) { // at most half full
		size := 1 << bits.Len(uint(2*len(entries)))
		x.many, x.shift = make([]int32, size), 65-bits.Len(uint(size))
	}
	for i := range entries {
		if !want(&entries[i]) {
			continue
		}
		at, _ := x.slot(entries[i].Prefix)
		if x.many != nil {
			x.many[at] = int32(i + 1)
		} else {
			x.few[at] = int16(i + 1)
		}
	}
	return x
}

// slot returns the slot of p, or the empty one where it belongs, and the place of its
// entry, -1 if there is none.
func (x *index) slot(p Prefix) (at, place int) {
	const spread = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio: spreads keys that are not digests
	at = int(uint64(p) * spread >> x.shift)
	if x.many == nil {
		for ; x.few[at] != 0; at = (at + 1) % len(x.few) {
			if place := int(x.few[at]) - 1; x.entries[place].Prefix == p {
				return at, place
			}
		}
		return at, -1
	}
	for ; x.many[at] != 0; at = (at + 1) & (len(x.many) - 1) {
		if place := int(x.many[at]) - 1; x.entries[place].Prefix == p {
			return at, place
		}
	}
	return at, -1
}

// find returns the place of the entry with prefix p, -1 if there is none.
func (x *index) find(p Prefix) int {
	_, place := x.slot(p)
	return place
}

func (x *index) has(p Prefix) bool { return x.find(p) >= 0 }

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
