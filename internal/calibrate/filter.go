package calibrate

import "math"

// dims is the number of things a Calibration learns: a ratio for each class of a
// [Mix], the constant that stands for what nobody counts, and the drift, which
// stands for what the ratios don't explain of the content that stands now.
const (
	dims     = 10
	constant = dims - 2
	drift    = dims - 1
)

// firstOdd is the first class whose counts are guessed.
const firstOdd = 5

var classNames = [constant]string{"prose", "code", "structured", "wide", "tools", "images", "data", "framing"}

// vector has a Mix's classes in order, and 1 for the constant and the drift.
type vector [dims]float64

func (m Mix) vector() vector {
	v := vector{float64(m.Prose), float64(m.Code), float64(m.Structured), float64(m.Wide),
		float64(m.Tools), float64(m.Images), float64(m.Data), float64(m.Framing), 1, 1}
	for i := range v {
		v[i] = max(0, v[i])
	}
	return v
}

// scaled returns a mix like m, of about total tokens.
func (m Mix) scaled(total int) Mix {
	k := float64(total) / float64(m.Total())
	part := func(n int) int { return int(math.Round(float64(float64(n) * k))) }
	return Mix{Prose: part(m.Prose), Code: part(m.Code), Structured: part(m.Structured), Wide: part(m.Wide),
		Tools: part(m.Tools), Images: part(m.Images), Data: part(m.Data), Framing: part(m.Framing)}
}

// Sums and products are rounded one by one, in one order: the conversions keep
// compilers from joining a product and a sum into one operation that rounds
// differently.

func (a *vector) dot(b *vector) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

// covariance is a symmetric matrix: its lower triangle, row by row.
type covariance [dims * (dims + 1) / 2]float64

func at(i, j int) int {
	if i < j {
		i, j = j, i
	}
	return i*(i+1)/2 + j
}

func (p *covariance) times(h *vector) vector {
	var out vector
	for i := range out {
		sum := 0.0
		for j := range h {
			sum += float64(p[at(i, j)] * h[j])
		}
		out[i] = sum
	}
	return out
}

// fade lets the drift lose what stood for content that left.
func (p *covariance) fade(f float64) {
	for i := range dims {
		p[at(i, drift)] = float64(p[at(i, drift)] * f)
	}
	p[at(drift, drift)] = float64(p[at(drift, drift)] * f)
}

// learn takes in one exact sum: the state moves by gain × off, and what is no
// longer uncertain leaves the covariance. ph is p × h, s its variance.
func (p *covariance) learn(mean, ph *vector, s, off float64) {
	for i := range mean {
		mean[i] += float64(float64(ph[i]/s) * off)
	}
	for i := range dims {
		for j := range i + 1 {
			p[at(i, j)] -= float64(float64(ph[i]/s) * ph[j])
		}
	}
	for i := range dims { // rounding must not make a variance negative
		p[at(i, i)] = max(p[at(i, i)], leastVariance)
	}
}

const leastVariance = 1e-9

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
