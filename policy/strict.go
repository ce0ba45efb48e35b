package policy

// Strict keeps all until the budget is passed, and then lets go just enough:
// first what is dead, from the end of the log on, since what stands behind a cut
// is what it costs; then victims in the policy's order. It is what the composer
// falls back to. A bill under it is high: each call that is over pays for a cut.
type Strict struct{}

// name returns "strict".
func (Strict) name() string { return "strict" }

// Live says whether the view is over its budget.
func (Strict) Live(v *View) bool { return v.Over > 0 }

// Next returns no cut unless v.Over is positive.
func (Strict) Next(v *View, victims []Victim) Cut {
	if v.Over <= 0 {
		return noCut(v)
	}
	c := newCutting(v, victims)
	for i := len(v.Units) - 1; i >= 0 && c.tally.Freed() < v.Over; i-- {
		if c.dead[i] {
			c.tally.Add(Victim{Unit: i, Dead: true})
		}
	}
	return c.live(victims, v.Over, 0, "over budget")
}
