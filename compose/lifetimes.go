package compose

import (
	"fmt"
	"math"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

// lifetimes decides which marks ask for the longer life, if the provider offers two:
// those up to one of them, since longer lives have to come first, or none.
//
// A mark writes what lies between what is read and itself, and its entry is of the whole
// prefix (see [ledger.Boundary.Long]). So the longer life costs the difference in price
// for what is new, and keeps all that stands. It is bought when what may be lost without
// it, should the next call come late or the one after it, is worth more: after calls that
// a wait is likely to follow, by calls that write little, and once much was written since
// it was bought last.
func (w *work) lifetimes(marks []int) {
	c := &w.in.Model.Cache
	if !c.Exact || c.Units || c.TTL <= 0 || c.LongTTL <= c.TTL || c.LongWrite <= c.Write || w.in.Now.IsZero() || len(marks) == 0 {
		return
	}
	soon, mean := w.st.gaps.Chances(c.TTL, c.LongTTL, w.in.Next)
	if soon+mean == 0 {
		return // no wait is known that the longer life would be of use for
	}
	end := w.bounds[len(w.bounds)-1].Tokens
	o := order{cost: c, soon: soon, mean: mean, read: w.in.State.ledger.Predict(*c, w.in.Now, w.bounds, marks, end).Read}
	if kept := w.in.State.ledger.Readable(*c, w.in.Now.Add(c.TTL), w.bounds); len(kept) > 0 {
		o.kept = kept[len(kept)-1].Tokens // the longer life was bought up to here
	}
	if o.read > 0 && w.in.Now.Sub(w.in.State.gaps.Last) < c.TTL { // and not what is written again
		w.st.gaps = w.st.gaps.Grow(end - o.read)
	}
	o.late = w.st.gaps.Late(c.TTL)
	o.stays = 1 - math.Exp(-o.late*float64(end)/float64(max(1, w.st.gaps.Grows))) // a prompt is renewed every so many calls
	best, most := -1, 0.0
	for k, i := range marks {
		if cost, worth := o.at(w.bounds[i].Tokens); worth-cost > most {
			best, most = k, worth-cost
		}
	}
	if best >= 0 && w.buy(marks, marks[:best+1]) {
		at := w.bounds[marks[best]].Tokens
		cost, worth := o.at(at)
		w.plan.Lasts = fmt.Sprintf("%d tokens for %s, which costs %.0f more: in %.0f%% the next call comes after %s and within it, and %d of them would be written again, %.0f in all",
			at, short(c.LongTTL), cost, 100*o.soon, short(c.TTL), at-o.kept, worth)
	}
}

// buy marks boundaries for the longer life, unless the ledger would not count on it:
// what failed calls left there may have the shorter one.
func (w *work) buy(marks, long []int) bool {
	for _, i := range long {
		w.bounds[i].Long = true
	}
	c, now := w.in.Model.Cache, w.in.Now
	after := w.in.State.ledger.After(c, now, w.bounds, marks)
	kept := after.Readable(c, now.Add(c.TTL), w.bounds)
	if n := len(kept); n > 0 && kept[n-1].Index >= long[len(long)-1] {
		return true
	}
	for _, i := range long {
		w.bounds[i].Long = false
	}
	return false
}

// lives says what a mark asks for.
func (w *work) lives(i int) quire.CacheMark {
	if w.bounds[i].Long {
		return quire.CacheMark{After: i, TTL: w.in.Model.Cache.LongTTL}
	}
	return quire.CacheMark{After: i, TTL: w.in.Model.Cache.TTL}
}

// order is the question whether to buy the longer life. Tokens are from the beginning of
// the prompt.
type order struct {
	cost *price.CostModel
	read int     // up to which the cache is read
	kept int     // up to which the longer life was bought before
	soon float64 // chance that the next call comes while only the longer life lasts
	mean float64 // the same for any call

	late  float64 // chance that it comes after the shorter life, for any call
	stays float64 // chance that a token still stands when that happens
}

// at is what it costs more to buy it up to a mark, and what that is worth, in units of
// an uncached token.
func (o *order) at(tokens int) (cost, worth float64) {
	fresh, loose := tokens-o.read, tokens-o.kept
	switch {
	case fresh <= 0 || loose <= 0:
		return 0, 0
	case o.cost.Layered:
		return o.fromTheGround(float64(fresh))
	}
	// Who does not buy now may do so at the next call; until then both may be late.
	return (o.cost.LongWrite - o.cost.Write) * float64(fresh), (o.soon + o.mean) * o.again() * float64(loose)
}

// fromTheGround is at when longer lives stand on what was read: what does not get one now,
// behind all that has it, can't have it before it is written again after a wait, nor can
// what comes behind it.
func (o *order) fromTheGround(fresh float64) (cost, worth float64) {
	if o.read > o.kept || o.late <= 0 {
		return 0, 0
	}
	lasts := *o
	lasts.mean = o.mean / o.late // of the waits that are too long for the shorter life
	return (o.cost.LongWrite - o.cost.Write) * fresh, o.stays * lasts.mean * lasts.again() * fresh
}

// again is what it costs per token when the next call finds only what has the longer
// life: it is written again, as likely as for any call once more, and so on, until it is
// written for longer.
func (o *order) again() float64 {
	return min(o.cost.LongWrite-o.cost.Read, (o.cost.Write-o.cost.Read)/max(1-o.mean, 1e-9))
}

// short writes a life without zeros behind it: 5m, 1h.
func short(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if n := len(s) - len(zero); n > 0 && s[n:] == zero {
			s = s[:n+1]
		}
	}
	return s
}
