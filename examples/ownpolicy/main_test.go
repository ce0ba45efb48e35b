package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
)

// The kit's mail is from ann@example and bob@example, so one of them is important here:
// a name that the kit does not know would test nothing of this policy.
func TestImportantKeepsTheContract(t *testing.T) {
	for _, of := range []policy.Policy{policy.OldestFirst, policy.Value{}} {
		assert.NoError(t, policytest.TestPolicy(Important{People: []quire.Address{"ann@example"}, Of: of}))
	}
}

func TestWhatTheBossWroteStays(t *testing.T) {
	fate := func(p policy.Policy) compose.Fate {
		plan, err := crowded(p)
		require.NoError(t, err)
		for _, d := range plan.Decisions() {
			if d.UID == 1 {
				return d.Fate
			}
		}
		t.Fatal("the boss's mail was no candidate")
		return ""
	}
	assert.Equal(t, compose.FateOut, fate(policy.OldestFirst))
	assert.Equal(t, compose.FateIn, fate(Important{People: []quire.Address{"boss"}, Of: policy.OldestFirst}))
}

func TestTheProgramRuns(t *testing.T) { require.NoError(t, run()) }
