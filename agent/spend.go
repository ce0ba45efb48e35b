package agent

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/price"
)

// Cost is what calls cost, as far as that is known.
type Cost struct {
	Money   price.Money // of the calls whose price is known
	Unknown int         // calls whose price is not: their model has no Tariff
	// Estimated: of some calls the provider reported no usage; what was counted
	// here stands for it.
	Estimated bool
}

// String is the amount in dollars, with what is not sure of it: "about $0.12", "$0.12,
// and 2 calls whose price is not known".
func (c Cost) String() string {
	s := c.Money.String()
	if c.Estimated {
		s = "about " + s
	}
	switch {
	case c.Unknown == 1:
		s += ", and 1 call whose price is not known"
	case c.Unknown > 1:
		s += fmt.Sprintf(", and %d calls whose price is not known", c.Unknown)
	}
	return s
}

func (c Cost) add(o Cost) Cost {
	return Cost{c.Money.Plus(o.Money), c.Unknown + o.Unknown, c.Estimated || o.Estimated}
}

// Spent is what calls took in all.
type Spent struct {
	Tokens  int         // input and output
	Money   price.Money // of the calls whose price is known
	Unknown int         // calls whose price is not
}

// account is what was spent since some time.
type account struct {
	Since   time.Time   `json:"since,omitzero"` // when its window began
	Tokens  int         `json:"tokens,omitzero"`
	Money   price.Money `json:"money,omitzero"`
	Unknown int         `json:"unknown,omitzero"`
	// How often the owner allowed each limit once more.
	MoreTokens int `json:"moreTokens,omitzero"`
	MoreMoney  int `json:"moreMoney,omitzero"`
}

func (c *account) spent() Spent { return Spent{c.Tokens, c.Money, c.Unknown} }

func (c *account) add(tokens int, cost Cost) {
	c.Tokens += tokens
	c.Money = c.Money.Plus(cost.Money)
	c.Unknown += cost.Unknown
}

// roll begins a new window when the old one is over. A clock that jumps back moves
// the window's beginning with it, so that nothing that was spent is forgotten, and
// nobody waits for longer than a window. It reports whether that happened.
func (c *account) roll(now time.Time, window time.Duration) (back bool) {
	switch {
	case c.Since.IsZero() || now.Sub(c.Since) >= window:
		*c = account{Since: now}
	case now.Before(c.Since):
		c.Since = now
		return true
	}
	return false
}

// threadAccount is what was spent on one thread.
type threadAccount struct {
	Thread quire.MessageID `json:"thread"`
	account
}

// maxThreads is how many threads' spending is remembered where there is a limit for
// them: those that were worked on last. Else it is that of the open turn's.
const maxThreads = 64

const (
	anHour = time.Hour
	aDay   = 24 * time.Hour
)

// roll brings the windows up to now, and reports whether the clock went back.
func (h *host) roll(now time.Time) bool {
	hour, day := h.Hour.roll(now, anHour), h.Day.roll(now, aDay)
	return hour || day
}

// thread returns the account of a thread, which becomes the newest; "" has none.
func (h *host) thread(id quire.MessageID) *account {
	if id == "" {
		return nil
	}
	t := threadAccount{Thread: id}
	if i := slices.IndexFunc(h.Threads, func(t threadAccount) bool { return t.Thread == id }); i >= 0 {
		t = h.Threads[i]
		h.Threads = slices.Delete(slices.Clone(h.Threads), i, i+1)
	}
	h.Threads = append(slices.Clip(h.Threads), t)
	h.Threads = h.Threads[max(0, len(h.Threads)-maxThreads):]
	return &h.Threads[len(h.Threads)-1].account
}

// spend puts a call into all accounts, and keeps those of so many threads.
func (h *host) spend(now time.Time, tokens int, cost Cost, threads int) {
	h.roll(now)
	h.Hour.add(tokens, cost)
	h.Day.add(tokens, cost)
	h.All.add(tokens, cost)
	if t := h.thread(h.Thread); t != nil {
		t.add(tokens, cost)
	}
	h.Threads = h.Threads[max(0, len(h.Threads)-threads):]
}

// threads is how many threads' spending is kept.
func (l *Limits) threads() int {
	if l.TokensPerThread > 0 || l.MoneyPerThread > 0 {
		return maxThreads
	}
	return 1
}

// mostReported is the most tokens of one call that are believed: sums of them stay
// numbers.
const mostReported = 1 << 40

// costOf is what a call cost by its usage, by what was reported or else counted.
func (a *Agent) costOf(plan *compose.Plan, reply *quire.Reply) (tokens int, cost Cost) {
	u := reply.Usage
	u.Input, u.Output = min(u.Input, mostReported), min(u.Output, mostReported)
	if u.Input <= 0 { // nobody spends less than nothing
		u.Input, cost.Estimated = plan.Estimate, true
	}
	if u.Output <= 0 {
		u.Output = a.o.Composer.CountText(textOf(reply.Parts))
		for _, c := range callsOf(reply.Parts) {
			u.Output += a.o.Composer.CountText(c.Name) + a.o.Composer.CountText(c.Args)
		}
	}
	var known bool
	if cost.Money, known = a.model().Profile.Tariff.Cost(u); !known {
		cost.Unknown = 1
	}
	return u.Input + u.Output, cost
}

// most is what a call may take at most: all of its input at the dearest price, and
// all the output that it may make.
func (a *Agent) most(plan *compose.Plan) (tokens int, money price.Money) {
	f := a.model()
	in, out := min(plan.Bound, mostReported), f.Profile.MaxOutput+f.Profile.Thinking
	for _, u := range []quire.Usage{{Input: in, Output: out}, {Input: in, CacheWrite: in, Output: out},
		{Input: in, CacheWrite: in, CacheWriteLong: in, Output: out}} {
		if m, known := f.Profile.Tariff.Cost(u); known {
			money = max(money, m)
		}
	}
	return in + out, money
}

// bound is a limit, and the account that it holds for.
type bound struct {
	name   string
	on     *account
	window time.Duration // 0: it ends with an answer only
	tokens int           // the limit, one of both
	money  price.Money
}

// bounds lists the limits that are set, the narrowest window first; thread is the
// one that the turn is about.
func (a *Agent) bounds(h *host, thread quire.MessageID) []bound {
	l := &a.o.Limits
	all := []bound{
		{limitTokens, &h.Hour, anHour, l.TokensPerHour, 0}, {limitMoney, &h.Hour, anHour, 0, l.MoneyPerHour},
		{limitTokensDay, &h.Day, aDay, l.TokensPerDay, 0}, {limitMoneyDay, &h.Day, aDay, 0, l.MoneyPerDay},
	}
	if t := h.thread(thread); t != nil {
		all = append(all, bound{limitTokensThread, t, 0, l.TokensPerThread, 0}, bound{limitMoneyThread, t, 0, 0, l.MoneyPerThread})
	}
	return slices.DeleteFunc(all, func(b bound) bool { return b.tokens <= 0 && b.money <= 0 })
}

// threadOf is the thread that the turn is about.
func (a *Agent) threadOf(m *moment) quire.MessageID {
	if m.host.Open {
		return m.host.Thread
	}
	return m.thread
}

// afford says which limit the call would go past, if it took all that it may.
func (a *Agent) afford(m *moment, plan *compose.Plan) error {
	m.host.roll(m.now)
	tokens, money := a.most(plan)
	for _, b := range a.bounds(&m.host, a.threadOf(m)) {
		if b.holds(tokens, money) {
			continue
		}
		e := &LimitError{Address: a.o.Address, Limit: b.name, Max: b.tokens, Money: b.money, Paused: true, Spent: b.on.spent(), Next: Spent{Tokens: tokens, Money: money}}
		if b.window > 0 {
			e.Until = b.on.Since.Add(b.window)
		}
		return e
	}
	m.host.Ask = nil // of a limit that holds no longer
	return nil
}

// holds says whether a call that takes so much keeps the limit.
func (b *bound) holds(tokens int, money price.Money) bool {
	if b.tokens > 0 {
		if b.tokens > math.MaxInt/(b.on.MoreTokens+1) {
			return true
		}
		return tokens <= b.tokens*(b.on.MoreTokens+1)-b.on.Tokens
	}
	limit := b.money
	for range b.on.MoreMoney {
		limit = limit.Plus(b.money)
	}
	return b.on.Money.Plus(money) <= limit
}

// more allows the limit once more.
func (b *bound) more() {
	if b.tokens > 0 {
		b.on.MoreTokens++
	} else {
		b.on.MoreMoney++
	}
}
