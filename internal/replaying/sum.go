package replaying

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

// Totals are the sums over many calls.
type Totals struct {
	Calls             int
	Recorded          quire.Usage
	Whole, Sent, Kept int
	WholeBill, Bill   price.Bill
	Left, LeftTokens  int
	Cuts              int // calls in which something left
	Recall            Recall
	Violations        int // of the providers' rules
	Over              int // prompts that did not fit the budget
	Failed            int // calls with either
}

// Sum adds up the calls of results.
func Sum(results ...*Result) Totals {
	var t Totals
	for _, r := range results {
		for i := range r.Calls {
			t.add(&r.Calls[i])
		}
	}
	return t
}

func (t *Totals) add(c *Call) {
	t.Calls++
	t.Recorded.Input += c.Recorded.Input
	t.Recorded.CachedInput += c.Recorded.CachedInput
	t.Recorded.CacheWrite += c.Recorded.CacheWrite
	t.Recorded.Output += c.Recorded.Output
	t.Whole += c.Whole
	t.Sent += c.Sent
	t.Kept += c.Kept
	t.Bill = t.Bill.Add(c.Bill)
	t.WholeBill = t.WholeBill.Add(c.WholeBill)
	t.Left += c.Left
	t.LeftTokens += c.LeftTokens
	t.Recall.add(c.Recall)
	t.Violations += len(c.Violations)
	if c.Left > 0 {
		t.Cuts++
	}
	if c.Over {
		t.Over++
	}
	if c.Over || len(c.Violations) > 0 {
		t.Failed++
	}
}
