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
	slots map[uint32]int32
	found [][]use // by slot
}

// want looks for a number; it returns its slot.
func (s *seeker) want(n uint32) int32 {
	if at, ok := s.slots[n]; ok {
		return at
	}
	if s.slots == nil {
		s.slots = map[uint32]int32{}
	}
	at := int32(len(s.found))
	s.slots[n] = at
	s.maybe[n&0xffff>>6] |= 1 << (n & 63)
	s.found = append(s.found, nil)
	return at
}

// may says that a number may be wanted.
func (s *seeker) may(n uint32) bool { return s.maybe[n&0xffff>>6]>>(n&63)&1 == 1 }

// terms looks through the terms of a text.
func (s *seeker) terms(t *Text, place int) {
	for _, c := range t.terms {
		if s.may(c.term) {
			if at, ok := s.slots[c.term]; ok {
				s.found[at] = append(s.found[at], use{int32(place), c.times})
			}
		}
	}
}

// pairs looks through its pairs.
func (s *seeker) pairs(t *Text, place int) {
	for _, p := range t.pairs {
		if s.may(p) {
			if at, ok := s.slots[p]; ok {
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
