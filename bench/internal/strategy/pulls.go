package strategy

import "github.com/quire-dev/quire/price"

// pullOutput is what a model puts out to pull one message, in tokens, and
// pullFraming what the call and the result take beside the message.
const (
	pullOutput  = 40
	pullFraming = 60
)

// pulls charges what an answer names that is not in its prompt as the pulls that
// bring it back, all of a call in one extra call: that reads the prompt once more,
// puts out each pull, and what comes is written. It is read again in each later call
// until the strategy's next cut, when it is gone again. All strategies pay by these
// same rules, whatever their prompts are made of.
type pulls struct {
	c    *Case
	held map[int32]bool // items that were pulled since the last cut
	read int            // their tokens
}

func newPulls(c *Case) *pulls { return &pulls{c: c, held: map[int32]bool{}} }

// charge settles one call. cut says that something left before it, and prompt is
// what it took, in tokens.
func (p *pulls) charge(out *Outcome, t int, cut bool, prompt int, stands *standing) {
	if cut {
		clear(p.held)
		p.read = 0
	}
	cost := &p.c.Setting.Rule.Cost
	charge := cost.Read * float64(p.read)
	pulled, tokens := 0, 0
	for i := range p.c.Life.Calls[t].Named {
		n := &p.c.Life.Calls[t].Named[i]
		if stands.shows(n) || holds(n.In, func(i int32) bool { return p.held[i] }) {
			continue
		}
		newest := n.In[len(n.In)-1]
		p.held[newest] = true
		tokens += p.c.Sizes.Tokens[newest]
		pulled++
	}
	if pulled > 0 {
		p.read += tokens
		charge += cost.Read*float64(prompt) + output(cost)*pullOutput*float64(pulled) + cost.Write*float64(tokens+pullFraming*pulled)
	}
	out.Pulls += pulled
	out.PullCost += charge
	out.PullTotals = append(out.PullTotals, out.PullCost)
}

// output is the price of an output token, in units of one uncached input token.
func output(cost *price.CostModel) float64 {
	if cost.Output > 0 {
		return cost.Output
	}
	return outputPrice
}
