package models

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// Profile is what is known of a model. It is data, and a copy is the caller's.
type Profile struct {
	Name   string `json:"name"`   // as requests name it
	Vendor string `json:"vendor"` // who made it, or the engine that runs it; "" when unknown

	Dialect Dialect           `json:"dialect"`
	Framing tokenizer.Framing `json:"framing"`

	Window int `json:"window"` // tokens of input and output together; 0: unknown
	Output int `json:"output"` // the most tokens of one answer; 0: unknown

	// Cache is how the provider's cache works. Lasting is how it does where all that is
	// marked or kept is asked to live longer; zero: there is no longer life.
	Cache   price.CostModel `json:"cache"`
	Lasting price.CostModel `json:"lasting,omitzero"`
	Tariff  price.Tariff    `json:"tariff"`

	// Tokenizer names a public vocabulary ("o200k_base"), or what
	// [tokenizer.Estimate] knows over o200k_base; "": unknown.
	Tokenizer string `json:"tokenizer"`

	// What a call asks for: tokens for the answer, and for reasoning. The catalogue
	// leaves both at 0: the provider decides.
	MaxOutput int `json:"maxOutput,omitzero"`
	Thinking  int `json:"thinking,omitzero"`

	// Unknown names the fields that no source says: "window", "output", "cache",
	// "tariff", "tokenizer".
	Unknown []string `json:"unknown,omitzero"`
	// Note says how the name was taken, where the catalogue does not have it.
	Note string `json:"note,omitzero"`

	Source string `json:"source"` // of window, output and prices; the other parts have their own
	Date   string `json:"date"`   // of the source, YYYY-MM-DD
}

// Room is how many tokens the input of a request may have: the window less what is
// reserved for the answer and for reasoning. Where a call asks for no number of tokens,
// the longest answer is reserved, but at most a quarter of the window. 0: unknown.
func (p *Profile) Room() int {
	out := p.MaxOutput
	if out <= 0 {
		out = min(p.Output, p.Window/4)
	}
	return max(0, p.Window-out-p.Thinking)
}

// Over returns the profile of the model behind another API than its own, such as a
// gateway's: with the dialect and the framing of that API. What the model costs there is
// the gateway's business; the profile still has the vendor's prices.
func (p Profile) Over(api quire.API) Profile {
	if p.Dialect.API != api {
		over := FindOver(api, p.Name)
		p.Dialect, p.Framing = over.Dialect, over.Framing
	}
	return p
}
