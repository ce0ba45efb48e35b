package calibrate

import (
	"fmt"
	"math"
)

// Calibration is what a provider's reported usage has taught about counts: by
// what ratio to correct those of each class of a [Mix], what constant nobody
// counts, and how far off the corrected sum may still be. It is an immutable
// value, one for each model; part of a composer's state.
//
// Reports are sums over all classes, so that it is a regression: a Kalman filter
// whose state is a ratio for each class, the constant and a drift. A report is taken as
// exact: what ratios and constant don't explain of it is the drift, which moves with
// what enters and leaves, so that the next sum is predicted from the last report and
// the difference to it.
//
// The zero value corrects nothing. Equal observations in equal order give equal
// values, bit for bit, on every machine: the arithmetic is of the exactly rounded
// kind only.
type Calibration struct {
	n      int        // observations taken in
	mean   vector     // ratios; constant and drift in tokens
	cov    covariance // of these
	spread float64    // standard deviation of what a piece of content takes, as a share of it; 0: nothing is set yet
	tail   float64    // how much rarer than normal large errors have to be made: a factor on bounds
	held   float64    // tokens by which the last report was off and not believed
	last   Mix        // of the prompt observed last
}

// What a Calibration starts from and how fast it learns. The figures from piece on
// were set on the recorded runs that `go run ./bench counts` measures.
const (
	priorCommon   = 0.15   // deviation of all ratios together, before any observation
	priorOwn      = 0.1    // of each class of text beside that
	priorOdd      = 0.5    // of pictures, data and framing, which are guessed
	priorConstant = 2000   // tokens that nobody counts: system prompts of a gateway, say
	priorSpread   = 0.08   // see Calibration.spread
	walk          = 1e-6   // variance that a ratio gains with each call: it may change slowly
	piece         = 2048   // tokens beyond which errors of new content are independent
	least         = 4      // tokens that the drift may move without a reason
	leastShare    = 0.0003 // the same, as a share of the prompt
	outlier       = 4      // deviations beyond which a report is not taken at its word
	jump          = 0.1    // share of the prompt that the drift may move at once
	adapt         = 0.05   // weight of a report in spread
	boundShare    = 0.003  // share of the prompt that a bound keeps free whatever was learned
	boundLeast    = 30     // the same, in tokens
	priorTail     = 1.5
	mostTail      = 8
	tailUp        = 1.3    // on a report above the bound for tailAt
	tailDown      = 0.9985 // on any other: in balance at one of 200
	tailAt        = 0.99
	heldShare     = 0.25 // share of the prompt up to which a bound includes what was not believed
	leastSpread   = 0.002
	mostSpread    = 1
	mostRoom      = 2 // in budgets
	leastRatio    = 1.0 / 64
	mostRatio     = 64
	mostTokens    = 1 << 40 // more in one prompt is no observation
	mostConstant  = 1 << 17 // tokens that may stand in a prompt and be counted by nobody
)

// prior is before any observation; common is the deviation of the ratio.
func prior(ratio, common float64) Calibration {
	c := Calibration{spread: priorSpread, tail: priorTail}
	for i := range constant {
		c.mean[i] = ratio
		for j := range i + 1 {
			c.cov[at(i, j)] = float64(common * common)
		}
		c.cov[at(i, i)] += ownVariance(i)
	}
	c.cov[at(constant, constant)] = priorConstant * priorConstant
	return c
}

// ownVariance is the prior variance of one class beside what all have in common.
func ownVariance(i int) float64 {
	if i >= firstOdd {
		return priorOdd * priorOdd
	}
	return priorOwn * priorOwn
}

// set puts the prior in the place of the zero value.
func (c Calibration) set() Calibration {
	if c.spread > 0 {
		return c
	}
	return prior(1, priorCommon)
}

// N returns how many reports were taken in.
func (c Calibration) N() int { return c.n }

// Observe takes in that a prompt of that mix was reported as so many tokens, all
// input counted, read from a cache or not. A report that is far off is believed as
// far as it is likely, and wholly when the next one says the same, so that a
// single wrong one moves little while a lasting change is followed. Numbers that
// are not positive are ignored, and so is a first report out of all proportion to the mix.
func (c Calibration) Observe(m Mix, reported int) Calibration {
	total := m.Total()
	if total <= 0 || total > mostTokens || reported <= 0 || reported > mostTokens || c.n == 0 && odd(total, reported) {
		return c
	}
	next := c.set()
	next.moved(m)
	h := m.vector()
	ph := next.cov.times(&h)
	s := h.dot(&ph) + 1
	expected := next.mean.dot(&h)
	off := float64(reported) - expected
	rest := 0.0
	if next.n > 0 { // the first one corrects the prior, and may be far from it
		next.scale(float64(reported) > next.upper(&h, &ph, expected, tailAt), min(float64(off*off)/s, outlier*outlier))
		off, rest = next.believe(off, float64(outlier*math.Sqrt(s)), expected)
	}
	next.cov.learn(&next.mean, &ph, s, off)
	next.mean[drift] += rest
	next.last = m
	next.n++
	if !next.sound() {
		return c
	}
	return next
}

// odd says that no ratio explains a report, nor what nobody counts: one that was
// believed could forbid every call, and no other report would come.
func odd(total, reported int) bool {
	return float64(reported) > mostRatio*float64(total)+mostConstant || float64(reported) < leastRatio*float64(total)
}

// moved adds what a call may change to what is uncertain. With content that leaves
// its share of the drift goes, as far as can be told; how far is uncertain too.
func (c *Calibration) moved(m Mix) {
	total := float64(m.Total())
	fresh, left := c.changed(m)
	stays := 1.0
	if last := c.last.Total(); last > 0 {
		stays = 1 - float64(min(left, last))/float64(last)
	}
	c.mean[drift] = float64(c.mean[drift] * stays)
	c.cov.fade(stays)
	v := float64(float64(c.spread*c.spread) * (pieces(fresh) + pieces(left)))
	c.cov[at(drift, drift)] += v + least*least + float64(float64(leastShare*total)*float64(leastShare*total))
	for i := range constant {
		if x := &c.cov[at(i, i)]; *x < priorCommon*priorCommon+ownVariance(i) {
			*x += walk
		}
	}
}

// changed is how many tokens entered since the prompt observed last, and how many
// left.
func (c *Calibration) changed(m Mix) (fresh, left int) {
	total, last := m.Total(), c.last.Total()
	fresh = min(max(m.New, total-last), total)
	return fresh, max(0, last+fresh-total)
}

// pieces is the variance of n tokens of content, in units of spread²: the errors
// of one piece go together, those of several don't.
func pieces(n int) float64 { return float64(float64(n) * min(float64(n), piece)) }

// scale adapts how wide errors are taken to be.
func (c *Calibration) scale(above bool, z2 float64) {
	c.spread = max(leastSpread, min(mostSpread, float64(c.spread*math.Sqrt(1+float64(adapt*(z2-1))))))
	if above {
		c.tail = min(mostTail, float64(c.tail*tailUp))
	} else {
		c.tail = max(1, float64(c.tail*tailDown))
	}
}

// believe splits an error: what the filter learns from, and what only the drift
// does. What is left of it is held, and believed when it comes again.
func (c *Calibration) believe(full, limit, expected float64) (off, rest float64) {
	off = max(-limit, min(limit, full))
	rest = full - off
	again := float64(c.held*rest) > 0 && math.Abs(full) >= math.Abs(c.held)/2
	if wide := float64(jump * math.Abs(expected)); !again {
		rest = max(-wide, min(wide, rest))
	}
	c.held = full - off - rest
	return off, rest
}

// upper is the bound; c has moved, h is the mix and ph its product with cov.
func (c *Calibration) upper(h, ph *vector, mean, confidence float64) float64 {
	u := float64(boundShare*math.Abs(mean)) + boundLeast
	sd := math.Sqrt(max(0, h.dot(ph)) + float64(u*u))
	held := max(0, min(c.held, float64(heldShare*math.Abs(mean))))
	return mean + float64(float64(quantile(confidence)*c.tail)*sd) + held
}

// Apply returns the likely real tokens of a mix: the nearest whole number. Apply
// it to whole prompts: the constant is in it.
func (c Calibration) Apply(m Mix) int {
	c = c.set()
	c.moved(m)
	h := m.vector()
	return toInt(c.mean.dot(&h) + 0.5)
}

// Upper returns a number of tokens that the real ones of a mix do not exceed,
// with the given confidence (0.99); it is never less than Apply. Confidence goes
// in steps: 0.5, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999 and 0.9999, the next higher
// one. Errors are not normal: the bound widens when reports exceed the one for
// 0.99 more often than once in 200 calls, and narrows again when they don't.
func (c Calibration) Upper(m Mix, confidence float64) int {
	c = c.set()
	c.moved(m)
	h := m.vector()
	ph := c.cov.times(&h)
	mean := c.mean.dot(&h)
	up := c.upper(&h, &ph, mean, confidence)
	return max(toInt(math.Ceil(up)), toInt(mean+0.5))
}

// Room returns the most tokens that a prompt may have, as counted here, for its
// upper bound to be within budget, if it is mixed as the one observed last. Before
// anything was observed it is the budget, and it is never more than [mostRoom] budgets: a
// provider that reports less than it reads, such as what was not cached alone, must not
// lift the limit without an end.
func (c Calibration) Room(budget int, confidence float64) int {
	mix := c.last
	if c.n == 0 || budget <= 0 {
		return budget
	}
	if mix.Total() <= 0 { // of an older format, which did not keep it
		mix = Mix{Prose: 1}
	}
	lo, hi := 0, min(mostRoom*budget, mostTokens)
	for lo < hi {
		mid := lo + (hi-lo+1)/2
		if c.Upper(mix.scaled(mid), confidence) <= budget {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// quantile returns how many standard deviations above the mean a normal
// variable stays below with that probability: from a table, since computing it
// is not exactly rounded everywhere.
func quantile(p float64) float64 {
	for _, q := range [...]struct{ p, z float64 }{
		{0.5, 0}, {0.8, 0.8417}, {0.9, 1.2816}, {0.95, 1.6449},
		{0.99, 2.3264}, {0.995, 2.5759}, {0.999, 3.0903},
	} {
		if p <= q.p {
			return q.z
		}
	}
	return 3.7191
}

// toInt rounds down and stays within int.
func toInt(x float64) int {
	switch {
	case x >= math.MaxInt:
		return math.MaxInt
	case !(x > 0):
		return 0
	}
	return int(x)
}

// sound says whether everything is a number that can be gone on with.
func (c *Calibration) sound() bool {
	for _, x := range c.mean {
		if !finite(x) {
			return false
		}
	}
	for _, x := range c.cov {
		if !finite(x) {
			return false
		}
	}
	return finite(c.held) && c.spread > 0 && c.tail >= 1 && finite(c.spread) && finite(c.tail)
}

// String describes the calibration in one line:
// "prose ×1.213, code ×1.180, … +350 -12; spread 0.080, tail 1.50 (n=40)".
func (c Calibration) String() string {
	d := c.set()
	s := ""
	for i, name := range classNames {
		s += fmt.Sprintf("%s ×%.3f, ", name, d.mean[i])
	}
	return fmt.Sprintf("%s%+.0f %+.0f; spread %.3f, tail %.2f (n=%d)", s, d.mean[constant], d.mean[drift], d.spread, d.tail, d.n)
}
