package policy

import (
	"math"
	"slices"

	"github.com/quire-dev/quire"
)

// horizons are how many calls away the next cut may be.
var horizons = [...]int{2, 4, 8, 16, 32, 64, 128, 256}

// pressures are by how much more a token is taken to cost when the budget forces a cut
// and what is not worth its price is not enough.
var pressures = [...]float64{1, 2, 4, 8, 16, 32, 64, 128, 512, 4096, 1 << 20}

// Next chooses the cut with the least cost a call. Of what lives it lets go only what
// the policy yields; in which order it yields it does not matter.
func (s Value) Next(v *View, victims []Victim) Cut {
	w := spareWeighings.Get().(*weighing)
	defer w.spare()
	w.look(&s, v, victims)
	best := choice{rate: math.Inf(1)}
	if w.most > 0 && w.most >= v.Over {
		best = w.choose()
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
	cutting
	stakes  stakes
	forms   []form // by unit
	groups  []int
	parties []party
	losses  []float64 // by unit: what it costs to be without it until the next cut
	until   int       // the horizon that losses are reckoned for
	end     int       // what stands from here on is written in any case
	at      []bool    // by unit: a cut may be here
	rewrite float64   // price of a token written instead of read
	before  float64   // price of what stands before the log, written anew
	idle    float64   // price of a call without a cut
	most    int       // tokens that would leave with all that may
	past    bool      // there is something of the past
}

func (w *weighing) spare() {
	w.v, w.stakes.v, w.tally = nil, nil, nil
	spareWeighings.Put(w)
}

// form is how a unit may leave.
type form struct {
	may   bool    // it is dead or a victim, and not fixed
	keep  int     // of a victim: tokens that it may keep
	alone int     // tokens that it frees by itself
	waits float64 // and how long those waited, see waits
}

// party is a group that leaves whole, or in part.
type party struct {
	from, to int // its units
	tokens   int
	thought  int
	all      bool    // all of it may leave
	dead     bool    // all of it is dead
	past     bool    // it belongs to the past, which leaves in order: see inOrder
	before   bool    // something of the past that lives stands before it
	waits    float64 // of its tokens
}

// choice is a cut that could be made.
type choice struct {
	at       int
	horizon  int  // of horizons
	past     bool // the past may leave
	pressure float64
	rate     float64 // what a call costs until the next one
	price    float64 // of the cut: what is written anew, and what will be missed
	freed    int
}

// look sees what may be cut in a view.
func (w *weighing) look(s *Value, v *View, victims []Victim) {
	w.judge(v, victims)
	w.stakes.look(s, v)
	w.forms, w.at, w.until, w.end, w.before = sized(w.forms, len(v.Units)), sized(w.at, len(v.Units)+1), -1, 0, 0
	w.rewrite, w.idle = max(0, w.stakes.write-w.stakes.read), w.stakes.read*(float64(v.Base)+float64(v.Used))
	for i := range victims {
		if w.lives(victims[i]) {
			f := &w.forms[victims[i].Unit]
			f.may, f.keep = true, victims[i].Keep
		}
	}
	for i := range v.Units {
		f := &w.forms[i]
		if w.dead[i] {
			f.may, w.stakes.of[i].rate = true, 0
		}
		if f.may = f.may && !v.Units[i].Fixed; f.may {
			f.alone = v.Units[i].aloneFrees(f.keep)
			f.waits = w.waits(i, f.alone)
		}
	}
	w.gather()
	w.places()
}

// gather finds the groups, and the most that can leave.
func (w *weighing) gather() {
	w.groups = appendGroups(w.groups[:0], w.v)
	at := w.groups
	w.parties, w.most, w.past = sized(w.parties, len(at)-1), 0, false
	for g := range w.parties {
		p, alone := &w.parties[g], 0
		*p = party{from: at[g], to: at[g+1], all: true, dead: true}
		for i := p.from; i < p.to; i++ {
			p.tokens += w.v.Units[i].Tokens
			p.thought += w.v.Units[i].Thought
			p.waits += w.waits(i, w.v.Units[i].Tokens)
			p.all, p.dead = p.all && w.forms[i].may, p.dead && w.dead[i]
			alone += w.forms[i].alone
		}
		if p.all {
			alone = p.tokens
		}
		w.most += alone
		p.before = w.past
		p.past = w.ended(p)
		w.past = w.past || p.past && !p.dead && p.all
	}
}

// ended says whether a group belongs to an exchange that has ended, and begins with what
// can't be seen used, so that nothing is known of it but its age.
func (w *weighing) ended(p *party) bool {
	u := &w.v.Units[p.from]
	return u.Turn != w.v.Turn && u.seen() < 0.5
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

// choose looks at all cuts, and takes the best of those that need the least pressure.
func (w *weighing) choose() choice {
	best := choice{rate: math.Inf(1)}
	room := float64(w.v.Budget-w.v.Used+w.most) / float64(w.v.growth()) // after the deepest cut
	tried := pressures[:]
	if w.v.Over <= 0 {
		tried = tried[:1]
	}
	for h, calls := range horizons {
		if h > 0 && float64(calls) > 2*room {
			break
		}
		for n, pressure := range tried {
			c := w.weigh(h, pressure, true)
			if w.past {
				if d := w.weigh(h, pressure, false); d.rate < c.rate {
					c = d
				}
			}
			if math.IsInf(c.rate, 1) {
				continue
			}
			if n+1 < len(tried) || c.rate < best.rate {
				best = c
			}
			tried = tried[:n+1]
			break
		}
	}
	return best
}

// weigh looks at all cuts after which the next one is so many calls away.
func (w *weighing) weigh(horizon int, pressure float64, past bool) choice {
	best := choice{rate: math.Inf(1)}
	v, calls, losses := w.v, float64(horizons[horizon]), w.lost(horizon)
	growth := float64(v.growth())
	freed, price, waits, order := 0, 0.0, 0.0, inOrder{past: past}
	behind, forget := 0, known(v.Forget) // what was thought behind a cut is lost where it stays
	for g := len(w.parties) - 1; g >= 0; g-- {
		p := &w.parties[g]
		f, lost, waited, whole := w.group(p, losses, w.costs(p.from, horizon, pressure), &order)
		thought := forget * float64(behind)
		if !whole {
			behind += p.thought
		}
		freed, price, waits = freed+f, price+lost, waits+waited
		if p.from < w.end {
			price += w.rewrite * float64(p.tokens-f)
		}
		if !w.at[p.from] || freed == 0 || freed < v.Over || order.gone && p.before {
			continue
		}
		room := float64(v.Budget-v.Used+freed) / growth // calls until it is full again
		if horizon > 0 && calls > 2*room {
			continue // the budget asks for another one long before
		}
		sum := price + thought
		if p.from == 0 {
			sum += w.before
		}
		until := max(1, min(calls, room))
		again := min(growth, float64(freed)*float64(freed)/(2*max(waits, 1)))
		rate := sum/until + w.idle + w.stakes.read*(again*until/2-float64(freed))
		if rate < best.rate {
			best = choice{p.from, horizon, past, pressure, rate, sum, freed}
		}
	}
	return best
}

// inOrder sees to it, from the newest group to the oldest, that of talk that has ended (see
// [weighing.ended]) nothing leaves whole while something older stays: an older message is
// often what a newer one corrects, and would be taken for the truth.
type inOrder struct {
	past bool // the past may leave
	gone bool // some of it did
}

// waits is so many tokens of a unit, each times the calls for which it stood for nothing:
// since it died, or was last used. Half of the time that what a cut frees took to gather is
// their mean.
func (w *weighing) waits(i, tokens int) float64 {
	u := &w.v.Units[i]
	if w.dead[i] {
		return u.Rent * float64(tokens) / float64(max(u.Tokens, 1))
	}
	return float64(max(u.Idle, 0)) * float64(tokens)
}

// lost is what it costs to be without each unit until then.
func (w *weighing) lost(horizon int) []float64 {
	if w.until != horizon {
		w.losses = sized(w.losses, len(w.stakes.of))
		for i := range w.losses {
			w.losses[i] = w.stakes.loses(i, horizons[horizon])
		}
		w.until = horizon
	}
	return w.losses
}

// costs is what it costs to keep a token of a group that begins at unit from, when
// there is a cut before it.
func (w *weighing) costs(from, horizon int, pressure float64) float64 {
	each := w.stakes.read * float64(horizons[horizon])
	if from < w.end {
		each += w.rewrite
	}
	return each * pressure
}

// group weighs a group: it leaves whole, or some of its units do in a shorter form. It
// returns the tokens that are freed, what will be missed, and how long the tokens waited.
func (w *weighing) group(p *party, losses []float64, each float64, order *inOrder) (freed int, lost, waits float64, whole bool) {
	if p.past && !p.dead && !order.past {
		return 0, 0, 0, false
	}
	loses := 0.0
	for i := p.from; i < p.to; i++ {
		l := losses[i]
		loses += l
		if alone := w.forms[i].alone; alone > 0 && w.leaves(i, each, l) {
			freed, lost, waits = freed+alone, lost+l, waits+w.forms[i].waits
		}
	}
	gain := each*float64(p.tokens) - loses
	if p.all && (p.dead || p.past && order.gone || gain > 0 && gain >= each*float64(freed)-lost) {
		order.gone = order.gone || p.past && !p.dead
		return p.tokens, loses, p.waits, true
	}
	return freed, lost, waits, false
}

// leaves says whether a unit that can leave by itself does.
func (w *weighing) leaves(i int, each, loses float64) bool {
	return each*float64(w.forms[i].alone) > loses || w.dead[i]
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
	goes := func(x Victim) bool { return w.lives(x) && (wholly[x.Unit] || partly[x.Unit]) }
	n := 0
	for i := range victims {
		if goes(victims[i]) {
			n++
		}
	}
	cut.Live = slices.Grow(cut.Live, n)
	for _, x := range victims {
		if !goes(x) {
			continue
		}
		if wholly[x.Unit] {
			x.Keep = 0
		}
		x.Reason = w.stakes.reason(x.Unit, horizons[best.horizon])
		cut.Live = append(cut.Live, x)
	}
	return cut
}

// parts says of each unit whether it leaves with its group, or in a shorter form.
func (w *weighing) parts(best choice) (wholly, partly []bool) {
	flags := make([]bool, 2*len(w.v.Units)+len(w.parties))
	wholly, partly, whole := flags[:len(w.v.Units)], flags[len(w.v.Units):2*len(w.v.Units)], flags[2*len(w.v.Units):]
	losses, order := w.lost(best.horizon), inOrder{past: best.past}
	for g := len(whole) - 1; g >= 0 && w.parties[g].from >= best.at; g-- {
		p := &w.parties[g]
		_, _, _, whole[g] = w.group(p, losses, w.costs(p.from, best.horizon, best.pressure), &order)
	}
	for g := len(whole) - 1; g >= 0 && w.parties[g].from >= best.at; g-- {
		p := &w.parties[g]
		each := w.costs(p.from, best.horizon, best.pressure)
		stays := p.past && !p.dead && !best.past
		leaves := whole[g] || !p.past && w.between(g, whole) && w.alone(p, losses, each)
		for i := p.from; i < p.to; i++ {
			wholly[i] = leaves
			partly[i] = !leaves && !stays && w.forms[i].alone > 0 && w.leaves(i, each, losses[i])
		}
	}
	return wholly, partly
}

// stone is what a tombstone takes, in tokens, or so.
const stone = 16

// between says whether group g would be an answer between two tombstones.
func (w *weighing) between(g int, whole []bool) bool {
	if w.v.Units[w.parties[g].from].Role != quire.RoleAssistant {
		return false
	}
	gone := func(a, b int) bool {
		return w.v.Units[w.parties[b].from].Entry > w.v.Units[w.parties[a].from].Entry+1
	}
	before := g > 0 && (whole[g-1] || gone(g-1, g))
	after := g+1 < len(whole) && (whole[g+1] || gone(g, g+1))
	return before && after
}

// alone says whether a group is not worth what it takes with a tombstone of its own.
func (w *weighing) alone(p *party, losses []float64, each float64) bool {
	loses := 0.0
	for i := p.from; i < p.to; i++ {
		loses += losses[i]
	}
	return p.all && each*float64(p.tokens+stone) > loses
}

// all lets go what is dead, and victims in the policy's order until all fits.
func (w *weighing) all(victims []Victim) Cut {
	w.tally = NewTally(w.v)
	for i, dead := range w.dead {
		if dead {
			w.tally.Add(Victim{Unit: i, Dead: true})
		}
	}
	return w.live(victims, w.v.Over, 0, "over budget")
}
