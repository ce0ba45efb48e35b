package rank

import "slices"

// use says how often the passage at a place has something.
type use struct {
	place int32
	times uint32
}

// seeker finds in many texts who has which numbers, in one look at each text.
type seeker struct {
	maybe [1 << 10]uint64 // a bit for the low half of each number that is looked for
	table []wantedNumber  // by number, or the next free place; a power of two, half of it free
	found [][]use         // by slot
}

// wantedNumber is a number that is looked for, and one more than its slot.
type wantedNumber struct {
	n    uint32
	slot int32
}

// slot is the slot of a number; -1: it is not looked for.
func (s *seeker) slot(n uint32) int32 {
	if !s.may(n) {
		return -1
	}
	for at := n; ; at++ {
		e := s.table[at&uint32(len(s.table)-1)]
		if e.slot == 0 || e.n == n {
			return e.slot - 1
		}
	}
}

// want looks for a number; it returns its slot.
func (s *seeker) want(n uint32) int32 {
	if at := s.slot(n); at >= 0 {
		return at
	}
	if 2*len(s.found) >= len(s.table) {
		old := s.table
		s.table = make([]wantedNumber, max(64, 2*len(old)))
		for _, e := range old {
			if e.slot > 0 {
				s.place(e)
			}
		}
	}
	s.maybe[n&0xffff>>6] |= 1 << (n & 63)
	s.found = append(s.found, nil)
	s.place(wantedNumber{n, int32(len(s.found))})
	return int32(len(s.found)) - 1
}

func (s *seeker) place(e wantedNumber) {
	at := e.n
	for s.table[at&uint32(len(s.table)-1)].slot != 0 {
		at++
	}
	s.table[at&uint32(len(s.table)-1)] = e
}

// may says that a number may be wanted.
func (s *seeker) may(n uint32) bool { return s.maybe[n&0xffff>>6]>>(n&63)&1 == 1 }

// terms looks through the terms of a text.
func (s *seeker) terms(t *Text, place int) {
	for _, c := range t.terms {
		if s.may(c.term) {
			if at := s.slot(c.term); at >= 0 {
				s.found[at] = append(s.found[at], use{int32(place), c.times})
			}
		}
	}
}

// count adds to n, by slot, the terms that a text has.
func (s *seeker) count(t *Text, n []int32) {
	for _, c := range t.terms {
		if s.may(c.term) {
			if at := s.slot(c.term); at >= 0 {
				n[at]++
			}
		}
	}
}

// pairs looks through its pairs.
func (s *seeker) pairs(t *Text, place int) {
	for _, p := range t.pairs {
		if s.may(p) {
			if at := s.slot(p); at >= 0 {
				s.found[at] = append(s.found[at], use{int32(place), 1})
			}
		}
	}
}

// union are the passages that have any of some wanted numbers, in order.
func (s *seeker) union(slots []int32) []use {
	if len(slots) == 1 {
		return s.found[slots[0]]
	}
	var out []use
	for _, at := range slots {
		out = append(out, s.found[at]...)
	}
	slices.SortFunc(out, func(x, y use) int { return int(x.place - y.place) })
	kept := out[:0]
	for _, u := range out {
		if n := len(kept); n > 0 && kept[n-1].place == u.place {
			kept[n-1].times += u.times
			continue
		}
		kept = append(kept, u)
	}
	return kept
}
