package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
)

// Calibration is what a provider's reported usage has taught about an
// estimate: by what ratio to correct it, and how far off it may still be. It
// is an immutable value, one for each model and way of counting (and content
// class, where the caller can tell them apart); part of a composer's state.
//
// The zero value corrects nothing and expects errors of a quarter. Equal
// observations in equal order give equal values, bit for bit, on every
// machine: the arithmetic is of the exactly rounded kind only.
type Calibration struct {
	N      int     `json:"n"`      // observations taken in
	Ratio  float64 `json:"ratio"`  // reported by estimated; 0 stands for 1
	Spread float64 `json:"spread"` // standard deviation of that ratio; 0 stands for the prior
	Weight float64 `json:"weight"` // of what Ratio rests on, in full observations; at most 32
}

// What a Calibration starts from and how fast it learns.
const (
	priorSpread = 0.25 // before any observation: counts may well be off by a quarter
	priorRatioW = 0.1  // what the prior ratio of 1 weighs beside a full observation
	priorSprdW  = 0.5  // the same for the prior spread
	maxWeight   = 32.0 // older observations fade: about the last 32 count
	fullSize    = 512  // estimated tokens from which on an observation weighs 1
	outlier     = 4.0  // spreads beyond which an observation is pulled in
	leastSpread = 0.002
	mostRatio   = 64.0
)

// Seeded returns a calibration that expects a ratio before anything was
// observed: what others report of a model. A spread of 0 is the prior one.
func Seeded(ratio, spread float64) Calibration {
	return Calibration{Ratio: ratio, Spread: spread}
}

// norm puts the numbers in for the zeros that stand for them, and bounds them.
func (c Calibration) norm() Calibration {
	if !(c.Ratio > 0) { // not a number, too
		c.Ratio = 1
	}
	if !(c.Spread > 0) {
		c.Spread = priorSpread
	}
	if !(c.Weight > 0) {
		c.Weight = 0
	}
	c.Ratio = max(1.0/mostRatio, min(mostRatio, c.Ratio))
	c.Spread = max(leastSpread, min(mostRatio, c.Spread))
	c.Weight = min(maxWeight, c.Weight)
	return c
}

// Observe takes in that a prompt estimated at so many tokens was reported as
// so many, all input counted, read from a cache or not. Small prompts weigh
// less, old ones fade, and one that is far off is pulled in, so that a single
// wrong report moves little while a lasting change is followed. Numbers that
// are not positive are ignored.
func (c Calibration) Observe(estimated, reported int) Calibration {
	if estimated <= 0 || reported <= 0 {
		return c
	}
	c = c.norm()
	w := min(1, float64(estimated)/fullSize)
	off := float64(reported)/float64(estimated) - c.Ratio
	if c.N > 0 { // the first one corrects the prior, and may be far from it
		limit := float64(outlier * c.Spread)
		off = max(-limit, min(limit, off))
		gain := w / (max(c.Weight, w) + priorSprdW)
		was := float64(c.Spread * c.Spread)
		c.Spread = math.Sqrt(was + float64(gain*(float64(off*off)-was)))
	}
	// The conversions keep compilers from joining product and sum into one
	// operation that rounds differently.
	c.Ratio += float64(off * w / (c.Weight + priorRatioW + w))
	c.Weight += w
	c.N++
	return c.norm()
}

// Apply returns the likely real tokens of an estimated sum: the nearest whole
// number. Apply it to sums, not to their terms, or roundings add up.
func (c Calibration) Apply(sum int) int {
	return toInt(float64(float64(sum)*c.norm().Ratio) + 0.5)
}

// Upper returns a number of tokens that the real ones of an estimated sum do
// not exceed, with at least the given confidence (0.99) if deviations are
// about normal; it is never less than Apply. Confidence goes in steps (see
// [Calibration.Margin]) and at most to 0.9999.
func (c Calibration) Upper(sum int, confidence float64) int {
	c = c.norm()
	up := toInt(math.Ceil(float64(float64(sum) * (c.Ratio + c.Margin(confidence)))))
	return max(up, c.Apply(sum))
}

// Margin returns what to add to Ratio for an upper bound at that confidence.
// It takes the next higher of 0.5, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999 and
// 0.9999, and is wider while few observations are in.
func (c Calibration) Margin(confidence float64) float64 {
	c = c.norm()
	// The ratio itself is uncertain by Spread²/Weight.
	return float64(float64(quantile(confidence)*c.Spread) * math.Sqrt(1+1/(c.Weight+1)))
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

// String describes the calibration in one line: "×1.213 ±0.018 (n=40)".
func (c Calibration) String() string {
	d := c.norm()
	return fmt.Sprintf("×%.3f ±%.3f (n=%d)", d.Ratio, d.Spread, d.N)
}

const calibrationVersion = 1

// plainCalibration has Calibration's fields without its methods.
type plainCalibration Calibration

type calibrationJSON struct {
	V int `json:"v"`
	plainCalibration
}

// MarshalJSON writes the calibration as versioned data.
func (c Calibration) MarshalJSON() ([]byte, error) {
	return json.Marshal(calibrationJSON{calibrationVersion, plainCalibration(c)})
}

// UnmarshalJSON reads what MarshalJSON wrote. Data of another version is a
// [*CalibrationVersionError]; starting again from the zero value is then safe.
func (c *Calibration) UnmarshalJSON(b []byte) error {
	var j calibrationJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("tokenizer: calibration: %w", err)
	}
	if j.V != calibrationVersion {
		return &CalibrationVersionError{Version: j.V}
	}
	*c = Calibration(j.plainCalibration)
	return nil
}

// CalibrationVersionError says that a calibration is of a version that this
// program does not know.
type CalibrationVersionError struct{ Version int }

func (e *CalibrationVersionError) Error() string {
	return fmt.Sprintf("tokenizer: calibration of version %d, this program reads %d", e.Version, calibrationVersion)
}
