package policytest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/quire-dev/quire/policy"
)

// TestSchedule tries s on many views, with the victims of several policies. The
// error joins one for each rule of the contract that s breaks.
func TestSchedule(s policy.Schedule) error {
	if s == nil {
		return errors.New("the schedule is nil")
	}
	return run(s, scheduleRules)
}

var scheduleRules = []rule[policy.Schedule]{
	{text: "a schedule has a name of one line, always the same", check: func(s policy.Schedule, _ view) error { return name(func() string { return policy.Name(s) }) }},
	{text: "a schedule is pure: the same view and victims give the same cut", check: each(sameSchedule)},
	{text: "a schedule modifies neither the view nor the victims", check: each(keepsInput), role: modifies},
	{text: "a schedule is safe for concurrent use", check: each(concurrentSchedule), role: concurrent},
	{text: "a cut is at a unit of the view, or behind the last one", check: each(cutInRange)},
	{text: "what leaves alive is named once each, by the policy too, and may leave", check: each(liveVictims)},
	{text: "a sparing schedule names no live victims where Live says so", check: each(sparing)},
	{text: "a cut's target is no more than the budget and not negative", check: each(targets)},
	{text: "a cut frees enough when the view is over its budget and the victims allow it", check: each(freesEnough)},
	{text: "nothing leaves while there is much room, nothing is dead and reading is free", check: each(restsInPeace)},
	{text: "a cut through which something leaves has a reason, in one line", check: each(cutReasons)},
	{text: "a schedule looks at no more than is in the view, whatever stands behind it in memory", check: each(capacitySchedule)},
}

var policies = []policy.Policy{policy.Default{}, policy.OldestFirst, policy.Chain()}

// try is one view with the victims of one policy.
type try struct {
	view
	p policy.Policy
}

func (t try) make() (*policy.View, []policy.Victim) {
	v := t.view.make()
	return v, victims(t.p, v)
}

func each(check func(s policy.Schedule, t try) error) func(policy.Schedule, view) error {
	return func(s policy.Schedule, v view) error {
		for _, p := range policies {
			if err := check(s, try{v, p}); err != nil {
				return fmt.Errorf("and the policy %q %w", policy.Name(p), err)
			}
		}
		return nil
	}
}

func sameCut(got, want policy.Cut) error {
	if got.At != want.At || got.Target != want.Target || got.Reason != want.Reason || !slices.Equal(got.Live, want.Live) {
		return fmt.Errorf("the cut is %+v, and then %+v", want, got)
	}
	return nil
}

func sameSchedule(s policy.Schedule, t try) error {
	want := s.Next(t.make())
	return sameCut(s.Next(t.make()), want)
}

func keepsInput(s policy.Schedule, t try) error {
	v, list := t.make()
	s.Next(v, list)
	asMade, listMade := t.make()
	if !reflect.DeepEqual(v, asMade) {
		return errors.New("the view has changed")
	}
	return same(list, listMade)
}

func concurrentSchedule(s policy.Schedule, t try) error {
	v, list := t.make()
	want := s.Next(t.make())
	return together(func() error { return sameCut(s.Next(v, list), want) })
}

func cutInRange(s policy.Schedule, t try) error {
	if at := s.Next(t.make()).At; at < 0 || at > t.units {
		return fmt.Errorf("the cut is at unit %d", at)
	}
	return nil
}

func liveVictims(s policy.Schedule, t try) error {
	v, list := t.make()
	named := map[int]bool{}
	for _, victim := range list {
		named[victim.Unit] = true
	}
	for _, victim := range s.Next(v, list).Live {
		switch {
		case victim.Unit >= 0 && victim.Unit < len(v.Units) && v.Units[victim.Unit].Fixed:
			return fmt.Errorf("unit %d leaves, which is fixed", victim.Unit)
		case !named[victim.Unit]:
			return fmt.Errorf("unit %d leaves, which is no victim or leaves twice", victim.Unit)
		}
		delete(named, victim.Unit)
	}
	return nil
}

func sparing(s policy.Schedule, t try) error {
	sp, ok := s.(policy.Sparing)
	v, list := t.make()
	if !ok || sp.Live(v) {
		return nil
	}
	if n := len(s.Next(v, list).Live); n > 0 {
		return fmt.Errorf("it names %d, though Live said that none would be", n)
	}
	return nil
}

func targets(s policy.Schedule, t try) error {
	v, list := t.make()
	if cut := s.Next(v, list); cut.Target < 0 || cut.Target > max(v.Budget, 1) {
		return fmt.Errorf("the target is %d with a budget of %d", cut.Target, v.Budget)
	}
	return nil
}

// leaves tallies a cut as the composer carries it out.
func leaves(v *policy.View, list []policy.Victim, cut policy.Cut) int {
	t := policy.NewTally(v)
	t.AddDead(cut.At)
	for _, victim := range list {
		if victim.Dead && victim.Unit >= cut.At {
			t.Add(victim)
		}
	}
	for _, victim := range cut.Live {
		t.Add(victim)
	}
	return t.Freed()
}

func freesEnough(s policy.Schedule, t try) error {
	v, list := t.make()
	if v.Over <= 0 {
		return nil
	}
	possible := leaves(v, list, policy.Cut{Live: list})
	if got := leaves(v, list, s.Next(v, list)); possible >= v.Over && got < v.Over {
		return fmt.Errorf("%d tokens leave of the %d that are over, where %d could", got, v.Over, possible)
	}
	return nil
}

// restsInPeace takes the marks away and a budget of a hundred times what is
// used: wherever a schedule has its high mark, this is below. Reading is made free,
// since a schedule may let go what is not worth its rent.
func restsInPeace(s policy.Schedule, t try) error {
	v := t.view.make()
	for i := range v.Units {
		v.Units[i].Mark = policy.MarkNone
	}
	v.Cost.Read = 0
	v.Budget = 100 * (v.Used + 1)
	v.Over = v.Used - v.Budget
	list := slices.DeleteFunc(victims(t.p, v), func(victim policy.Victim) bool { return victim.Dead })
	cut := s.Next(v, list)
	if n := leaves(v, list, cut); n > 0 || len(cut.Live) > 0 {
		return fmt.Errorf("%d tokens leave", n)
	}
	return nil
}

func cutReasons(s policy.Schedule, t try) error {
	v, list := t.make()
	if cut := s.Next(v, list); leaves(v, list, cut) > 0 {
		return oneLine(cut.Reason)
	}
	return nil
}

func capacitySchedule(s policy.Schedule, t try) error {
	v, list := t.make()
	more := roomy(t.view)
	longer := append(slices.Clone(list), list...)[:len(list)]
	return sameCut(s.Next(more, longer), s.Next(v, list))
}
