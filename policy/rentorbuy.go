package policy

import "strconv"

// RentOrBuy is the schedule that pays for a cut when it is worth its price.
//
// What is dead and stands all the same costs rent: each call reads it once more.
// To remove it costs, once, that all behind it which lives is written to the
// cache anew instead of read. A cut is made where the rent that the dead behind
// it have run up, and will in the next few calls, reaches that price; of several
// such places, where it exceeds it most. Nothing in it is a number of tokens.
//
// With one place to cut, and as much dying in every call, rent and price are equal
// just where the cost of a call is least: of dying tokens a, live ones L behind the
// cut, a price r of reading and w of writing, a cut every √(2(w−r)L/(ra)) calls.
// The rule finds that without knowing a. With many places it is an online problem
// for which no rule does better than 4 times the optimum in the worst case
// (Bienkowski et al., New Results on Multi-Level Aggregation, 2021, on paths), so
// what it costs is measured: see docs/benchmarks.md.
//
// Cuts are only made where the provider's cache can be read, since it is from
// there that all is written anew. When the cache is cold all that is dead goes,
// for nothing. When the log is over its budget and the dead are not enough,
// victims go in the policy's order, enough of them that the next forced cut is
// some calls away.
//
// The zero value is ready to use.
type RentOrBuy struct {
	// Ahead is how many calls of rent are counted in advance: what dies while it
	// is nearly last is cheapest to remove at once. 0 is 8; negative is none.
	Ahead int
	// Shadow is the rent, beside the price of reading, of one dead token in one
	// call, in units of one uncached input token: what a cleaner window is worth.
	Shadow float64
	// Free is the least part of the budget that a forced cut frees when the dead
	// alone are not enough, and what is still wanted has to leave. 0 is 0.6.
	Free float64
}

// name returns "rent-or-buy", with what is not as usual.
func (s RentOrBuy) name() string {
	name := "rent-or-buy"
	if s.Ahead != 0 {
		name += " ahead " + strconv.Itoa(s.Ahead)
	}
	if s.Shadow != 0 {
		name += " shadow " + strconv.FormatFloat(s.Shadow, 'g', -1, 64)
	}
	if s.Free != 0 {
		name += " free " + strconv.FormatFloat(s.Free, 'g', -1, 64)
	}
	return name
}

// Live says whether the view is over its budget.
func (RentOrBuy) Live(v *View) bool { return v.Over > 0 }

// Next returns the cut of this call.
func (s RentOrBuy) Next(v *View, victims []Victim) Cut {
	if v.Over <= 0 && !anyDead(v, victims) {
		return noCut(v)
	}
	c := newCutting(v, victims)
	if v.Cold && v.Over <= 0 {
		return c.from(0, "cache is cold")
	}
	places := s.places(v, c)
	best, pays := paid(places)
	if v.Over <= 0 {
		if !pays {
			return noCut(v)
		}
		return c.from(best.at, "rent of the dead reached the price of a cut")
	}
	if pays && best.freed >= v.Over {
		return c.from(best.at, "rent of the dead reached the price of a cut")
	}
	for _, least := range []int{max(v.Over, v.Budget/tenth), v.Over} {
		if p, ok := cheapest(places, least); ok {
			return c.from(p.at, "over budget: the cheapest cut through the dead")
		}
	}
	for i, dead := range c.dead {
		if dead {
			c.tally.Add(Victim{Unit: i, Dead: true})
		}
	}
	if c.tally.Freed() >= v.Over {
		return c.live(nil, 0, 0, "over budget: all that is dead")
	}
	least := max(v.Over, int(s.free()*float64(v.Budget)))
	return c.live(victims, least, max(1, v.Used-least), "over budget")
}

// tenth is the part of the budget that a forced cut through the dead frees at
// least, if there is as much: a smaller one is followed by the next too soon.
const tenth = 10

func (s RentOrBuy) free() float64 {
	if s.Free > 0 && s.Free <= 1 {
		return s.Free
	}
	return 0.6
}

// from cuts everything dead from unit at on.
func (c *cutting) from(at int, reason string) Cut {
	for i := at; i < len(c.dead); i++ {
		if c.dead[i] {
			c.tally.Add(Victim{Unit: i, Dead: true})
		}
	}
	cut := c.live(nil, 0, 0, reason)
	cut.At = max(cut.At, at)
	return cut
}

// place is what a cut at a readable boundary does.
type place struct {
	at    int     // unit
	freed int     // tokens of the dead from there on
	rent  float64 // that they have run up, and will
	price float64 // of writing anew what lives behind it
}

// places lists what a cut at each readable boundary does, the last one first, and
// at last what one before all units does. What stands behind the last boundary is
// written in any case and costs nothing.
func (s RentOrBuy) places(v *View, c *cutting) []place {
	if len(v.Boundaries) == 0 {
		return nil
	}
	ahead := s.ahead()
	rate := v.Cost.Read + max(0, s.Shadow)
	write := max(0, v.Cost.Write-v.Cost.Read)
	end := v.Boundaries[len(v.Boundaries)-1].Index
	out := make([]place, 0, len(v.Boundaries))
	t := NewTally(v)
	var p place
	b := len(v.Boundaries) - 1
	for i := len(v.Units) - 1; i >= 0; i-- {
		u := &v.Units[i]
		freed := 0
		if c.dead[i] {
			freed = t.Add(Victim{Unit: i, Dead: true})
			p.freed += freed
			p.rent += rate * (u.Rent*float64(freed)/float64(max(1, u.Tokens)) + float64(ahead*freed))
		}
		if i < end {
			p.price += write * float64(u.Tokens-freed)
		}
		for b >= 0 && v.Boundaries[b].Index >= i {
			if p.at = v.Boundaries[b].Index; p.freed > 0 {
				out = append(out, p)
			}
			b--
		}
		if !t.Removed(i) { // of a group that changes itself, what was thought stands before that
			p.price += known(v.Forget) * float64(u.Thought)
		}
	}
	if v.Boundaries[0].Index > 0 && p.freed > 0 { // nothing that stands before all of it can be read
		p.at = 0
		p.price += write * float64(before(v))
		out = append(out, p)
	}
	return out
}

// before is what stands before the units, in tokens.
func before(v *View) int {
	b := v.Boundaries[0]
	n := b.Tokens
	for i := range b.Index {
		n -= v.Units[i].Tokens
	}
	return max(0, n)
}

func (s RentOrBuy) ahead() int {
	if s.Ahead == 0 {
		return 8
	}
	return max(0, s.Ahead)
}

// paid finds the place where the rent exceeds the price most, if it does.
func paid(places []place) (best place, ok bool) {
	for _, p := range places {
		if p.rent >= p.price && (!ok || p.rent-p.price > best.rent-best.price) {
			best, ok = p, true
		}
	}
	return best, ok
}

// cheapest finds the place that frees at least so many tokens for the least
// price of each.
func cheapest(places []place, need int) (best place, ok bool) {
	for _, p := range places {
		if p.freed >= need && (!ok || p.price*float64(best.freed) < best.price*float64(p.freed)) {
			best, ok = p, true
		}
	}
	return best, ok
}
