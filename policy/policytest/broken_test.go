package policytest_test

import (
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
)

// broken is a policy or schedule with one thing wrong.
type broken struct {
	name    func() string
	victims func(v *policy.View) iter.Seq[policy.Victim]
	next    func(v *policy.View, victims []policy.Victim) policy.Cut
}

func (b broken) Name() string {
	if b.name != nil {
		return b.name()
	}
	return "broken"
}

func (b broken) Victims(v *policy.View) iter.Seq[policy.Victim] {
	if b.victims != nil {
		return b.victims(v)
	}
	return policy.OldestFirst.Victims(v)
}

func (b broken) Next(v *policy.View, victims []policy.Victim) policy.Cut {
	if b.next != nil {
		return b.next(v, victims)
	}
	return policy.Strict{}.Next(v, victims)
}

// edit is OldestFirst with its victims changed.
func edit(f func(v *policy.View, list []policy.Victim) []policy.Victim) broken {
	return broken{victims: func(v *policy.View) iter.Seq[policy.Victim] {
		var list []policy.Victim
		for victim := range policy.OldestFirst.Victims(v) {
			list = append(list, victim)
		}
		return func(yield func(policy.Victim) bool) {
			for _, victim := range f(v, list) {
				if !yield(victim) {
					return
				}
			}
		}
	}}
}

func editEach(f func(v *policy.View, victim *policy.Victim)) broken {
	return edit(func(v *policy.View, list []policy.Victim) []policy.Victim {
		for i := range list {
			f(v, &list[i])
		}
		return list
	})
}

func TestPolicyKitFindsWhatIsBroken(t *testing.T) {
	var calls atomic.Int64
	cases := map[string]broken{
		"a name of one line":           {name: func() string { return "two\nlines" }},
		"always the same":              {name: func() string { return strings.Repeat("x", int(calls.Add(1))) }},
		"the same view gives the same": edit(func(_ *policy.View, l []policy.Victim) []policy.Victim { return l[:min(len(l), int(calls.Add(1)%3))] }),
		"does not modify the view":     editEach(func(v *policy.View, x *policy.Victim) { v.Units[x.Unit].Shows = []quire.UID{7} }),
		"each unit at most once":       edit(func(_ *policy.View, l []policy.Victim) []policy.Victim { return append(l, l...) }),
		"indexes of units in the view": edit(func(v *policy.View, l []policy.Victim) []policy.Victim {
			return append(l, policy.Victim{Unit: len(v.Units), Reason: "x"})
		}),
		"all that is marked as dead": editEach(func(_ *policy.View, x *policy.Victim) { x.Dead = false }),
		"after one that lives": edit(func(v *policy.View, l []policy.Victim) []policy.Victim {
			if n := len(l); n > 1 && v.Units[l[n-1].Unit].Mark == policy.MarkNone {
				l[n-1].Dead = true
			}
			return l
		}),
		"before what lives":       edit(func(_ *policy.View, l []policy.Victim) []policy.Victim { reverse(l); return l }),
		"has a reason":            editEach(func(_ *policy.View, x *policy.Victim) { x.Reason = "" }),
		"in one line":             editEach(func(_ *policy.View, x *policy.Victim) { x.Reason += "\n" }),
		"shorter form is shorter": editEach(func(v *policy.View, x *policy.Victim) { x.Keep = v.Units[x.Unit].Tokens }),
		"it panics":               edit(func(_ *policy.View, l []policy.Victim) []policy.Victim { return l[1:] }),
		"whatever stands behind them": edit(func(v *policy.View, l []policy.Victim) []policy.Victim {
			return l[:min(len(l), cap(v.Units)-len(v.Units))]
		}),
		"that are marked are not yielded":     edit(func(_ *policy.View, l []policy.Victim) []policy.Victim { return nil }),
		"although call 1 returned false":      {victims: deaf},
		"safe for concurrent use":             editEach(func(_ *policy.View, x *policy.Victim) { x.Keep = -int(calls.Add(1)) }),
		"a policy yields each unit at most o": {victims: endless},
	}
	for want, p := range cases {
		err := policytest.TestPolicy(p)
		if assert.Error(t, err, want) {
			assert.Contains(t, err.Error(), want)
		}
	}
	assert.Error(t, policytest.TestPolicy(nil))
}

func reverse(l []policy.Victim) {
	for i, j := 0, len(l)-1; i < j; i, j = i+1, j-1 {
		l[i], l[j] = l[j], l[i]
	}
}

// deaf goes on when yield returns false.
func deaf(v *policy.View) iter.Seq[policy.Victim] {
	return func(yield func(policy.Victim) bool) {
		policy.OldestFirst.Victims(v)(func(x policy.Victim) bool { yield(x); return true })
	}
}

// endless yields the first unit for ever.
func endless(v *policy.View) iter.Seq[policy.Victim] {
	return func(yield func(policy.Victim) bool) {
		for len(v.Units) > 0 && yield(policy.Victim{Reason: "x"}) {
		}
	}
}

// editCut is Strict with its cut changed.
func editCut(f func(v *policy.View, list []policy.Victim, cut *policy.Cut)) broken {
	return broken{next: func(v *policy.View, list []policy.Victim) policy.Cut {
		cut := policy.Strict{}.Next(v, list)
		f(v, list, &cut)
		return cut
	}}
}

func TestScheduleKitFindsWhatIsBroken(t *testing.T) {
	var calls atomic.Int64
	type cut = policy.Cut
	type victims = []policy.Victim
	cases := map[string]broken{
		"a schedule has a name":                       {name: func() string { return " " }},
		"the same view and victims give the same cut": editCut(func(_ *policy.View, _ victims, c *cut) { c.At = int(calls.Add(1)) }),
		"the view has changed":                        editCut(func(v *policy.View, _ victims, _ *cut) { v.Over++ }),
		"nor the victims":                             editCut(func(_ *policy.View, l victims, _ *cut) { reverse(l) }),
		"a cut is at a unit of the view":              editCut(func(v *policy.View, _ victims, c *cut) { c.At = len(v.Units) + 1 }),
		"which is no victim or leaves twice":          editCut(func(_ *policy.View, _ victims, c *cut) { c.Live = append(c.Live, c.Live...) }),
		"which is fixed":                              {next: letFixedGo},
		"a cut's target is no more than the budget":   editCut(func(v *policy.View, _ victims, c *cut) { c.Target = v.Budget + 2 }),
		"not negative":                                editCut(func(_ *policy.View, _ victims, c *cut) { c.Target = -1 }),
		"a cut frees enough":                          editCut(func(_ *policy.View, _ victims, c *cut) { c.Live = nil }),
		"nothing leaves while there is much room":     {next: func(v *policy.View, l victims) cut { return cut{Live: living(v, l), Reason: "x"} }},
		"has a reason":                                editCut(func(_ *policy.View, _ victims, c *cut) { c.Reason = "" }),
		"it panics":                                   editCut(func(v *policy.View, _ victims, _ *cut) { _ = v.Units[0] }),
		"whatever stands behind it in memory":         editCut(func(v *policy.View, _ victims, c *cut) { c.Target = min(1, cap(v.Units)-len(v.Units)) }),
		"a schedule is safe for concurrent use":       editCut(func(_ *policy.View, _ victims, c *cut) { c.Target = -int(calls.Add(1)) }),
	}
	for want, s := range cases {
		err := policytest.TestSchedule(s)
		if assert.Error(t, err, want) {
			assert.Contains(t, err.Error(), want)
		}
	}
	assert.Error(t, policytest.TestSchedule(nil))
}

// sparing says that it never wants live victims, and takes all.
type sparing struct{ policy.Strict }

func (sparing) Live(*policy.View) bool { return false }

func TestScheduleKitFindsWhatIsNotSparing(t *testing.T) {
	err := policytest.TestSchedule(sparing{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "though Live said that none would be")
}

func living(v *policy.View, list []policy.Victim) (out []policy.Victim) {
	for _, x := range list {
		if !v.Units[x.Unit].Fixed {
			out = append(out, x)
		}
	}
	return out
}

func letFixedGo(v *policy.View, list []policy.Victim) policy.Cut {
	cut := policy.Strict{}.Next(v, list)
	for _, x := range list {
		x.Unit = min(x.Unit+1, len(v.Units)-1)
		if v.Units[x.Unit].Fixed {
			cut.Live = append(cut.Live, x)
			break
		}
	}
	return cut
}

func TestAFailureTellsTheRuleAndTheView(t *testing.T) {
	err := policytest.TestPolicy(editEach(func(_ *policy.View, x *policy.Victim) { x.Reason = "" }))
	require.Error(t, err)
	assert.Equal(t, `a victim has a reason, in one line: but with RandomView(1, 1) unit 0: it is ""`, err.Error())
}

func TestRandomViewsAreTheSameEachTime(t *testing.T) {
	assert.Equal(t, policytest.RandomView(3, 50), policytest.RandomView(3, 50))
	assert.NotEqual(t, policytest.RandomView(3, 50), policytest.RandomView(4, 50))
	assert.Len(t, policytest.RandomView(9, 77).Units, 77)
}
