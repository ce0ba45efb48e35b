package policy

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

// anyView is a random view of n units; policytest can't be had in here.
func anyView(r *rand.Rand, n int) *View {
	v := &View{Call: 1 + r.Uint64N(900), Base: r.IntN(4000), Growth: r.IntN(2) * r.IntN(2000), Cold: r.IntN(6) == 0,
		Cost: price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1}}
	roles := []quire.Role{quire.RoleUser, quire.RoleAssistant, quire.RoleTool, quire.RoleTool}
	for i := range n {
		u := Unit{Entry: i, Role: roles[r.IntN(4)], Kind: quire.KindMail, Tokens: 1 + r.IntN(3000), Idle: r.IntN(200), Uses: r.IntN(6), Names: r.IntN(50),
			Rent: r.Float64() * 1e5, Fixed: r.IntN(9) == 0}
		u.Latest = r.IntN(u.Names + 1)
		if i > 0 && u.Role == quire.RoleTool {
			u.Entry, u.Stub = v.Units[i-1].Entry, r.IntN(40)
		}
		if r.IntN(9) == 0 {
			u.Mark = MarkDropped
		}
		if (i == 0 || u.Entry != v.Units[i-1].Entry) && !v.Cold && r.IntN(2) == 0 {
			v.Boundaries = append(v.Boundaries, Boundary{Index: i})
		}
		v.Units, v.Used = append(v.Units, u), v.Used+u.Tokens
	}
	v.Budget = v.Used * (r.IntN(130)) / 100
	v.Over = v.Used - v.Budget
	return v
}

// plainly looks at all cuts of all horizons under one pressure after the other.
func plainly(w *weighing) choice {
	best := choice{rate: math.Inf(1)}
	for _, pressure := range pressures {
		for h := range horizons {
			for _, past := range []bool{true, false} {
				if c := w.weigh(h, pressure, past); (past || w.past) && c.rate < best.rate {
					best = c
				}
			}
		}
		if w.v.Over <= 0 || !math.IsInf(best.rate, 1) {
			break
		}
	}
	return best
}

func TestChoosingIsTheSameAsLookingAtAll(t *testing.T) {
	forced, found := 0, 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 12))
		v, s := anyView(r, r.IntN(60)), Value{Miss: []float64{0, 0.1, 1, 20}[r.IntN(4)]}
		var used, fresh weighing
		used.look(&s, anyView(r, 30), nil)
		used.choose()
		victims := slices.Collect(s.Victims(v))
		used.look(&s, v, victims)
		fresh.look(&s, v, victims)
		want := plainly(&fresh)
		assert.Equal(t, want, used.choose(), seed)
		if math.IsInf(want.rate, 1) {
			continue
		}
		if found++; want.pressure > 1 {
			forced++
		}
		assert.LessOrEqual(t, want.freed, used.most)
	}
	assert.Greater(t, found, 1000)
	assert.Greater(t, forced, 50)
}
