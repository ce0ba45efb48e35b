package strategy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/price"
)

// named makes a case of four items and of calls whose answers name things.
func named(calls ...[]trace.Name) *Case {
	c := &Case{Life: &trace.Life{Items: make([]quire.Item, 4)}, Sizes: &trace.Sizes{Tokens: []int{50, 100, 300, 700}},
		Setting: Setting{Rule: Rule{Cost: price.CostModel{Read: 0.1, Write: 1.25}}}}
	for _, n := range calls {
		c.Life.Calls = append(c.Life.Calls, trace.Call{Named: n})
	}
	return c
}

// only stands for a prompt in which these items stand whole.
func only(items ...int32) *standing {
	return &standing{whole: func(i int32) bool { return holds(items, func(k int32) bool { return k == i }) }}
}

var (
	inNone  = trace.Name{Text: "six_letters", System: true}
	in0     = trace.Name{Text: "zero_name", In: []int32{0}}
	in1     = trace.Name{Text: "one_name", In: []int32{1}}
	in1or2  = trace.Name{Text: "both_name", In: []int32{1, 2}}
	inOlder = trace.Name{Text: "old_name", In: []int32{0, 3}}
)

// TestPullsAreCharged follows one life: what a miss costs at once, that it stands
// afterwards and is read, and that a cut takes it away again.
func TestPullsAreCharged(t *testing.T) {
	c := named([]trace.Name{inNone, in0}, []trace.Name{in0, in1, in1or2}, []trace.Name{in1}, nil, []trace.Name{in0}, []trace.Name{inOlder})
	p, out := newPulls(c), &Outcome{}
	var costs []float64
	for i, step := range []struct {
		cut    bool
		prompt int
		stands *standing
	}{
		{false, 1000, only(0)},    // the system prompt has one, the prompt the other
		{true, 1000, only()},      // items 0 and 1 are pulled; both_name came with item 1
		{false, 2000, only()},     // item 1 stands: both are only read
		{false, 2000, only()},     // likewise, though nothing is named
		{true, 3000, only(1)},     // the cut took item 0, so it is pulled again
		{false, 3000, only(1, 0)}, // an older message has it too
	} {
		p.charge(out, i, step.cut, step.prompt, step.stands)
		costs = append(costs, out.PullTotals[i])
	}
	assert.Equal(t, 3, out.Pulls)
	first := 0.1*1000 + 2*40*5 + 1.25*(50+60+100+60)
	again := 0.1*3000 + 40*5 + 1.25*(50+60)
	assert.InDeltaSlice(t, []float64{0, first, first + 15, first + 30, first + 30 + again, first + 30 + again + 5}, costs, 1e-9)
	assert.Equal(t, out.PullCost, costs[5])
}

// TestWhatIsShownIsNotPulled: an excerpt shows a name, and a known price of output is
// the one that is paid.
func TestWhatIsShownIsNotPulled(t *testing.T) {
	c := named([]trace.Name{in0, in1})
	c.Setting.Rule.Cost.Output = 8
	out := &Outcome{}
	stands := only()
	stands.excerpts = "… one_name …"
	newPulls(c).charge(out, 0, false, 0, stands)
	assert.Equal(t, 1, out.Pulls)
	assert.InDelta(t, 40*8+1.25*110, out.PullCost, 1e-9)
}

// TestPullsByTheirDefinition compares with one that remembers every pull and asks of
// each, in each call, whether a cut came since.
func TestPullsByTheirDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var calls [][]trace.Name
		item := rapid.Int32Range(0, 3)
		for range rapid.IntRange(1, 8).Draw(t, "calls") {
			calls = append(calls, rapid.SliceOfN(rapid.Custom(func(t *rapid.T) trace.Name {
				from := item.Draw(t, "from")
				in := []int32{from}
				if to := item.Draw(t, "to"); to > from {
					in = append(in, to)
				}
				return trace.Name{Text: "a_name", In: in}
			}), 0, 4).Draw(t, "named"))
		}
		c := named(calls...)
		p, out := newPulls(c), &Outcome{}
		type pull struct {
			item int32
			call int
		}
		var all []pull
		lastCut, want, count := 0, 0.0, 0
		for call, names := range calls {
			cut := rapid.Bool().Draw(t, "cut")
			stood := rapid.SliceOf(item).Draw(t, "stands")
			if cut {
				lastCut = call
			}
			there := func(i int32) bool {
				for _, q := range all {
					if q.item == i && q.call >= lastCut {
						return true
					}
				}
				return only(stood...).whole(i)
			}
			for _, q := range all {
				if q.call >= lastCut && q.call < call {
					want += 0.1 * float64(c.Sizes.Tokens[q.item])
				}
			}
			before := len(all)
			for _, n := range names {
				if !there(n.In[0]) && !there(n.In[len(n.In)-1]) {
					newest := n.In[len(n.In)-1]
					all = append(all, pull{newest, call})
					want += 200 + 1.25*float64(c.Sizes.Tokens[newest]+60)
				}
			}
			if len(all) > before {
				want += 0.1 * 1000
			}
			count += len(all) - before
			p.charge(out, call, cut, 1000, only(stood...))
		}
		require.InDelta(t, want, out.PullCost, 1e-6)
		require.Equal(t, count, out.Pulls)
	})
}
