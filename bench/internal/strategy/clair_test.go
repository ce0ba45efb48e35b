package strategy

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/policy"
)

// foreseen is a life of five calls: a person asks (item 0), four results come, and the
// person speaks again before the last call (item 5). Item 1 is used in call 4, item 2
// in call 2, items 3 and 4 never.
func foreseen() *trace.Life {
	l := &trace.Life{Items: make([]quire.Item, 6)}
	for i := range l.Items {
		l.Items[i].Kind, l.Items[i].Self = quire.KindResult, true
	}
	for _, i := range []int{0, 5} {
		l.Items[i].Kind, l.Items[i].Self = quire.KindMail, false
	}
	for _, n := range [][]trace.Name{nil, nil, {{In: []int32{2}}}, nil, {{In: []int32{1}}}} {
		l.Calls = append(l.Calls, trace.Call{Upto: 5, Named: n})
	}
	l.Calls[4].Upto = 6
	return l
}

// view shows the first five items before a call, from 0 on, with these sizes.
func view(call int, tokens ...int) *policy.View {
	v := &policy.View{Call: uint64(call + 1)}
	for i, n := range tokens {
		v.Units = append(v.Units, policy.Unit{UID: quire.UID(i + 1), Entry: i, Tokens: n})
	}
	return v
}

func order(p policy.Policy, v *policy.View) (units []int, dead int) {
	for victim := range p.Victims(v) {
		if victim.Dead {
			dead++
		}
		units = append(units, victim.Unit)
	}
	return units, dead
}

// TestClairvoyantOrder: what is never used first, larger ones before; then by calls
// until the next use times tokens; what a person said last of all, while it holds.
func TestClairvoyantOrder(t *testing.T) {
	p := newClairvoyant(foreseen(), false)
	units, dead := order(p, view(1, 10, 10, 20, 5, 6))
	assert.Equal(t, []int{4, 3, 1, 2, 0}, units, "item 1 waits 3 calls with 10 tokens, item 2 one with 20")
	assert.Zero(t, dead)
	units, _ = order(p, view(1, 10, 10, 40, 5, 6))
	assert.Equal(t, []int{4, 3, 2, 1, 0}, units, "size decides")
	units, _ = order(p, view(3, 10, 10, 40, 5, 6))
	assert.Equal(t, []int{2, 4, 3, 1, 0}, units, "item 2 was used for the last time")
	units, _ = order(p, view(4, 10, 10, 40, 5, 6))
	assert.Equal(t, []int{2, 0, 4, 3, 1}, units, "the person has said the next thing; item 1 is used in this call")
}

// TestClairvoyantDeaths: what is never used again is dead, but for what is a stub, is
// fixed or is marked already.
func TestClairvoyantDeaths(t *testing.T) {
	p := newClairvoyant(foreseen(), true)
	v := view(1, 10, 10, 20, 5, 6)
	units, dead := order(p, v)
	assert.Equal(t, []int{3, 4, 1, 2, 0}, units)
	assert.Equal(t, 2, dead)
	v.Units[3].Stubbed = true
	units, dead = order(p, v)
	assert.Equal(t, []int{4, 3, 1, 2, 0}, units)
	assert.Equal(t, 1, dead)
	v.Units[4].Fixed = true
	v.OnlyDead = true
	units, _ = order(p, v)
	assert.Empty(t, units)
	v.Units[0].Mark = policy.MarkDropped
	units, _ = order(p, v)
	assert.Equal(t, []int{0}, units)
}
