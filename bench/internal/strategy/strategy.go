package strategy

import (
	"context"
	"slices"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
)

// Set says when a strategy is run.
type Set string

// The sets.
const (
	Usual Set = ""      // unless others are asked for
	Grid  Set = "grid"  // when asked for: plain schedules to compare with
	Clair Set = "clair" // when asked for: what knows the future
)

// Strategy is one way to compose.
type Strategy struct {
	Name string
	Set  Set
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
	return slices.Concat(usual, grid(), clairs())
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
