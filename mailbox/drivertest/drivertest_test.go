package drivertest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

func TestTheKitNoticesBrokenStores(t *testing.T) {
	for _, f := range slices.Concat(faults, workFaults, compactFaults, claimFaults, sizeFaults, clockFaults) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			found := false
			for _, c := range cases() {
				if !strings.HasPrefix(c.rule, f.rule) {
					continue
				}
				found = true
				c.patience = 500 * time.Millisecond
				err := c.check(t, func(*testing.T) store {
					b := &broken{Store: memstore.New(nil)}
					f.make(b)
					return b
				})
				assert.Error(t, err, "the rule %q holds a store to nothing: %s", c.rule, f.name)
				t.Log(err)
			}
			assert.True(t, found, "there is no rule %q", f.rule)
		})
	}
}

func TestTheKitNoticesStoresThatBreakRules(t *testing.T) {
	for _, f := range bounceFaults {
		found := false
		for _, c := range slices.Concat(ruleCases, claimRuleCases, sizeRuleCases) {
			if !strings.HasPrefix(c.rule, f.rule) {
				continue
			}
			found = true
			rules := c.rules
			assert.Error(t, c.check(t, func(*testing.T) store {
				b := &broken{Store: memstore.New(&mailbox.Options{Rules: rules})}
				f.make(b)
				return b
			}), f.name)
		}
		assert.True(t, found, f.rule)
	}
}

func TestEveryRuleHasANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range allCases() {
		assert.False(t, seen[c.rule], c.rule)
		seen[c.rule] = true
	}
}

// A store that runs without the rules it was given breaks each of them, but for
// one that says what they must not do.
func TestTheKitNoticesStoresWithoutRules(t *testing.T) {
	for _, c := range slices.Concat(ruleCases, claimRuleCases, sizeRuleCases) {
		err := c.check(t, func(*testing.T) store { return memstore.New(nil) })
		if c.rule == "a superseded message waits no more" {
			assert.NoError(t, err)
			continue
		}
		assert.Error(t, err, c.rule)
	}
}
