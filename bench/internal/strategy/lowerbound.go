package strategy

import (
	"context"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/bound"
	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/models"
)

// Window is how many calls a window of the bound has: longer is tighter, and
// takes the cube of it.
const Window = 250

// LowerBound returns what any strategy pays at least that keeps all that is
// needed in the prompt, in its order, and writes what is new to the cache. steps
// is how often the multipliers of the room are improved.
//
// What the provider protects in an open tool loop stays until the loop ends, or
// until that and what is needed take most of the budget, in a prompt that can be
// over it, when the composer may begin the loop anew. Every
// other rule of a provider that can only make things dearer is left out: that a
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
	held := l.protect(c, arrival)
	for k, g := range c.Life.Groups() {
		last := max(c.Deaths[g.From], held[k])
		for i := g.From; i < g.To; i++ {
			tokens, stub := c.Sizes.Tokens[i], c.Sizes.Stub[i]
			if c.Life.Items[i].Kind != quire.KindResult || stub <= 0 || stub >= tokens {
				add(arrival[i], last, tokens)
				continue
			}
			body := min(c.Deaths[i], last)
			if c.Setting.Rule.Row().LoopEvict == models.LoopNone {
				body = max(body, held[k])
			}
			add(arrival[i], body, tokens-stub)
			add(arrival[i], last, stub)
		}
	}
}

// protect says for each group until which call the provider's row holds it.
func (l *lowered) protect(c *Case, arrival []int) []int {
	groups := c.Life.Groups()
	held := make([]int, len(groups))
	rule := c.Setting.Rule.Row().LoopEvict
	if rule == models.LoopGroups {
		return held
	}
	end := l.calls
	for k := len(groups) - 1; k >= 0; k-- {
		if from := groups[k].From; c.Life.Items[from].Kind == quire.KindTurn {
			held[k] = end
		} else {
			end = arrival[from] // what somebody says ends the loop
		}
	}
	l.release(c, groups, arrival, held)
	return held
}

// loopShare is the share of the budget from which on an open loop may begin anew: a
// little less than the composer's own, since tombstones and the notice take room.
const loopShare = 0.65

// release gives up what is protected in the calls in which the composer may begin
// the loop anew. Nothing that it could let go is taken for protected.
func (l *lowered) release(c *Case, groups []trace.Group, arrival, held []int) {
	next := 0
	var open []int
	all := c.Sizes.Base // of a prompt that nothing ever left
	for t := range l.calls {
		for next < len(groups) && arrival[groups[next].From] <= t {
			for i := groups[next].From; i < groups[next].To; i++ {
				all += c.Sizes.Tokens[i]
			}
			open = append(open, next)
			next++
		}
		total := c.Sizes.Base
		open = slices.DeleteFunc(open, func(k int) bool { return max(held[k], c.Deaths[groups[k].From]) <= t })
		for _, k := range open {
			for i := groups[k].From; i < groups[k].To; i++ {
				if c.Deaths[i] > t || i == groups[k].From || c.Setting.Rule.Row().LoopEvict == models.LoopNone {
					total += c.Sizes.Tokens[i]
				} else {
					total += c.Sizes.Stub[i]
				}
			}
		}
		if float64(total) <= loopShare*float64(c.Setting.Budget) || all <= c.Setting.Budget*9/10 {
			continue
		}
		for _, k := range open {
			held[k] = min(held[k], t)
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
