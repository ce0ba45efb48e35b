package price

import "time"

// CostModel is what a provider charges for input, and when it remembers a
// prefix. Prices are in units of one uncached input token; in money they are those
// of a [Tariff]. It is data: package models has the ones that ship.
//
// The zero CostModel is a model that costs nothing, and whose cache finds any
// prefix for ever.
type CostModel struct {
	Name     string `json:"name"`
	Provider string `json:"provider"`

	Read     float64 `json:"read"`     // for a token read from the cache
	Write    float64 `json:"write"`    // for a token written to it
	Uncached float64 `json:"uncached"` // for any other input token; 0 means 1, unless Read and Write are 0 too
	Output   float64 `json:"output"`   // for an output token; 0: unknown

	Quantum   int           `json:"quantum"`   // a cached prefix is a multiple of this many tokens; 0 means 1
	MinPrefix int           `json:"minPrefix"` // shorter prefixes are never cached
	TTL       time.Duration `json:"ttl"`       // life of an entry since its last use; 0: unknown, taken as unlimited
	// LongTTL is a longer life that a mark may ask for, and LongWrite the price of a
	// token that is written for it; 0: there is none. Marks for it come before all
	// others. An entry has the life that it was written for, and
	// reading it never changes that.
	LongTTL   time.Duration `json:"longTTL,omitzero"`
	LongWrite float64       `json:"longWrite,omitzero"`
	// Layered: an entry lasts no longer than the one that was read when it was written, so
	// that a longer life has to be bought from the beginning of a prompt on. No source says
	// so of a provider, and none denies it. What reading lets live anew besides the entry
	// that is read is not followed.
	Layered bool `json:"layered,omitzero"`
	// Exact: only prefixes on which an earlier request ended an entry can be
	// read. Otherwise any common prefix can.
	Exact bool `json:"exact"`
	// Units: beside Exact, the provider ends entries by itself: one at the end of
	// each request, and one where a request and an earlier one part, for the
	// requests after that which go on in the same way. They are read wherever the marks are. A mark only says that the
	// request ends there: set none when anything stands behind the last boundary.
	// Nothing is billed for writing.
	Units bool `json:"units,omitzero"`
	// Marks is how many entries one request may write; 0: no limit. Of more
	// marks than that, the last ones count.
	Marks int `json:"marks"`
	// Lookback is how many positions a mark looks at for an older entry, itself
	// included; 0: no limit. A position is a content block.
	Lookback int `json:"lookback"`

	// InTime: the prices are in time, for an engine of one's own: a unit is the time in
	// which it takes in one token that is not in its cache. In money it costs nothing.
	InTime bool `json:"inTime,omitzero"`
	// Sharers is how many callers use the cache in turn where it holds the last one's
	// prompt only, as a slot of an engine does; 0 and 1: it is the caller's own. What the
	// provider reports is believed more: see compose.State.Report.
	Sharers int `json:"sharers,omitzero"`

	Steps  []Step `json:"steps,omitzero"`
	Source string `json:"source"`
	Date   string `json:"date"` // of the source, YYYY-MM-DD
}

// Step multiplies the whole bill of a request with more than Above input
// tokens. Of several that apply, the one with the largest Above does.
type Step struct {
	Above  int     `json:"above"`
	Factor float64 `json:"factor"`
}

// Cost is the price of one request's input, by price class, in units of one
// uncached input token, with the step that its size falls under.
func (c CostModel) Cost(read, write, uncached int) float64 {
	base := float64(read)*c.Read + float64(write)*c.Write + float64(uncached)*c.uncached()
	return base * c.factor(read+write+uncached)
}

func (c *CostModel) uncached() float64 {
	if c.Uncached == 0 && (c.Read != 0 || c.Write != 0) {
		return 1
	}
	return c.Uncached
}

func (c *CostModel) factor(total int) float64 {
	factor, above := 1.0, -1
	for _, s := range c.Steps {
		if total > s.Above && s.Above > above {
			factor, above = s.Factor, s.Above
		}
	}
	return factor
}
