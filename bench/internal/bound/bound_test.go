package bound

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// problem draws a small one: few enough schedules to try them all.
func problem(t *rapid.T) *Problem {
	p := &Problem{Calls: rapid.IntRange(1, 6).Draw(t, "calls")}
	arrive := 0
	for range rapid.IntRange(1, 5).Draw(t, "items") {
		arrive = min(arrive+rapid.IntRange(0, 2).Draw(t, "later"), p.Calls-1)
		p.Items = append(p.Items, Item{arrive, arrive + 1 + rapid.IntRange(0, 4).Draw(t, "life"), rapid.IntRange(1, 9).Draw(t, "tokens")})
	}
	for range p.Calls {
		p.Rent = append(p.Rent, rapid.SampledFrom([]float64{0, 0.1, 0.5, 1}).Draw(t, "rent"))
		p.Price = append(p.Price, rapid.SampledFrom([]float64{0, 0.5, 1.15, 4}).Draw(t, "price"))
	}
	if rapid.Bool().Draw(t, "limited") {
		for range p.Calls {
			p.Room = append(p.Room, rapid.IntRange(0, 12).Draw(t, "room"))
		}
	}
	return p
}

// exhaustive tries every cut at every call, by the definition of the problem.
func exhaustive(p *Problem, t int, out []bool) float64 {
	if t == p.Calls {
		return 0
	}
	best := math.Inf(1)
	for c := 0; c <= len(p.Items); c++ { // the cut is at item c; the last: no cut
		now := append([]bool(nil), out...)
		cost, dead := 0.0, 0
		for i, it := range p.Items {
			switch {
			case it.Arrive > t:
			case it.Death <= t && i >= c:
				now[i] = true
			case it.Death <= t && !now[i]:
				dead += it.Tokens
			case it.Death > t && i > c && it.Arrive < t:
				cost += p.Price[t] * float64(it.Tokens)
			}
		}
		if c < len(p.Items) && p.Items[c].Arrive > t {
			continue // nothing there to cut
		}
		if p.Room != nil && dead > p.Room[t] {
			continue
		}
		best = min(best, cost+p.Rent[t]*float64(dead)+exhaustive(p, t+1, now))
	}
	return best
}

// TestBoundIsTheOptimumWhereThereIsRoom and, under a limit, no more than it.
func TestBoundIsTheOptimumWhereThereIsRoom(rt *testing.T) {
	gap, lost, seen := 0.0, 0.0, 0 // where the limit costs something
	check := func(t *rapid.T) {
		p := problem(t)
		want := exhaustive(p, 0, make([]bool, len(p.Items)))
		got := Avoidable(p, 30)
		if p.Room == nil {
			require.InDelta(t, want, got, 1e-9, "%+v", p)
			return
		}
		require.LessOrEqual(t, got, want+1e-9, "%+v", p)
		free := *p
		free.Room = nil
		require.GreaterOrEqual(t, got, Avoidable(&free, 0)-1e-9, "a limit never lowers the bound")
		if free := Avoidable(&free, 0); want > free+1e-9 && !math.IsInf(want, 1) {
			gap, seen = gap+(want-got)/want, seen+1
			lost += (want - free) / want
		}
	}
	for range 40 { // they are small: some thousands
		rapid.Check(rt, check)
	}
	require.Positive(rt, seen)
	require.Less(rt, gap, lost/2, "the multipliers find most of what the limit costs")
}

func TestNothingToDo(t *testing.T) {
	require.Zero(t, Avoidable(&Problem{}, 3))
	require.Zero(t, Avoidable(&Problem{Calls: 2, Items: []Item{{0, 9, 5}}, Rent: []float64{1, 1}, Price: []float64{1, 1}}, 3), "nothing dies")
}

func BenchmarkWindow(b *testing.B) {
	p := &Problem{Calls: 300}
	for t := range p.Calls {
		p.Rent, p.Price, p.Room = append(p.Rent, 0.1), append(p.Price, 1.15), append(p.Room, 20_000)
		for k := range 3 {
			p.Items = append(p.Items, Item{t, t + 1 + (t*7+k*13)%80, 100 + (t*k*31)%1500})
		}
	}
	for b.Loop() {
		Avoidable(p, 10)
	}
}
