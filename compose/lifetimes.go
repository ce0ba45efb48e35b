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
// prefix (see [price.Boundary.Long]). So the longer life costs the difference in price
// for what is new, and keeps all that stands. It is worth the more the more was written
// since it was last bought, and buying it is put off like any order: until what may be
// lost meanwhile is as much as an order costs. A call that writes little is a good
// moment, and so is one after which a wait is likely.
func (w *work) lifetimes(marks []int) {
	c := &w.in.Price
	if !c.Exact || c.Units || c.TTL <= 0 || c.LongTTL <= c.TTL || c.LongWrite <= c.Write || w.in.Now.IsZero() || len(marks) == 0 {
		return
	}
	end := w.bounds[len(w.bounds)-1].Tokens
	read := w.in.State.Ledger.Predict(*c, w.in.Now, w.bounds, marks, end).Read
	if read > 0 {
		w.st.Gaps = w.st.Gaps.grow(end - read)
	}
	o := order{cost: c, read: float64(read), usual: float64(w.st.Gaps.Grows)}
	if kept := w.in.State.Ledger.Readable(*c, w.in.Now.Add(c.TTL), w.bounds); len(kept) > 0 {
		o.kept = float64(kept[len(kept)-1].Tokens) // the longer life was bought up to here
	}
	o.soon, o.mean = w.st.Gaps.waits(c.TTL, c.LongTTL, w.in.Next)
	best, most := -1, 0.0
	for k, i := range marks {
		if s := o.gain(float64(w.bounds[i].Tokens)); s > most {
			best, most = k, s
		}
	}
	if best >= 0 && w.buy(marks, marks[:best+1]) {
		at := float64(w.bounds[marks[best]].Tokens)
		w.plan.Lasts = fmt.Sprintf("%.0f tokens for %s: in %.0f%% the next call comes after %s and within it; %.0f more for writing %.0f, against %.0f for writing %.0f again",
			at, short(c.LongTTL), 100*o.soon, short(c.TTL), o.dearer()*(at-o.read), at-o.read, o.again()*(at-o.kept), at-o.kept)
	}
}

// buy marks boundaries for the longer life, unless the ledger would not count on it:
// what failed calls left there may have the shorter one.
func (w *work) buy(marks, long []int) bool {
	for _, i := range long {
		w.bounds[i].Long = true
	}
	c, now := w.in.Price, w.in.Now
	after := w.in.State.Ledger.After(c, now, w.bounds, marks)
	kept := after.Readable(c, now.Add(c.TTL), w.bounds)
	if n := len(kept); n > 0 && kept[n-1].Index >= long[len(long)-1] {
		return true
	}
	for _, i := range long {
		w.bounds[i].Long = false
	}
	return false
}

// order is the decision whether to buy the longer life now. Tokens are from the
// beginning of the prompt.
type order struct {
	cost  *price.CostModel
	read  float64 // up to which the cache is read
	kept  float64 // up to which the longer life was bought before
	usual float64 // tokens that a call writes
	soon  float64 // chance that the next call comes while only the longer life lasts
	mean  float64 // the same, for any call
}

// dearer is what a token costs more that is written for the longer life.
func (o *order) dearer() float64 { return o.cost.LongWrite - o.cost.Write }

// again is what it costs per token when the next call finds only what has the longer
// life: it is written again, and, as likely as now, once more after that, until it is
// written for longer.
func (o *order) again() float64 {
	return min(o.cost.LongWrite-o.cost.Read, (o.cost.Write-o.cost.Read)/max(1-o.mean, 1e-9))
}

// gain is what buying it up to a mark now is better than doing so at the next call, in
// units of an uncached token; 0 when it is not worth it at all.
func (o *order) gain(at float64) float64 {
	fresh, loose := at-o.read, at-o.kept
	if fresh <= 0 || loose <= 0 {
		return 0
	}
	risk := o.mean * o.again()
	// An order is placed every so many calls, as few as make it worth its price: then
	// what may be lost between two of them is what one costs. It is the square root of
	// an economic order quantity.
	every := math.Sqrt(2 * o.dearer() / max(risk, 1e-9))
	if worth := loose * o.again() * (o.soon + o.mean*max(0, every-1)); worth < o.dearer()*fresh {
		return 0
	}
	usual := o.usual
	if usual <= 0 {
		usual = fresh
	}
	perCall := o.dearer() * usual * min(1, math.Sqrt(2*risk/o.dearer()))
	return o.soon*o.again()*loose - o.dearer()*(fresh-usual) - perCall
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

// lives says what a mark asks for.
func (w *work) lives(i int) quire.CacheMark {
	if w.bounds[i].Long {
		return quire.CacheMark{After: w.bounds[i].Index, TTL: w.in.Price.LongTTL}
	}
	return quire.CacheMark{After: w.bounds[i].Index, TTL: w.in.Price.TTL}
}
