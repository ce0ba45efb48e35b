package emulate

import (
	"time"

	"github.com/quire-dev/quire/price"
)

// Engine is the way a cache works. The package comment has the rules.
type Engine uint8

// The engines.
const (
	Common      Engine = iota // any prefix in common: OpenAI before GPT-5.6, Gemini, vLLM
	Marked                    // Anthropic
	Breakpoints               // OpenAI from GPT-5.6 on
	Units                     // DeepSeek
)

// Life is a lifetime that a mark may ask for, and the price of a write for it.
type Life struct {
	TTL   time.Duration // 0: unlimited
	Write float64
}

// Rules are those of one provider and model. They are data; [For] fills them.
type Rules struct {
	Engine Engine
	// Cost has the prices and their steps, the shortest prefix, and, for [Common],
	// Quantum as the interval. Its Marks and Lookback hold for [Marked]; Write and
	// TTL hold where Lives is empty.
	Cost price.CostModel
	// Lives are the lifetimes on offer, shortest first. A mark gets the shortest
	// that is not shorter than what it asks for, or the longest.
	Lives []Life
	// EachBlock: runs of calls and of results are not one position; as at
	// gateways that count every block.
	EachBlock bool
	// Hidden is how many tokens the provider puts before the request; intervals
	// are counted from their beginning. They are neither reported nor billed.
	Hidden int
	// Report is what reported reads are rounded down to a multiple of; 0 means 1.
	Report int
	// Interval is the distance in tokens of the units that [Units] persists by
	// itself; 0: none.
	Interval int
	Unstated Unstated
}

// Unstated has what no source says. What [For] fills in is what [ledger.Ledger] goes
// by. Only [Marked] and [Breakpoints] ask.
type Unstated struct {
	// RefreshInside: reading a prefix refreshes the entries inside of it that the
	// request does not mark. Nothing says so, nothing denies it.
	RefreshInside bool
	// MarkLeaves: a mark inside of what was read leaves an entry where there is
	// none. "Marking a block writes one entry" says so; that writes are billed
	// beyond the hit only speaks against it.
	MarkLeaves bool
	// MarkIdle: a mark inside of what was read does not refresh the entry that it
	// stands on. The advice to mark the system prompt, as a read point that
	// outlives whatever comes later, speaks against it.
	MarkIdle bool
	// Layered: an entry that was written behind one that was read stands on it, and can
	// be read only as long as that one is alive; reading it lets both live anew. So an
	// hour has to be bought from the beginning of a prompt on. That longer lives have to
	// come first in a request speaks for it; that each mark leaves an entry of the whole
	// prefix, and that writes are billed beyond the hit only, speaks against it.
	Layered bool
}

// For returns the rules that a cost model stands for. A model
// of one's own gets those of its Provider; of an unknown one, those of
// Anthropic when it is Exact, and [Common] otherwise.
func For(c price.CostModel) Rules {
	r := Rules{Cost: c, Unstated: Unstated{Layered: c.Layered}}
	switch {
	case c.Units:
		r.Engine = Units
	case c.Exact && c.Provider == "openai":
		r.Engine = Breakpoints
	case c.Exact:
		r.Engine = Marked
		switch {
		case c.LongTTL > 0:
			r.Lives = []Life{{c.TTL, c.Write}, {c.LongTTL, c.LongWrite}}
		case c.Provider == "anthropic":
			r.Lives = []Life{{5 * time.Minute, 1.25}, {time.Hour, 2}}
		}
	case c.Provider == "openai":
		r.Report = 128
	}
	return r
}

// lives returns the lifetimes on offer.
func (r *Rules) lives() []Life {
	if len(r.Lives) > 0 {
		return r.Lives
	}
	return []Life{{r.Cost.TTL, r.Cost.Write}}
}

// life returns which of the lifetimes a mark gets.
func (r *Rules) life(asked time.Duration) int {
	all := r.lives()
	for i, l := range all {
		if l.TTL >= asked || l.TTL <= 0 {
			return i
		}
	}
	return len(all) - 1
}
