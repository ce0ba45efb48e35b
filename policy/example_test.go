package policy_test

import (
	"fmt"
	"iter"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
)

// from lets go of what one sender wrote. It looks at nothing else: what is
// marked comes from WithDead, and the rest from the policy that it is chained to.
type from quire.Address

func (f from) Name() string { return "from " + string(f) }

func (f from) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return policy.WithDead(v, func(yield func(policy.Victim) bool) {
		for i := range v.Units {
			if v.Units[i].From == quire.Address(f) && !yield(policy.Victim{Unit: i, Reason: "from " + string(f)}) {
				return
			}
		}
	})
}

// A policy of one's own need not rank everything: chain it to another one.
func Example() {
	v := &policy.View{
		Units: []policy.Unit{
			{UID: 1, Entry: 0, Role: quire.RoleUser, Tokens: 100, From: "ann@home"},
			{UID: 2, Entry: 1, Role: quire.RoleAssistant, Tokens: 20},
			{UID: 3, Entry: 1, Role: quire.RoleTool, Tokens: 900, Stub: 12},
			{UID: 4, Entry: 2, Role: quire.RoleUser, Tokens: 300, From: "logs@home"},
			{UID: 5, Entry: 3, Role: quire.RoleUser, Tokens: 50, From: "ann@home", Fixed: true},
		},
		Used: 1370, Budget: 1000, Over: 370,
	}
	p := policy.Chain(from("logs@home"), policy.ToolResultsFirst)
	victims := slices.Collect(p.Victims(v))
	cut := policy.Strict{}.Next(v, victims)

	left := policy.NewTally(v)
	for _, victim := range cut.Live {
		fmt.Printf("%s: %s, frees %d\n", v.Units[victim.Unit].UID, victim.Reason, left.Add(victim))
	}
	fmt.Println(v.Used-left.Freed(), "tokens stay")
	// Output:
	// #4: from logs@home, frees 300
	// #3: tool result, frees 888
	// 182 tokens stay
}

// A cut is made where the rent of what is dead has reached the price of writing
// anew what lives behind it.
func ExampleRentOrBuy() {
	v := &policy.View{
		Units: []policy.Unit{
			{UID: 1, Entry: 0, Role: quire.RoleUser, Tokens: 2000},
			{UID: 2, Entry: 1, Role: quire.RoleUser, Tokens: 900, Mark: policy.MarkDropped},
			{UID: 3, Entry: 2, Role: quire.RoleUser, Tokens: 500},
		},
		Used: 3400, Budget: 8000, Over: -4600, Cost: price.CostModel{Read: 0.1, Write: 1.25},
		// What the provider's cache can read: up to each of the three.
		Boundaries: []policy.Boundary{{Index: 0}, {Index: 1, Tokens: 2000}, {Index: 2, Tokens: 2900}, {Index: 3, Tokens: 3400}},
	}
	for call := 1; ; call++ {
		cut := policy.RentOrBuy{Ahead: 3}.Next(v, slices.Collect(policy.Default{}.Victims(v)))
		if cut.At < len(v.Units) {
			fmt.Printf("call %d: cut at %s, %s\n", call, v.Units[cut.At].UID, cut.Reason)
			return
		}
		v.Units[1].Rent += 900 // it was read once more
	}
	// Output:
	// call 5: cut at #2, rent of the dead reached the price of a cut
}
