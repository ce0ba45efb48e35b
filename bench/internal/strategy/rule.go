package strategy

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// Rule is what a provider charges and allows.
type Rule struct {
	Name string
	Cost price.CostModel
	API  quire.API
	// Model picks the provider's row.
	Model string
}

// Row is what the provider allows of a prompt.
func (r *Rule) Row() models.Dialect { return models.FindOver(r.API, r.Model).Dialect }

// Rules lists the price rules of the bench, the first one first.
func Rules() ([]Rule, error) {
	rules := []Rule{
		{Name: "claude", API: quire.APIAnthropic, Model: "claude-opus-5"},
		{Name: "claude opus 4.6", API: quire.APIAnthropic, Model: "claude-opus-4-6"},
		{Name: "claude opus 5.5", API: quire.APIAnthropic, Model: "claude-opus-5-5"},
		{Name: "gpt-5", API: quire.APIOpenAIChat, Model: "gpt-5"},
		{Name: "gpt-5.6", API: quire.APIOpenAIChat, Model: "gpt-5.6"},
		{Name: "gpt-4o", API: quire.APIOpenAIChat, Model: "gpt-4o"},
	}
	for i := range rules {
		p, known := models.Find(rules[i].Model)
		if !known {
			return nil, fmt.Errorf("no model %s", rules[i].Model)
		}
		cost := p.Cache
		cost.LongTTL, cost.LongWrite = 0, 0 // one life: what choosing is worth, bench gaps says
		rules[i].Cost = cost
	}
	return append(rules,
		Rule{Name: "blocks of 16", API: quire.APIOpenAIChat, Model: "local",
			Cost: price.CostModel{Name: "blocks of 16", Read: 0.1, Write: 1, Uncached: 1, Quantum: 16}},
		Rule{Name: "free reads", API: quire.APIOpenAIChat, Model: "local",
			Cost: price.CostModel{Name: "free reads", Write: 1, Uncached: 1, Quantum: 16}}), nil
}

// Setting is under what a life is composed.
type Setting struct {
	Rule   Rule
	Budget int
	Deaths Deaths
}

// Deaths says who decides what is not needed any more.
type Deaths string

// The deciders.
const (
	Oracle  Deaths = "oracle"  // the trace
	Default Deaths = "default" // the default policy
	None    Deaths = "none"    // nobody: only the budget makes things leave
)
