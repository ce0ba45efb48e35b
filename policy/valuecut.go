package policy

import "math"

// horizons are how many calls away the next cut may be.
var horizons = [...]int{2, 4, 8, 16, 32, 64, 128, 256}

// pressures are by how much more a token is taken to cost when the budget forces a cut
// and what is not worth its price is not enough.
var pressures = [...]float64{1, 2, 4, 8, 16, 32, 64, 128, 512, 4096, 1 << 20}

// Next chooses the cut with the least cost a call. Of what lives it lets go only what
// the policy yields; in which order it yields it does not matter.
func (s Value) Next(v *View, victims []Victim) Cut {
	w := newWeighing(&s, v, victims)
	best := choice{rate: math.Inf(1)}
	for _, pressure := range pressures {
		for _, calls := range horizons {
			w.weigh(calls, pressure, &best)
		}
		if v.Over <= 0 || !math.IsInf(best.rate, 1) {
			break
		}
	}
	switch {
	case !math.IsInf(best.rate, 1) && (v.Over > 0 || best.rate < w.idle || best.price == 0):
		return w.cut(best, victims)
	case v.Over > 0:
		return w.all(victims)
	}
	return noCut(v)
}

// weighing is one run of Next.
type weighing struct {
	*cutting
	stakes  *stakes
	forms   []form // by unit
	groups  []int
	end     int     // what stands from here on is written in any case
	at      []bool  // by unit: a cut may be here
	rewrite float64 // price of a token written instead of read
	before  float64 // price of what stands before the log, written anew
	idle    float64 // price of a call without a cut
}

// form is how a unit may leave.
type form struct {
	may   bool // it is dead or a victim, and not fixed
	keep  int  // of a victim: tokens that it may keep
	alone int  // tokens that it frees by itself
}

// choice is a cut that could be made.
type choice struct {
	at       int
	calls    int
	pressure float64
	rate     float64 // what a call costs until the next one
	price    float64 // of the cut: what is written anew, and what will be missed
	freed    int
}

func newWeighing(s *Value, v *View, victims []Victim) *weighing {
	w := &weighing{cutting: newCutting(v, victims), stakes: newStakes(s, v), groups: groups(v),
		forms: make([]form, len(v.Units)), at: make([]bool, len(v.Units)+1)}
	w.rewrite, w.idle = max(0, w.stakes.write-w.stakes.read), w.stakes.read*float64(v.Base+v.Used)
	for i := range victims {
		if w.lives(victims[i]) {
			f := &w.forms[victims[i].Unit]
			f.may, f.keep = true, victims[i].Keep
		}
	}
	for i := range v.Units {
		f := &w.forms[i]
		if w.dead[i] {
			f.may, w.stakes.rate[i] = true, 0
		}
		if f.may = f.may && !v.Units[i].Fixed; f.may {
			f.alone = v.Units[i].aloneFrees(f.keep)
		}
	}
	w.places()
	return w
}

// places finds where a cut may be: where the cache can be read, and before all.
func (w *weighing) places() {
	w.at[0] = true
	b := w.v.Boundaries
	if w.v.Cold || len(b) == 0 {
		return // all is written in any case
	}
	for i := range b {
		w.at[b[i].Index] = true
	}
	w.end = b[len(b)-1].Index
	if b[0].Index > 0 {
		w.before = w.rewrite * float64(before(w.v))
	}
}

// weigh looks at all cuts after which the next one is so many calls away.
func (w *weighing) weigh(calls int, pressure float64, best *choice) {
	v := w.v
	growth := float64(v.growth())
	freed, price, waited := 0, 0.0, 0.0
	for g := len(w.groups) - 2; g >= 0; g-- {
		from, to := w.groups[g], w.groups[g+1]
		tokens, f, lost, whole := w.group(from, to, calls, w.costs(from, calls, pressure))
		freed, price = freed+f, price+lost
		if from < w.end {
			price += w.rewrite * float64(tokens-f)
		}
		if f > 0 {
			waited += w.waited(from, to, calls, w.costs(from, calls, pressure), whole)
		}
		if !w.at[from] || freed == 0 || freed < v.Over {
			continue
		}
		room := float64(v.Budget-v.Used+freed) / growth // calls until it is full again
		if calls > horizons[0] && float64(calls) > 2*room {
			continue // the budget asks for another one long before
		}
		p := price
		if from == 0 {
			p += w.before
		}
		until := max(1, min(float64(calls), room))
		again := min(growth, float64(freed)*float64(freed)/(2*max(waited, 1)))
		rate := p/until + w.idle + w.stakes.read*(again*until/2-float64(freed))
		if rate < best.rate {
			*best = choice{from, calls, pressure, rate, p, freed}
		}
	}
}

// waited is the tokens that a group frees, each times the calls for which it stood for
// nothing: since it died, or was last used. Half of the time that they took to gather is
// their mean.
func (w *weighing) waited(from, to, calls int, each float64, whole bool) (sum float64) {
	for i := from; i < to; i++ {
		u, tokens := &w.v.Units[i], w.forms[i].alone
		if whole {
			tokens = u.Tokens
		} else if tokens == 0 || !w.leaves(i, each, w.stakes.loses(i, calls)) {
			continue
		}
		if w.dead[i] {
			sum += u.Rent * float64(tokens) / float64(max(u.Tokens, 1))
		} else {
			sum += float64(u.Idle * tokens)
		}
	}
	return sum
}

// costs is what it costs to keep a token of a group that begins at unit from, when
// there is a cut before it.
func (w *weighing) costs(from, calls int, pressure float64) float64 {
	each := w.stakes.read * float64(calls)
	if from < w.end {
		each += w.rewrite
	}
	return each * pressure
}

// group weighs the units from one to another, which are a group: it leaves whole, or
// some of its units do in a shorter form. It returns its tokens, those that are freed,
// and what will be missed.
func (w *weighing) group(from, to, calls int, each float64) (tokens, freed int, lost float64, whole bool) {
	all, dead, loses := true, true, 0.0
	for i := from; i < to; i++ {
		f := &w.forms[i]
		tokens += w.v.Units[i].Tokens
		all, dead = all && f.may, dead && w.dead[i]
		l := w.stakes.loses(i, calls)
		loses += l
		if f.alone > 0 && w.leaves(i, each, l) {
			freed, lost = freed+f.alone, lost+l
		}
	}
	if gain := each*float64(tokens) - loses; all && (dead || gain > 0 && gain >= each*float64(freed)-lost) {
		return tokens, tokens, loses, true
	}
	return tokens, freed, lost, false
}

// leaves says whether a unit that can leave by itself does.
func (w *weighing) leaves(i int, each, loses float64) bool {
	return w.dead[i] || each*float64(w.forms[i].alone) > loses
}

// cut makes the cut that was chosen.
func (w *weighing) cut(best choice, victims []Victim) Cut {
	cut := Cut{At: best.at, Target: max(1, w.v.Used-best.freed), Reason: "worth its price"}
	switch {
	case w.v.Over > 0:
		cut.Reason = "over budget: the cheapest cut"
	case w.v.Cold:
		cut.Reason = "cache is cold"
	}
	wholly, partly := w.parts(best)
	for _, x := range victims {
		if !w.lives(x) || !wholly[x.Unit] && !partly[x.Unit] {
			continue
		}
		if wholly[x.Unit] {
			x.Keep = 0
		}
		x.Reason = w.stakes.reason(x.Unit, best.calls)
		cut.Live = append(cut.Live, x)
	}
	return cut
}

// parts says of each unit whether it leaves with its group, or in a shorter form.
func (w *weighing) parts(best choice) (wholly, partly []bool) {
	wholly, partly = make([]bool, len(w.v.Units)), make([]bool, len(w.v.Units))
	n := len(w.groups) - 1
	whole := make([]bool, n)
	for g := n - 1; g >= 0 && w.groups[g] >= best.at; g-- {
		from, to := w.groups[g], w.groups[g+1]
		_, _, _, whole[g] = w.group(from, to, best.calls, w.costs(from, best.calls, best.pressure))
	}
	for g := n - 1; g >= 0 && w.groups[g] >= best.at; g-- {
		from, to := w.groups[g], w.groups[g+1]
		each := w.costs(from, best.calls, best.pressure)
		leaves := whole[g] || w.between(g, whole) && w.alone(from, to, best.calls, each)
		for i := from; i < to; i++ {
			wholly[i] = leaves
			partly[i] = !leaves && w.forms[i].alone > 0 && w.leaves(i, each, w.stakes.loses(i, best.calls))
		}
	}
	return wholly, partly
}

// stone is what a tombstone takes, in tokens, or so.
const stone = 16

// between says whether group g would stand between two tombstones.
func (w *weighing) between(g int, whole []bool) bool {
	u := w.v.Units
	gone := func(a, b int) bool { return u[w.groups[b]].Entry > u[w.groups[a]].Entry+1 }
	before := g > 0 && (whole[g-1] || gone(g-1, g))
	after := g+1 < len(whole) && (whole[g+1] || gone(g, g+1))
	return before && after
}

// alone says whether a group is not worth what it takes with a tombstone of its own.
func (w *weighing) alone(from, to, calls int, each float64) bool {
	tokens, loses := stone, 0.0
	for i := from; i < to; i++ {
		if !w.forms[i].may {
			return false
		}
		tokens += w.v.Units[i].Tokens
		loses += w.stakes.loses(i, calls)
	}
	return each*float64(tokens) > loses
}

// all lets go what is dead, and victims in the policy's order until all fits.
func (w *weighing) all(victims []Victim) Cut {
	for i, dead := range w.dead {
		if dead {
			w.tally.Add(Victim{Unit: i, Dead: true})
		}
	}
	return w.live(victims, w.v.Over, 0, "over budget")
}
