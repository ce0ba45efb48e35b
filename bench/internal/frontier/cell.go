package frontier

import (
	"cmp"
	"slices"
)

// Base is the strategy that all are held against: it starts over when the budget is full.
const Base = "append-reset"

// Cell is what the strategies made of one trace under one budget, by one rule of prices
// and one way to know what is dead.
type Cell struct {
	Trace  string
	Budget int // tokens
	Rule   string
	Deaths string
	Points []Point
}

// Point is one strategy in a cell. Totals are in units of one uncached input token.
type Point struct {
	Strategy string
	// Plain: anybody could do it. Judged: it is held against the cheapest plain one
	// that keeps as much.
	Plain, Judged bool
	Total         float64  // a call
	Body          *float64 // body recall, 0 to 1; nil: no answer names anything
	BodyTokens    *float64 // the same by tokens
	// Units are the totals of what is independent, or nearly: of the lives, or of
	// blocks of calls of the only one. They are in the same order in all points.
	Units []float64
}

// Row is one strategy of a cell, as it is printed.
type Row struct {
	Trace      string   `json:"trace"`
	Budget     int      `json:"budget"`
	Rule       string   `json:"rule"`
	Deaths     string   `json:"deaths"`
	Strategy   string   `json:"strategy"`
	Plain      bool     `json:"plain"`
	Total      float64  `json:"total"`      // a call
	OverBase   float64  `json:"over_reset"` // total over append-reset's
	Low        *float64 `json:"low"`        // 95% of the resamples of over_reset lie between; null: too few units
	High       *float64 `json:"high"`
	Body       *float64 `json:"body_recall"`
	BodyTokens *float64 `json:"body_tokens"`
	OverPlain  *float64 `json:"over_plain"`     // total over the cheapest plain strategy's that keeps as much; null: none does, or not asked
	Cheapest   string   `json:"cheapest_plain"` // that strategy's name

	judged bool
}

// Rows lists the strategies of a cell, the cheapest first.
func (c *Cell) Rows() []Row {
	k := slices.IndexFunc(c.Points, func(p Point) bool { return p.Strategy == Base })
	if k < 0 {
		return nil
	}
	base := &c.Points[k]
	draws := resamples(len(base.Units))
	var out []Row
	for i := range c.Points {
		p := &c.Points[i]
		r := Row{Trace: c.Trace, Budget: c.Budget, Rule: c.Rule, Deaths: c.Deaths, Strategy: p.Strategy, Plain: p.Plain, Total: p.Total,
			OverBase: p.Total / base.Total, Body: p.Body, BodyTokens: p.BodyTokens, judged: p.Judged}
		if low, high, ok := interval(draws, p.Units, base.Units); ok {
			r.Low, r.High = &low, &high
		}
		if best := c.cheapest(p); p.Judged && best != nil {
			over := p.Total / best.Total
			r.OverPlain, r.Cheapest = &over, best.Strategy
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Row) int { return cmp.Compare(a.Total, b.Total) })
	return out
}

// cheapest is the plain strategy with the least total of those with at least p's body
// recall: picked knowing what each came to. nil when there is none.
func (c *Cell) cheapest(p *Point) *Point {
	var best *Point
	for i := range c.Points {
		q := &c.Points[i]
		if q.Plain && p.Body != nil && q.Body != nil && *q.Body >= *p.Body && (best == nil || q.Total < best.Total) {
			best = q
		}
	}
	return best
}
