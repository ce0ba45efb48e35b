package strategy

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/bound"
)

// Window is how many calls a window of the bound has: longer is tighter, and
// takes the cube of it.
const Window = 250

// LowerBound returns what any strategy pays at least that keeps all that is
// needed in the prompt, in its order, and writes what is new to the cache. steps
// is how often the multipliers of the room are improved.
//
// Every rule of a provider that can only make things dearer is left out: that a
// prefix can be read only where an entry ends, quanta, how many marks there are,
// tombstones. Where the prompt may be shorter than what a cache takes at all,
// what is new pays the cheaper of writing it and not.
func LowerBound(ctx context.Context, c *Case, steps int) (float64, error) {
	l := newLowered(c)
	total := 0.0
	for from := 0; from < l.calls; from += Window {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		total += bound.Avoidable(l.window(from, min(from+Window, l.calls)), steps)
	}
	return total + l.floor, nil
}

// lowered is a life as the bound sees it.
type lowered struct {
	calls int
	items []bound.Item // over all calls
	rent  []float64
	price []float64
	room  []int
	floor float64 // what every strategy pays
}

func newLowered(c *Case) *lowered {
	n := len(c.Life.Calls)
	l := &lowered{calls: n, rent: make([]float64, n), price: make([]float64, n), room: make([]int, n)}
	l.pieces(c)
	old, fresh := make([]int, n+1), make([]int, n+1) // tokens that live
	for _, it := range l.items {
		fresh[it.Arrive] += it.Tokens
		for t := it.Arrive + 1; t < min(it.Death, n); t++ {
			old[t] += it.Tokens
		}
	}
	cost, base := &c.Setting.Rule.Cost, c.Sizes.Base
	for t := range n {
		live := base + old[t] + fresh[t]
		write := cost.Write
		if live < cost.MinPrefix {
			write = min(write, cost.Cost(0, 0, 1))
		}
		cold := t == 0 || cost.TTL > 0 && c.Life.Calls[t].At.Sub(c.Life.Calls[t-1].At) >= cost.TTL
		l.rent[t], l.price[t] = cost.Read, max(0, write-cost.Read)
		l.floor += cost.Read*float64(base+old[t]) + write*float64(fresh[t])
		if cold {
			l.rent[t], l.price[t] = write, 0
			l.floor += (write - cost.Read) * float64(base+old[t])
		}
		l.room[t] = max(0, c.Setting.Budget-live)
	}
	return l
}

// pieces makes the items of the bound: a result that can become a stub is two,
// its body and the stub that stays as long as the group.
func (l *lowered) pieces(c *Case) {
	arrival := c.Life.Arrival()
	add := func(arrive, death, tokens int) {
		if tokens > 0 && arrive < l.calls {
			l.items = append(l.items, bound.Item{Arrive: arrive, Death: max(death, arrive+1), Tokens: tokens})
		}
	}
	for _, g := range c.Life.Groups() {
		last := c.Deaths[g.From]
		for i := g.From; i < g.To; i++ {
			tokens, stub := c.Sizes.Tokens[i], c.Sizes.Stub[i]
			if c.Life.Items[i].Kind != quire.KindResult || stub <= 0 || stub >= tokens {
				add(arrival[i], last, tokens)
				continue
			}
			add(arrival[i], min(c.Deaths[i], last), tokens-stub)
			add(arrival[i], last, stub)
		}
	}
}

// window is the problem of the calls in [from, to), begun without anything dead.
func (l *lowered) window(from, to int) *bound.Problem {
	p := &bound.Problem{Calls: to - from, Rent: l.rent[from:to], Price: l.price[from:to], Room: l.room[from:to]}
	for _, it := range l.items {
		if it.Arrive < to && it.Death > from {
			p.Items = append(p.Items, bound.Item{Arrive: max(0, it.Arrive-from), Death: it.Death - from, Tokens: it.Tokens})
		}
	}
	return p
}
