package policytest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/quire-dev/quire/policy"
)

// ErrVacuous is what [TestPolicy] wraps when a policy breaks no rule, and lets nothing go
// either: of all that lives in the package's world it yielded nothing, so most rules held
// of no victim at all. A policy that is only for what is dead may mean that.
var ErrVacuous = errors.New("the policy passes, but vacuously")

// TestPolicy tries p on many views. The error joins one for each rule of the
// contract that p breaks, or wraps [ErrVacuous].
func TestPolicy(p policy.Policy) error {
	if p == nil {
		return errors.New("the policy is nil")
	}
	if err := run(p, policyRules); err != nil {
		return err
	}
	return vacuous(p)
}

// vacuous says so when p lets go of nothing that lives, and what it could have.
func vacuous(p policy.Policy) error {
	lives := 0
	for v := range world() {
		seen := v.make()
		for i := range seen.Units {
			if u := &seen.Units[i]; !u.Fixed && u.Mark == policy.MarkNone {
				lives++
			}
		}
		for _, victim := range victims(p, seen) {
			if !victim.Dead {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: of %d units that live and may leave it yields none; if it goes by senders or tools, give it some of this world: senders %s, results of %s",
		ErrVacuous, lives, words(senders), words(tools))
}

var policyRules = []rule[policy.Policy]{
	{text: "a policy has a name of one line, always the same", check: func(p policy.Policy, _ view) error { return name(func() string { return policy.Name(p) }) }},
	{text: "a policy is pure: the same view gives the same victims", check: samePolicy},
	{text: "a policy does not modify the view", check: keepsView, role: modifies},
	{text: "a policy is safe for concurrent use", check: concurrentPolicy, role: concurrent},
	{text: "a policy yields each unit at most once", check: onceEach},
	{text: "a policy yields indexes of units in the view", check: inRange},
	{text: "a policy stops when yield returns false", check: stops},
	{text: "a policy yields all that is marked as dead, and what else is dead, before what lives", check: deadFirst},
	{text: "a victim has a reason, in one line", check: reasons},
	{text: "a victim's shorter form is shorter than the unit", check: keeps},
	{text: "a policy looks at no more than the units in the view, whatever stands behind them in memory", check: capacityPolicy},
}

// victims collects what p yields. An endless policy is stopped.
func victims(p policy.Policy, v *policy.View) []policy.Victim {
	var out []policy.Victim
	p.Victims(v)(func(victim policy.Victim) bool {
		out = append(out, victim)
		return len(out) <= 2*len(v.Units)+1
	})
	return out
}

func name(f func() string) error {
	n := f()
	if n != f() {
		return fmt.Errorf("it is %q, and then %q", n, f())
	}
	return oneLine(n)
}

func oneLine(s string) error {
	if strings.TrimSpace(s) == "" || strings.ContainsAny(s, "\r\n") {
		return fmt.Errorf("it is %q", s)
	}
	return nil
}

func same(got, want []policy.Victim) error {
	if !slices.Equal(got, want) {
		return fmt.Errorf("it yields %v, and then %v", want, got)
	}
	return nil
}

func samePolicy(p policy.Policy, v view) error {
	return same(victims(p, v.make()), victims(p, v.make()))
}

func keepsView(p policy.Policy, v view) error {
	seen := v.make()
	victims(p, seen)
	if !reflect.DeepEqual(seen, v.make()) {
		return errors.New("the view has changed")
	}
	return nil
}

func concurrentPolicy(p policy.Policy, v view) error {
	shared := v.make()
	want := victims(p, v.make())
	return together(func() error { return same(victims(p, shared), want) })
}

func onceEach(p policy.Policy, v view) error {
	seen := map[int]bool{}
	for _, victim := range victims(p, v.make()) {
		if seen[victim.Unit] {
			return fmt.Errorf("unit %d comes twice", victim.Unit)
		}
		seen[victim.Unit] = true
	}
	return nil
}

func inRange(p policy.Policy, v view) error {
	for _, victim := range victims(p, v.make()) {
		if victim.Unit < 0 || victim.Unit >= v.units {
			return fmt.Errorf("it yields unit %d", victim.Unit)
		}
	}
	return nil
}

func stops(p policy.Policy, v view) error {
	all := len(victims(p, v.make()))
	for _, after := range []int{1, 2, all / 2, all - 1} {
		if after < 1 || after > all {
			continue
		}
		calls := 0
		p.Victims(v.make())(func(policy.Victim) bool {
			calls++
			return calls < after || calls > all+1
		})
		if calls != after {
			return fmt.Errorf("yield is called %d times although call %d returned false", calls, after)
		}
	}
	return nil
}

func deadFirst(p policy.Policy, v view) error {
	seen := v.make()
	left, lives := 0, false
	for i := range seen.Units {
		if owed(&seen.Units[i]) {
			left++
		}
	}
	for _, victim := range victims(p, seen) {
		if victim.Unit < 0 || victim.Unit >= v.units {
			continue // another rule
		}
		u := &seen.Units[victim.Unit]
		lives = lives || !victim.Dead
		switch {
		case victim.Dead && lives:
			return fmt.Errorf("unit %d is dead and comes after one that lives", victim.Unit)
		case owed(u) && !victim.Dead:
			return fmt.Errorf("unit %d is %s and not yielded as Dead", victim.Unit, u.Mark)
		case owed(u):
			left--
		case !victim.Dead && left > 0:
			return fmt.Errorf("unit %d lives and comes before %d that are marked", victim.Unit, left)
		}
	}
	if left > 0 {
		return fmt.Errorf("%d units that are marked are not yielded", left)
	}
	return nil
}

// owed says whether a policy has to yield the unit as dead.
func owed(u *policy.Unit) bool { return u.Mark != policy.MarkNone && !u.Fixed }

func reasons(p policy.Policy, v view) error {
	for _, victim := range victims(p, v.make()) {
		if err := oneLine(victim.Reason); err != nil {
			return fmt.Errorf("unit %d: %w", victim.Unit, err)
		}
	}
	return nil
}

func keeps(p policy.Policy, v view) error {
	seen := v.make()
	for _, victim := range victims(p, seen) {
		if victim.Unit < 0 || victim.Unit >= v.units {
			continue
		}
		if n := seen.Units[victim.Unit].Tokens; victim.Keep < 0 || victim.Keep >= n && victim.Keep > 0 {
			return fmt.Errorf("unit %d of %d tokens is to keep %d", victim.Unit, n, victim.Keep)
		}
	}
	return nil
}

// roomy makes the view again, with other units behind the end of its slice.
func roomy(v view) *policy.View {
	seen := v.make()
	more := RandomView(v.seed+1, v.units+8).Units
	seen.Units = append(seen.Units, more...)[:v.units]
	seen.Boundaries = append(seen.Boundaries, seen.Boundaries...)[:len(seen.Boundaries)]
	return seen
}

func capacityPolicy(p policy.Policy, v view) error {
	return same(victims(p, roomy(v)), victims(p, v.make()))
}
