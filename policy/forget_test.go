package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
)

// TestACutsPriceCountsTheThinkingThatItDrops: what is dead leaves at once where nothing was
// thought behind it, later where the model would lose what it thought, and without delay
// what stands behind all thought.
func TestACutsPriceCountsTheThinkingThatItDrops(t *testing.T) {
	view := func(thought int, dead int) *policy.View {
		v := &policy.View{Budget: 20_000, Base: 500, Growth: 300, Cost: price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1}, Forget: 5, Turn: 9, Call: 40}
		at := v.Base
		for i := range 8 {
			u := policy.Unit{UID: quire.UID(i + 1), Entry: i, Kind: quire.KindTurn, Role: quire.RoleAssistant, Tokens: 800, Thought: thought, Age: 20, Idle: 2, Turn: uint64(i)}
			if i == dead {
				u.Kind, u.Role, u.Thought, u.Mark, u.Rent = quire.KindMail, quire.RoleUser, 0, policy.MarkDropped, 60_000
				u.Tokens = 4000
			}
			v.Boundaries = append(v.Boundaries, policy.Boundary{Index: i, Tokens: at})
			v.Units, v.Used, at = append(v.Units, u), v.Used+u.Tokens, at+u.Tokens
		}
		return v
	}
	for name, s := range map[string]policy.Schedule{"value": policy.Value{}, "rent or buy": policy.RentOrBuy{}} {
		cuts := func(v *policy.View) bool {
			var victims []policy.Victim
			for i := range v.Units {
				if v.Units[i].Mark != policy.MarkNone {
					victims = append(victims, policy.Victim{Unit: i, Dead: true})
				}
			}
			return s.Next(v, victims).At < len(v.Units)
		}
		assert.False(t, cuts(view(700, 1)), "%s: six thoughts stand behind it", name)
		assert.True(t, cuts(view(0, 6)), "%s: nothing was thought", name)
		assert.True(t, cuts(view(700, 7)), "%s: all thought stands before it", name)
		free := view(700, 1)
		free.Forget = 0
		assert.True(t, cuts(free), "%s: thought is bound to nothing", name)
	}
}
