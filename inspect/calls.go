package inspect

import (
	"cmp"
	"context"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/price"
)

// callsAtOnce is how many calls stand on a page.
const callsAtOnce = 50

// callRow is a call as a row.
type callRow struct {
	compose.Receipt
	Model   string
	Money   price.Money
	Known   bool // Money is
	Check   compose.CacheCheck
	Stood   int      // of Kept, in the tokens that the provider counts
	NotRead int      // likewise: of the call before, those that were not read from the cache
	Gone    []reason // what left in it, by reason
	GoneIDs []quire.UID
}

// Input is what the call took in, as reported or else as counted.
func (c *callRow) Input() int {
	if c.Usage.Input > 0 {
		return c.Usage.Input
	}
	return c.Used
}

// Promised is what was to be read from the cache, in the tokens that the provider counts.
func (c *callRow) Promised() int { return c.Input() * c.Check.Promised / 100 }

// Lost says that much was not read which stood in the call before.
func (c *callRow) Lost() bool { return c.NotRead*10 > c.Input() }

// Reason is why most of what left did so; the others are counted.
func (c *callRow) Reason() string {
	if len(c.Gone) == 0 {
		return ""
	}
	most := slices.MaxFunc(c.Gone, func(a, b reason) int { return cmp.Compare(a.Tokens, b.Tokens) })
	s := look.Line(most.Why, 60)
	if others := len(c.Gone) - 1; others > 0 {
		s += " and " + plural(others, "other reason", "other reasons")
	}
	return s
}

// GoneTokens is how many tokens left.
func (c *callRow) GoneTokens() (sum int) {
	for i := range c.Gone {
		sum += c.Gone[i].Tokens
	}
	return sum
}

// Reported says whether the provider reported what it took.
func (c *callRow) Reported() bool { return c.Usage != (quire.Usage{}) }

// callsUpTo reads the calls up to one, at most n, the newest first.
func (h *Handler) callsUpTo(ctx context.Context, addr quire.Address, last uint64, n int) ([]callRow, error) {
	from := uint64(1)
	if last > uint64(n) {
		from = last - uint64(n) + 1
	}
	var list []callRow
	var before *compose.Receipt
	err := look.Receipts(ctx, h.store, addr, max(from, 2)-1, last, func(r *compose.Receipt) error {
		if before != nil && before.Call+1 != r.Call {
			before = nil
		}
		if r.Call >= from {
			list = append(list, callRowOf(r, before))
		}
		one := *r
		before = &one
		return nil
	})
	slices.Reverse(list)
	return list, err
}

func callRowOf(r, before *compose.Receipt) callRow {
	c := callRow{Receipt: *r, Model: look.ModelOf(r)}
	c.Money, c.Known = look.Pay(r.Setup, r.Usage)
	if r.Call == 1 || before != nil {
		c.Check = r.CheckCache(before)
	} else {
		c.Check = compose.CacheCheck{Miss: "unknown", Why: "the receipt of the call before it is not there"}
	}
	theirs := func(tokens int) int { // providers count otherwise
		if r.Usage.Input <= 0 || r.Used <= 0 {
			return tokens
		}
		return int(int64(tokens) * int64(r.Usage.Input) / int64(r.Used))
	}
	c.Stood = theirs(r.Kept)
	if before != nil && c.Reported() {
		c.NotRead = max(theirs(before.Used-before.Notice)-r.Usage.CachedInput, 0)
	}
	for _, d := range r.Decisions {
		if d.New && d.Left > 0 {
			c.Gone = because(c.Gone, d.Reason, d.Left)
			c.GoneIDs = append(c.GoneIDs, d.UID)
		}
	}
	return c
}

// callList is a page of calls.
type callList struct {
	Rows         []callRow
	Made         uint64
	Newer, Older uint64 // the last call of the page beside; 0: none
	Chart        *cacheChart
	Causes       []cause
	Total        look.Spent // of the rows
}

// cause is a reason for misses of the cache, over some calls.
type cause struct {
	Miss   string
	Count  int
	Tokens int
	Calls  []uint64
}

func (h *Handler) calls(ctx context.Context, q *query) (*page, error) {
	return h.callPage(ctx, q, "calls", "Calls of ")
}

func (h *Handler) cache(ctx context.Context, q *query) (*page, error) {
	return h.callPage(ctx, q, "cache", "Cache of ")
}

func (h *Handler) callPage(ctx context.Context, q *query, name, title string) (*page, error) {
	addr, upTo := q.box(), q.number("upto")
	if q.err != nil {
		return nil, q.err
	}
	_, st, err := look.State(ctx, h.store, addr)
	if err != nil {
		return nil, err
	}
	l := callList{Made: st.Calls()}
	follow := to("live", "box", addr)
	if upTo == 0 || upTo >= l.Made {
		upTo = l.Made
	} else {
		l.Newer, follow = min(upTo+callsAtOnce, l.Made), ""
	}
	if upTo > callsAtOnce {
		l.Older = upTo - callsAtOnce
	}
	if l.Rows, err = h.callsUpTo(ctx, addr, upTo, callsAtOnce); err != nil {
		return nil, err
	}
	l.Chart = newCacheChart(l.Rows)
	for i := range l.Rows {
		r := &l.Rows[i]
		for _, one := range look.SpentIn(&r.Receipt, r.Time) {
			l.Total.Add(&one)
		}
		l.Total.Failed += len(r.Failed)
		if r.Check.Miss == "" {
			continue
		}
		at := slices.IndexFunc(l.Causes, func(c cause) bool { return c.Miss == r.Check.Miss })
		if at < 0 {
			l.Causes = append(l.Causes, cause{Miss: r.Check.Miss})
			at = len(l.Causes) - 1
		}
		c := &l.Causes[at]
		c.Count++
		c.Tokens += r.NotRead
		c.Calls = append(c.Calls, r.Call)
	}
	return &page{Name: name, Title: title + look.Line(string(addr), 40), Box: addr, Agent: true, Tab: name, Live: follow, Now: q.now, Body: &l}, nil
}

// cacheChart is a picture of calls: of each what it took in, and what of that was read
// from the cache, beside what was promised.
type cacheChart struct {
	Bars []cacheBar
	Most int
}

type cacheBar struct {
	X, W                float64
	Input, Read, Height float64 // from the top
	Promised            float64
	Call                uint64
	Why                 string
	Lost                bool
}

const chartHeight = 120.0

// newCacheChart draws rows, that are newest first, from left to right.
func newCacheChart(list []callRow) *cacheChart {
	c := &cacheChart{Most: 1}
	for i := range list {
		c.Most = max(c.Most, list[i].Input())
	}
	step := barWidth / float64(max(len(list), 20))
	for i := range list {
		r := &list[len(list)-1-i]
		y := func(tokens int) float64 { return chartHeight * (1 - float64(tokens)/float64(c.Most)) }
		b := cacheBar{X: float64(i)*step + 1, W: step - 2, Input: y(r.Input()), Read: y(min(r.Usage.CachedInput, r.Input())), Call: r.Call, Why: r.Check.Why, Lost: r.Lost()}
		b.Height, b.Promised = chartHeight-b.Input, y(r.Check.Promised*r.Input()/100)
		c.Bars = append(c.Bars, b)
	}
	return c
}

// ReadHeight is how high the part is that was read.
func (b cacheBar) ReadHeight() float64 { return chartHeight - b.Read }

// made says whether a call was made, as an error for people.
func made(addr quire.Address, n, calls uint64) error {
	if n == 0 || n > calls {
		return &httpError{404, look.Line(string(addr), 60) + " made " + plural(int(calls), "call", "calls") + ", and none with this number"}
	}
	return nil
}
