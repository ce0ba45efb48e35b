package look

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/price"
)

// Spent is what calls of one kind took and cost.
type Spent struct {
	Day     string        `json:"day,omitempty"` // in UTC, as providers bill
	Agent   quire.Address `json:"agent,omitempty"`
	Model   string        `json:"model,omitempty"`
	Calls   int           `json:"calls"`
	Input   int           `json:"input"`
	Cached  int           `json:"cached"`
	Output  int           `json:"output"`
	Money   price.Money   `json:"money"`
	Unknown int           `json:"unknown"` // calls that are not in money
	Failed  int           `json:"failed"`
}

// Add adds what b took; what a is about stays.
func (a *Spent) Add(b *Spent) {
	a.Calls += b.Calls
	a.Input += b.Input
	a.Cached += b.Cached
	a.Output += b.Output
	a.Money = a.Money.Plus(b.Money)
	a.Unknown += b.Unknown
	a.Failed += b.Failed
}

// SpentIn is what one call took, and those that failed before it, each by day and model.
// A call that was made before from is left out.
func SpentIn(rec *compose.Receipt, from time.Time) []Spent {
	var out []Spent
	day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
	for i := range rec.Failed {
		if f := &rec.Failed[i]; !f.Time.Before(from) {
			out = append(out, Spent{Day: day(f.Time), Model: ModelOf(f), Failed: 1})
		}
	}
	if rec.Time.Before(from) {
		return out
	}
	u := rec.Usage
	one := Spent{Day: day(rec.Time), Model: ModelOf(rec), Calls: 1, Input: u.Input, Cached: u.CachedInput, Output: u.Output}
	if money, known := Pay(rec.Setup, u); known {
		one.Money = money
	} else {
		one.Unknown = 1
	}
	if u.Input <= 0 {
		one.Input = rec.Used
	}
	return append(out, one)
}

// SpentBy adds up an agent's calls by day and model, in their order.
func SpentBy(ctx context.Context, s *mailbox.Store, addr quire.Address, from time.Time) ([]Spent, error) {
	_, st, err := State(ctx, s, addr)
	if err != nil {
		return nil, err
	}
	var rows []Spent
	err = Receipts(ctx, s, addr, 1, st.Calls(), func(rec *compose.Receipt) error {
		for _, one := range SpentIn(rec, from) {
			one.Agent = addr
			rows = Gather(rows, &one)
		}
		return nil
	})
	return rows, err
}

// Gather adds one to the row that is about the same, or makes a new one.
func Gather(rows []Spent, one *Spent) []Spent {
	for i := len(rows) - 1; i >= 0; i-- {
		if r := &rows[i]; r.Day == one.Day && r.Model == one.Model && r.Agent == one.Agent {
			r.Add(one)
			return rows
		}
	}
	return append(rows, *one)
}
