package policytest_test

import (
	"fmt"
	"iter"
	"testing"

	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
)

// newest lets go what entered last. It forgets what is dead.
type newest struct{}

func (newest) Name() string { return "newest" }

func (newest) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return func(yield func(policy.Victim) bool) {
		for i := len(v.Units) - 1; i >= 0; i-- {
			if !yield(policy.Victim{Unit: i, Reason: "newest"}) {
				return
			}
		}
	}
}

// mended is newest with what every policy owes the composer.
type mended struct{ newest }

func (m mended) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return policy.WithDead(v, m.newest.Victims(v))
}

func ExampleTestPolicy() {
	fmt.Println("newest keeps its contract:", policytest.TestPolicy(newest{}) == nil)
	fmt.Println("mended keeps its contract:", policytest.TestPolicy(mended{}) == nil)
	fmt.Println("a schedule does too:", policytest.TestSchedule(policy.RentOrBuy{}) == nil)
	// Output:
	// newest keeps its contract: false
	// mended keeps its contract: true
	// a schedule does too: true
}

// What the documentation of the package shows, in a test.
func TestMended(t *testing.T) {
	if err := policytest.TestPolicy(mended{}); err != nil {
		t.Fatal(err)
	}
}
