package bound

// room says between which cuts what dies before an item still fits.
type room struct {
	p    *Problem
	sums [][]int // of the items before the one looked at: dead by t that die after t1, [t1][t]
	ends []int   // by t1: the last t2 that is possible; of the item looked at
}

func newRoom(p *Problem) *room {
	r := &room{p: p, sums: make([][]int, p.Calls), ends: make([]int, p.Calls)}
	for i := range r.sums {
		r.sums[i] = make([]int, p.Calls)
	}
	return r
}

// begin makes the sums those of all items.
func (r *room) begin() {
	for i := range r.sums {
		clear(r.sums[i])
	}
	for c := range r.p.Items {
		r.add(c, 1)
	}
}

func (r *room) add(c, sign int) {
	it := &r.p.Items[c]
	for t1 := range min(it.Death, r.p.Calls) {
		for t := it.Death; t < r.p.Calls; t++ {
			r.sums[t1][t] += sign * it.Tokens
		}
	}
}

// below takes item c out of the sums and finds the ends. To leave item c itself
// out asks for less room, so that the bound stays one.
func (r *room) below(c int) {
	r.add(c, -1)
	for t1 := range r.ends {
		end := r.p.Calls
		for t := t1; t < r.p.Calls; t++ {
			if r.sums[t1][t] > r.p.Room[t] {
				end = t // there has to be a cut by then
				break
			}
		}
		r.ends[t1] = end
	}
}
