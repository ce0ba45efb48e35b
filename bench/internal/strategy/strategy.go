package strategy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
)

// Set says when a strategy is run.
type Set string

// The sets.
const (
	Usual Set = "usual" // unless others are asked for
	Grid  Set = "grid"  // when asked for: plain schedules to compare with
	Clair Set = "clair" // when asked for: what knows the future
	Knob  Set = "knob"  // when asked for: the default at other prices of a miss
)

// Strategy is one way to compose.
type Strategy struct {
	Name string
	Set  Set // "": Usual
	// Lossless: with deaths given, what is needed is always in the prompt.
	Lossless bool
	// Composed: it runs through quire's composer.
	Composed bool
	// Plain: anybody could do it with a line of configuration. What is not plain is
	// held against the cheapest of the plain that keeps as much.
	Plain bool
	Run   func(ctx context.Context, c *Case) (*Outcome, error)
}

// All lists the strategies of all sets in the order in which they are printed.
func All() []Strategy {
	simple := func(name string, limit limit) Strategy {
		plain := limit == slide || limit == slide75 || limit == appendReset
		return Strategy{Name: name, Plain: plain, Run: func(ctx context.Context, c *Case) (*Outcome, error) { return simply(ctx, c, limit) }}
	}
	scheduled := func(name string, schedule func(Deaths) policy.Schedule) Strategy {
		return Strategy{Name: name, Lossless: true, Composed: true, Run: func(ctx context.Context, c *Case) (*Outcome, error) {
			return composed(ctx, c, schedule(c.Setting.Deaths), nil)
		}}
	}
	usual := []Strategy{
		simple("append-only", appendOnly),
		simple("slide", slide),
		simple("slide75", slide75),
		simple("append-reset", appendReset),
		simple("summarise20", summarise20),
		{Name: "recompose", Lossless: true, Run: func(ctx context.Context, c *Case) (*Outcome, error) { return inPlace(ctx, c, false) }},
		{Name: "evict-in-place", Lossless: true, Run: func(ctx context.Context, c *Case) (*Outcome, error) { return inPlace(ctx, c, true) }},
		scheduled("watermark100", func(d Deaths) policy.Schedule { return policy.Watermark{High: 1, Low: low(d, 1)} }),
		scheduled("watermark80", func(d Deaths) policy.Schedule { return policy.Watermark{High: 0.8, Low: low(d, 0.8)} }),
		scheduled("rent-or-buy", func(Deaths) policy.Schedule { return policy.RentOrBuy{} }),
	}
	return slices.Concat(usual, values(), grid(), clairs())
}

// Named lists the strategies of a set, or the one of this name.
func Named(name string) ([]Strategy, error) {
	var out []Strategy
	var names []string
	for _, s := range All() {
		set := cmp.Or(s.Set, Usual)
		if s.Name == name || set == Set(name) {
			out = append(out, s)
		}
		if set != Grid {
			names = append(names, s.Name)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: there are the sets usual, knob, grid and clair, %s, and those of the grid, as watermark70-20", name, strings.Join(names, " "))
	}
	return out, nil
}

// Chosen lists the strategies of several names or sets, each once, in the order of All.
func Chosen(names []string) ([]Strategy, error) {
	wanted := map[string]bool{}
	for _, n := range names {
		list, err := Named(n)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			wanted[s.Name] = true
		}
	}
	return slices.DeleteFunc(All(), func(s Strategy) bool { return !wanted[s.Name] }), nil
}

// low is how far a watermark cuts down: with deaths given only what is dead
// leaves, else half of the budget.
func low(d Deaths, high float64) float64 {
	if d == Oracle {
		return high
	}
	return 0.5
}

// inPlace lets everything dead go at once. Without a cache every token of the
// same prompts is an uncached one. Where the trace does not say what is dead,
// the composer's policy does.
func inPlace(ctx context.Context, c *Case, cached bool) (*Outcome, error) {
	if c.Setting.Deaths == Oracle {
		if cached {
			return simply(ctx, c, evictInPlace)
		}
		return simply(ctx, c, recompose)
	}
	var reprice func(*compose.Plan) price.Bill
	if !cached {
		reprice = func(p *compose.Plan) price.Bill {
			return price.Bill{Uncached: p.Used, Cost: c.Setting.Rule.Cost.Cost(0, 0, p.Used)}
		}
	}
	return composed(ctx, c, atOnce{}, reprice)
}
