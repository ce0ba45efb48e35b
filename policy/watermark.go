package policy

import "strconv"

// Watermark lets nothing go until the log has grown past High, and then all that
// is dead and as many victims as bring it down to Low: few deep cuts instead of
// many shallow ones, of which each would pay for rewriting what stands behind it.
// When the provider's cache is cold, a cut costs nothing: then all that is dead
// leaves, however small the log is, and nothing that is wanted.
//
// The zero value lets the log fill its budget and cuts it down to half.
type Watermark struct {
	High float64 // part of the budget at which to cut; 0, or what is no such part, is 1
	Low  float64 // part of it to cut down to; 0 is 0.5; at most High
}

// name returns "watermark 1 to 0.5".
func (w Watermark) name() string {
	high, low := w.levels()
	part := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	return "watermark " + part(high) + " to " + part(low)
}

func (w Watermark) levels() (high, low float64) {
	high, low = w.High, w.Low
	if !(high > 0 && high <= 1) {
		high = 1
	}
	if !(low > 0 && low <= 1) {
		low = 0.5
	}
	return high, min(low, high)
}

// Live says whether the view is over High or over its budget.
func (w Watermark) Live(v *View) bool {
	high, _ := w.levels()
	return v.Over > 0 || float64(v.Used) > high*float64(v.Budget)
}

// Next returns a cut when the log is over High or over its budget; when the
// cache is cold, whenever something is dead. If what is dead brings the log down
// to Low, nothing else leaves.
func (w Watermark) Next(v *View, victims []Victim) Cut {
	_, low := w.levels()
	over := w.Live(v)
	if !over && !v.Cold {
		return noCut(v)
	}
	c := newCutting(v, victims)
	for i, dead := range c.dead {
		if dead {
			c.tally.Add(Victim{Unit: i, Dead: true})
		}
	}
	if !over {
		return c.live(nil, 0, 0, "cache is cold")
	}
	target := max(1, min(int(low*float64(v.Budget)), v.Used-v.Over))
	return c.live(victims, v.Used-target, target, "over the high mark")
}
