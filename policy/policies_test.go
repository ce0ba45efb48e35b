package policy_test

import (
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/policy"
)

// mixed is a log in which every policy has another order:
//
//	#1 user 40 · #2 assistant 10, #3 result 300, #4 result 20 · #5 user 90, dead
//	#6 assistant 10, #7 result 150, fixed, #8 result 200 · #9 user 60
func mixed() *policy.View {
	v := log(user(40), calls(10, result("a", 300), result("b", 20)), dead(user(90)),
		calls(10, result("c", 150), result("d", 200)), user(60))
	v.Units[6].Fixed = true
	for i, idle := range []int{3, 9, 9, 7, 5, 8, 8, 1, 0} {
		v.Units[i].Idle, v.Units[i].Age = idle, 10-i
	}
	v.Units[2].Age = 12
	for i, p := range []int{1, 0, 2, 0, 0, 0, 0, -1, 1} {
		v.Units[i].Priority = p
	}
	return v
}

func TestOrders(t *testing.T) {
	for _, c := range []struct {
		p    policy.Policy
		want string
	}{
		{policy.OldestFirst, "#5 dead dropped\n#1 oldest\n#2 oldest\n#3 oldest\n#4 oldest\n#6 oldest\n#8 oldest\n#9 oldest\n"},
		{policy.LRU, `
			#5 dead dropped
			#3 least recently used
			#2 least recently used
			#6 least recently used
			#4 least recently used
			#1 least recently used
			#8 least recently used
			#9 least recently used
			`},
		{policy.LargestFirst, "#5 dead dropped\n#2 largest\n#3 largest\n#4 largest\n#6 largest\n#8 largest\n#9 largest\n#1 largest\n"},
		{policy.ToolResultsFirst, `
			#5 dead dropped
			#3 tool result
			#4 tool result
			#8 tool result
			#1 oldest
			#2 oldest
			#6 oldest
			#9 oldest
			`},
		{policy.ByPriority, `
			#5 dead dropped
			#8 priority -1
			#2 priority 0
			#4 priority 0
			#6 priority 0
			#1 priority 1
			#9 priority 1
			#3 priority 2
			`},
		{policy.Chain(), "#5 dead dropped\n"},
		{policy.Chain(some{2, 7}, some{7, 1}), "#5 dead dropped\n#3 some\n#8 some\n#2 some\n"},
	} {
		assert.Equal(t, text(c.want), lines(c.p, mixed()), policy.Name(c.p))
	}
}

// some yields the units named, and knows nothing of marks.
type some []int

func (some) Name() string { return "some" }

func (s some) Victims(*policy.View) iter.Seq[policy.Victim] {
	return func(yield func(policy.Victim) bool) {
		for _, i := range s {
			if !yield(policy.Victim{Unit: i, Reason: "some"}) {
				return
			}
		}
	}
}

func TestEqualOnesGoInLayoutOrder(t *testing.T) {
	v := log(user(7), user(7), calls(3, result("a", 4)), user(7))
	for _, p := range []policy.Policy{policy.OldestFirst, policy.LRU, policy.LargestFirst, policy.ByPriority} {
		var order []int
		for x := range p.Victims(v) {
			order = append(order, x.Unit)
		}
		assert.Equal(t, []int{0, 1, 2, 3, 4}, order, policy.Name(p))
	}
}

func TestGroupsWithSomethingFixedCountByTheirStubs(t *testing.T) {
	v := log(calls(500, result("a", 100)), user(200))
	v.Units[0].Fixed = true
	assert.Equal(t, "#3 largest\n#2 largest\n", lines(policy.LargestFirst, v))
}

func TestNamesTellSettings(t *testing.T) {
	assert.Equal(t, "chain(lru, chain(oldest first), default)",
		policy.Name(policy.Chain(policy.LRU, nil, policy.Chain(policy.OldestFirst), policy.Default{})))
	assert.Equal(t, "default(bookkeeping: note, memo)", policy.Name(policy.Default{Bookkeeping: []string{"note", "memo"}}))
	assert.Equal(t, "default(bookkeeping: )", policy.Name(policy.Default{Bookkeeping: []string{}}))
	assert.Equal(t, "watermark 0.8 to 0.25", policy.Name(policy.Watermark{High: 0.8, Low: 0.25}))
	assert.Equal(t, "watermark 1 to 0.5", policy.Name(policy.Watermark{}))
}

func TestChainKeepsItsOwnList(t *testing.T) {
	list := []policy.Policy{some{1}, some{2}}
	p := policy.Chain(list...)
	list[0] = some{3}
	assert.Equal(t, "#5 dead dropped\n#2 some\n#3 some\n", lines(p, mixed()))
}

func TestReasonsOfMarks(t *testing.T) {
	v := log(user(1), user(1), user(1), user(1))
	for i, m := range []policy.Mark{policy.MarkStale, policy.MarkExpired, policy.MarkSuperseded, policy.MarkDropped} {
		v.Units[i].Mark = m
	}
	assert.Equal(t, "#1 dead of no more use\n#2 dead expired\n#3 dead superseded\n#4 dead dropped\n", lines(policy.Chain(), v))
}

type nameless struct{ policy.Policy }

// A policy of one's own needs no name: its type stands for it, or what it embeds.
func TestNameOfWhatHasNone(t *testing.T) {
	assert.Equal(t, "policy_test.nameless", policy.Name(nameless{policy.LRU}))
	assert.Equal(t, "some", policy.Name(some{}))
	assert.Equal(t, "lru", policy.Name(struct{ policy.Order }{policy.LRU}))
}
