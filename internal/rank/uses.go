package rank

import "slices"

// use says how often the passage at a place has something.
type use struct {
	place int32
	times uint32
}

// seeker finds in many texts who has which numbers, in one look at each text. Nearly all
// numbers of a text are not looked for, which one look at a small table tells.
type seeker struct {
	heads []int32        // by the low bits of a number: the first slot of those that have them, and 1
	slots []wantedNumber // what is looked for
	found [][]use        // by slot
}

// wantedNumber is a number that is looked for, and where the next one with the same low
// bits stands: its slot and 1, or 0.
type wantedNumber struct {
	n    uint32
	next int32
}

// leastHeads is the size of the smallest table: 8 KB.
const leastHeads = 1 << 11

// slot is the slot of a number; -1: it is not looked for.
func (s *seeker) slot(n uint32) int32 {
	if len(s.heads) == 0 {
		return -1
	}
	return s.behind(s.heads[n&uint32(len(s.heads)-1)], n)
}

// behind is the slot of a number among those from one on.
func (s *seeker) behind(at int32, n uint32) int32 {
	for at > 0 && s.slots[at-1].n != n {
		at = s.slots[at-1].next
	}
	return at - 1
}

// want looks for a number; it returns its slot.
func (s *seeker) want(n uint32) int32 {
	if at := s.slot(n); at >= 0 {
		return at
	}
	if 4*len(s.slots) >= len(s.heads) {
		s.heads = make([]int32, max(leastHeads, 4*len(s.heads)))
		for at := range s.slots {
			s.link(at)
		}
	}
	s.found = append(s.found, nil)
	s.slots = append(s.slots, wantedNumber{n: n})
	s.link(len(s.slots) - 1)
	return int32(len(s.slots)) - 1
}

func (s *seeker) link(at int) {
	head := &s.heads[s.slots[at].n&uint32(len(s.heads)-1)]
	s.slots[at].next, *head = *head, int32(at)+1
}

// terms looks through the terms of a text.
func (s *seeker) terms(t *Text, place int) {
	heads := s.heads
	if len(heads) == 0 {
		return
	}
	for _, c := range t.terms {
		if at := heads[c.term&uint32(len(heads)-1)]; at > 0 {
			if at = s.behind(at, c.term); at >= 0 {
				s.found[at] = append(s.found[at], use{int32(place), c.times})
			}
		}
	}
}

// count adds to n, by slot, the terms that a text has.
func (s *seeker) count(t *Text, n []int32) {
	heads := s.heads
	if len(heads) == 0 {
		return
	}
	for _, c := range t.terms {
		if at := heads[c.term&uint32(len(heads)-1)]; at > 0 {
			if at = s.behind(at, c.term); at >= 0 {
				n[at]++
			}
		}
	}
}

// fewPairs are so few that each is rather looked up in a text, whose pairs are in order.
const fewPairs = 8

// pairs looks through its pairs.
func (s *seeker) pairs(t *Text, place int) {
	heads := s.heads
	if len(heads) == 0 {
		return
	}
	if len(s.slots) <= fewPairs {
		for at, w := range s.slots {
			if _, ok := slices.BinarySearch(t.pairs, w.n); ok {
				s.found[at] = append(s.found[at], use{int32(place), 1})
			}
		}
		return
	}
	for _, p := range t.pairs {
		if at := heads[p&uint32(len(heads)-1)]; at > 0 {
			if at = s.behind(at, p); at >= 0 {
				s.found[at] = append(s.found[at], use{int32(place), 1})
			}
		}
	}
}

// union are the passages that have any of some wanted numbers, in any order. first has a 0
// for each place, and has them again then.
func (s *seeker) union(slots []int32, first []int32) []use {
	if len(slots) == 1 {
		return s.found[slots[0]]
	}
	var out []use
	for _, at := range slots {
		for _, u := range s.found[at] {
			if first[u.place] == 0 {
				out = append(out, u)
				first[u.place] = int32(len(out))
				continue
			}
			out[first[u.place]-1].times += u.times
		}
	}
	for _, u := range out {
		first[u.place] = 0
	}
	return out
}
