package bound

import "math"

// Item is something in the prompt. Calls are numbered from 0.
type Item struct {
	Arrive int // the first call that has it
	Death  int // the first call that does not need it, after Arrive; Calls or more: none
	Tokens int
}

// Problem is one window of calls.
type Problem struct {
	Calls int
	Items []Item    // in the order of the prompt, which is that of arrival
	Rent  []float64 // by call: of one dead token
	Price []float64 // by call: of one live token behind a cut
	Room  []int     // by call: tokens of the dead that fit; nil: any
}

// solver solves one problem, for several rents.
type solver struct {
	p    *Problem
	rent []float64   // sums: of a dead token from call 0 to before call t
	f    [][]float64 // F(c, t1, t2) of the item that is looked at: [t1][t2]
	g    [][]float64 // the same by [t2][t1]
	undo [][]float64 // by item: what its step overwrote
	live []float64   // by call: live tokens behind the item, that stood before
	free []int       // by item: the first call that keeps it out, of the schedule found
	room *room
}

// Avoidable returns a lower bound of rents and prices. steps is how often the
// multipliers of the room are improved: more takes longer and never gives less.
func Avoidable(p *Problem, steps int) float64 {
	if p.Calls == 0 || len(p.Items) == 0 {
		return 0
	}
	s := &solver{p: p, rent: make([]float64, p.Calls+1), f: square(p.Calls + 1), g: square(p.Calls + 1),
		undo: make([][]float64, len(p.Items)), live: make([]float64, p.Calls+1), free: make([]int, len(p.Items))}
	if p.Room != nil {
		s.room = newRoom(p)
	}
	lambda := make([]float64, p.Calls)
	best := s.solve(lambda)
	if p.Room == nil {
		return best
	}
	at, over := best, s.over()
	top, from := append([]float64(nil), lambda...), over
	gap := best / 20 // a guess at how much higher it can get
	for t, o := range over {
		gap += max(0, o) * (p.Rent[t] + p.Price[t]/10)
	}
	for range steps {
		norm := 0.0
		for t, o := range over {
			if o < 0 && lambda[t] == 0 {
				continue // it stays
			}
			norm += o * o
		}
		if norm == 0 {
			break // within the room, and nothing is paid for it: this is the optimum
		}
		for t, o := range over { // as far as would bring the bound to a little more than the best
			lambda[t] = max(0, lambda[t]+o*(best+gap-at)/norm)
		}
		at = s.solve(lambda)
		for t, l := range lambda {
			at -= l * float64(p.Room[t])
		}
		if over = s.over(); at > best {
			best = at
			copy(top, lambda)
			from = over
			continue
		}
		gap /= 2
		copy(lambda, top)
		at, over = best, from
	}
	return best
}

func square(n int) [][]float64 {
	all := make([]float64, n*n)
	out := make([][]float64, n)
	for i := range out {
		out[i] = all[i*n : (i+1)*n]
	}
	return out
}

// solve returns the optimum with rents raised by lambda, and finds its schedule.
func (s *solver) solve(lambda []float64) float64 {
	p := s.p
	for t := range p.Calls {
		s.rent[t+1] = s.rent[t] + p.Rent[t] + lambda[t]
	}
	clear(s.live)
	for i := range s.f {
		clear(s.f[i])
		clear(s.g[i])
	}
	if s.room != nil {
		s.room.begin()
	}
	next := p.Calls // arrival of the item behind
	for c := len(p.Items) - 1; c >= 0; c-- {
		it := &p.Items[c]
		s.extend(min(it.Arrive, next), next)
		next = min(it.Arrive, next)
		if s.room != nil {
			s.room.below(c)
		}
		s.item(c)
		for t := it.Arrive + 1; t < min(it.Death, p.Calls); t++ {
			s.live[t] += float64(it.Tokens)
		}
	}
	total := s.f[next][p.Calls]
	s.trace(next)
	return total
}

// extend copies what holds from call to on down to call from: before the items
// behind came, it makes no difference when something was cut.
func (s *solver) extend(from, to int) {
	if to > s.p.Calls {
		return
	}
	for t1 := from; t1 < to; t1++ {
		copy(s.f[t1], s.f[to])
		for t2 := range s.f[t1] {
			if t2 <= to {
				s.f[t1][t2] = 0
			}
			s.g[t2][t1] = s.f[t1][t2]
		}
	}
}

// item takes item c in: f becomes F(c, ·, ·).
func (s *solver) item(c int) {
	it, calls := &s.p.Items[c], s.p.Calls
	s.undo[c] = s.undo[c][:0]
	if it.Death >= calls || it.Tokens == 0 {
		return
	}
	d, size := it.Death, float64(it.Tokens)
	at := make([]float64, calls+1) // of a cut at t, without what is behind t
	base := make([]float64, calls+1)
	for t := d; t < calls; t++ {
		base[t] = size*(s.rent[t]-s.rent[d]) + s.p.Price[t]*s.live[t]
	}
	for t1 := it.Arrive; t1 < d; t1++ {
		row := s.f[t1]
		for t := d; t < calls; t++ {
			at[t] = base[t] + row[t]
		}
		last := calls
		if s.room != nil {
			last = s.room.ends[t1]
		}
		for t2 := calls; t2 > d; t2-- {
			s.undo[c] = append(s.undo[c], row[t2])
			least := math.Inf(1)
			if t2 <= last {
				least = row[t2] + size*(s.rent[t2]-s.rent[d])
				behind := s.g[t2][d:t2]
				for i, a := range at[d:t2] {
					if v := a + behind[i]; v < least {
						least = v
					}
				}
			}
			row[t2], s.g[t2][t1] = least, least
		}
	}
}

// trace finds when each item leaves in the schedule that solve priced. first is
// the first call.
func (s *solver) trace(first int) {
	p := s.p
	cuts := []int{first, p.Calls} // calls at which something before the item is cut
	for c := range p.Items {
		it := &p.Items[c]
		s.restore(c)
		s.free[c] = p.Calls
		if it.Death >= p.Calls || it.Tokens == 0 {
			if it.Death < p.Calls {
				s.free[c] = it.Death
			}
			continue
		}
		k := 0
		for k < len(cuts) && cuts[k] < it.Death {
			k++
		}
		if k < len(cuts) && cuts[k] == it.Death {
			s.free[c] = it.Death
			continue
		}
		t1, t2 := cuts[k-1], cuts[k]
		next := p.Calls
		if c+1 < len(p.Items) {
			next = p.Items[c+1].Arrive
		}
		size := float64(it.Tokens)
		least, when := s.at(t1, t2, next)+size*(s.rent[t2]-s.rent[it.Death]), t2
		for t := it.Death; t < t2; t++ {
			v := size*(s.rent[t]-s.rent[it.Death]) + p.Price[t]*s.behind(c, t) + s.at(t1, t, next) + s.at(t, t2, next)
			if v < least {
				least, when = v, t
			}
		}
		s.free[c] = when
		if when < t2 {
			cuts = append(cuts[:k], append([]int{when}, cuts[k:]...)...)
		}
	}
}

// restore makes f what it was before item c was taken in.
func (s *solver) restore(c int) {
	it, i := &s.p.Items[c], 0
	if len(s.undo[c]) == 0 {
		return
	}
	for t1 := it.Arrive; t1 < it.Death; t1++ {
		for t2 := s.p.Calls; t2 > it.Death; t2-- {
			s.f[t1][t2], s.g[t2][t1] = s.undo[c][i], s.undo[c][i]
			i++
		}
	}
}

// at is F of the items from one on that arrives at call next.
func (s *solver) at(t1, t2, next int) float64 {
	if t2 <= next {
		return 0
	}
	return s.f[max(t1, min(next, s.p.Calls))][t2]
}

// behind is the live tokens behind item c before call t that stood there before.
func (s *solver) behind(c, t int) float64 {
	n := 0
	for _, it := range s.p.Items[c+1:] {
		if it.Arrive >= t {
			break
		}
		if t < it.Death {
			n += it.Tokens
		}
	}
	return float64(n)
}

// over is by how much the schedule is over the room, by call.
func (s *solver) over() []float64 {
	over := make([]float64, s.p.Calls)
	for t := range over {
		over[t] = -float64(s.p.Room[t])
	}
	for c := range s.p.Items {
		for t := s.p.Items[c].Death; t < s.free[c]; t++ {
			over[t] += float64(s.p.Items[c].Tokens)
		}
	}
	return over
}
