package engine

import "math"

// Row is what was measured of a stretch of calls. Shares are of what was reported.
type Row struct {
	Calls string `json:"calls"`
	N     int    `json:"n"`
	Input int    `json:"input"` // tokens reported
	// Error is the mean absolute error of the estimates, Worst the largest one.
	Error float64 `json:"error"`
	Worst float64 `json:"worst"`
	// Over is how many calls were reported above their bound, of those that had one.
	Over    int `json:"over"`
	Bounded int `json:"bounded"`
	// Cached and Reads are what the cache had and what was predicted of it, in tokens;
	// -1 where the server's log was not at hand.
	Cached int `json:"cached"`
	Reads  int `json:"reads"`
	// Near is how many calls were within 5% of what was reported, in both: input, and
	// what is read as a share of the input. WorstRead is the worst of the latter.
	Near      int     `json:"near"`
	WorstRead float64 `json:"worstRead"`
}

// add takes a call into the row.
func (r *Row) add(c Call) {
	input := float64(c.Input)
	off := math.Abs(float64(c.Estimate)-input) / input
	r.Error = (r.Error*float64(r.N) + off) / float64(r.N+1)
	r.Worst = max(r.Worst, off)
	r.N++
	r.Input += c.Input
	if c.Bound > 0 {
		r.Bounded++
		if c.Input > c.Bound {
			r.Over++
		}
	}
	r.Reads += c.Reads
	missed := 0.0
	if c.Cached < 0 {
		r.Cached = -1
	} else {
		r.Cached += c.Cached
		missed = math.Abs(float64(c.Reads-c.Cached)) / input
		r.WorstRead = max(r.WorstRead, missed)
	}
	if off <= 0.05 && missed <= 0.05 {
		r.Near++
	}
}

// stretches are those that a life is told in.
var stretches = []struct {
	name     string
	from, to int
}{{"1-5", 1, 5}, {"6-20", 6, 20}, {"21-50", 21, 50}, {"51-", 51, math.MaxInt}, {"all", 1, math.MaxInt}}

// Rows sums up the calls of a life.
func Rows(calls []Call) []Row {
	var out []Row
	for _, s := range stretches {
		r := Row{Calls: s.name}
		for i, c := range calls {
			if s.from <= i+1 && i+1 <= s.to {
				r.add(c)
			}
		}
		if r.N > 0 {
			out = append(out, r)
		}
	}
	return out
}
