package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
)

// naive says what leaves with the victims, computed anew from the whole view.
type naive struct {
	freed   int
	removed map[int]bool
	leaves  map[int]bool
}

func recompute(v *policy.View, victims []policy.Victim) naive {
	first := map[int]policy.Victim{}
	for _, x := range victims {
		if _, again := first[x.Unit]; !again && x.Unit >= 0 && x.Unit < len(v.Units) && !v.Units[x.Unit].Fixed {
			first[x.Unit] = x
		}
	}
	n := naive{0, map[int]bool{}, map[int]bool{}}
	for i := range v.Units {
		entry := v.Units[i].Entry
		n.leaves[entry] = true
		for j := range v.Units {
			x, gone := first[j]
			if v.Units[j].Entry == entry && (!gone || x.Keep > 0) {
				n.leaves[entry] = false
			}
		}
	}
	for i, u := range v.Units {
		x, named := first[i]
		stands := u.Tokens
		switch {
		case n.leaves[u.Entry]:
			stands, n.removed[i] = 0, true
		case !named || u.Stubbed || u.Role == quire.RoleAssistant:
		case x.Keep > 0:
			stands = min(u.Tokens, x.Keep)
		case u.Role == quire.RoleTool && u.Stub > 0:
			stands = min(u.Tokens, u.Stub)
		}
		n.removed[i] = n.removed[i] || stands < u.Tokens
		n.freed += u.Tokens - stands
	}
	return n
}

func TestTallyIsWhatRecomputingGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := policytest.RandomView(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 24).Draw(t, "units"))
		for i := range v.Units { // also what no composer makes
			switch rapid.IntRange(0, 8).Draw(t, "odd") {
			case 0:
				v.Units[i].Stub = rapid.IntRange(-5, 2500).Draw(t, "stub")
			case 1:
				v.Units[i].Stubbed = true
			}
		}
		tally := policy.NewTally(v)
		var added []policy.Victim
		sum := 0
		for range rapid.IntRange(0, 40).Draw(t, "victims") {
			x := policy.Victim{Unit: rapid.IntRange(-1, len(v.Units)).Draw(t, "unit")}
			if rapid.IntRange(0, 5).Draw(t, "shorter") == 0 {
				x.Keep = rapid.IntRange(1, 2500).Draw(t, "keep")
			}
			added = append(added, x)
			sum += tally.Add(x)
			want := recompute(v, added)
			assert.Equal(t, want.freed, tally.Freed(), "freed")
			assert.Equal(t, want.freed, sum, "sum of what Add returned")
			for i, u := range v.Units {
				assert.Equal(t, want.removed[i], tally.Removed(i), "removed %d", i)
				assert.Equal(t, want.leaves[u.Entry], tally.Leaves(u.Entry), "leaves %d", u.Entry)
			}
		}
	})
}

func TestTallyAddsTheDeadFromAUnitOn(t *testing.T) {
	v := log(user(100), dead(user(50)), dead(user(30)), fixed(dead(user(7))), user(5))
	tally := policy.NewTally(v)
	assert.Equal(t, 30, tally.AddDead(2))
	assert.Equal(t, 50, tally.AddDead(-3), "the first ones are added once")
	assert.True(t, tally.Leaves(1))
	assert.False(t, tally.Leaves(3))
	assert.False(t, tally.Leaves(99))
	v.Units[1].Entry, v.Units[2].Entry = 2, 2
	v.Units[3].Entry, v.Units[4].Entry = 7, 7
	tally = policy.NewTally(v)
	tally.AddDead(0)
	assert.True(t, tally.Leaves(2))
	assert.False(t, tally.Leaves(1), "there is no such entry")
	assert.False(t, tally.Removed(-1))
	assert.False(t, tally.Removed(5))
}
