package strategy

import "github.com/quire-dev/quire/price"

// Outcome is what a strategy made of a life, summed over its calls.
type Outcome struct {
	Calls   int
	Cost    float64 // of input, and of what summaries put out
	Input   int64   // tokens
	Read    int64   // of them, from the cache
	Live    int64   // tokens that were needed, summed over the calls
	Missing int64   // of them, not in the prompt
	Named   int     // identifiers that answers took from what stood earlier
	Name    int     // of them, in the prompt
	Body    int     // of them, in a message that was kept
	// Tokens of the messages that answers took identifiers from, each once a call.
	NamedTokens int64
	BodyTokens  int64   // of them, of messages that stood whole
	Pulls       int     // messages that answers needed and the prompt did not have
	PullCost    float64 // of bringing them back; not in Cost
	Violations  int     // of the provider's rules
	Over        int     // prompts over the budget
	Problems    []string
	// Totals is the cost so far after each call, of one life: Add leaves it alone.
	Totals []float64
	// PullTotals is PullCost so far, likewise.
	PullTotals []float64
}

// Add sums up two outcomes.
func (o *Outcome) Add(p *Outcome) {
	o.Calls += p.Calls
	o.Cost += p.Cost
	o.Input += p.Input
	o.Read += p.Read
	o.Live += p.Live
	o.Missing += p.Missing
	o.Named += p.Named
	o.Name += p.Name
	o.Body += p.Body
	o.NamedTokens += p.NamedTokens
	o.BodyTokens += p.BodyTokens
	o.Pulls += p.Pulls
	o.PullCost += p.PullCost
	o.Violations += p.Violations
	o.Over += p.Over
	for _, s := range p.Problems {
		o.problem(s)
	}
}

// maxProblems is how many problems are kept: the first ones tell.
const maxProblems = 5

func (o *Outcome) problem(s string) {
	if len(o.Problems) < maxProblems {
		o.Problems = append(o.Problems, s)
	}
}

func (o *Outcome) bill(b price.Bill, budget int) {
	o.Calls++
	o.Cost += b.Cost
	o.Input += int64(b.Input())
	o.Read += int64(b.Read)
	o.Totals = append(o.Totals, o.Cost)
	if b.Input() > budget {
		o.Over++
	}
}
