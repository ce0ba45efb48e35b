package fit

import (
	"iter"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
)

// unlimited is a budget under which nothing leaves.
const unlimited = 1 << 40

// watch is a policy under which nothing leaves before its time. It tells what stood in
// each prompt, and whether the answer to it used that.
type watch struct {
	units []policy.Unit // of the last view
	stood map[quire.UID]policy.Unit
	yield func(policy.Unit, bool) bool
}

// composer is one that it watches.
func (w *watch) composer(o compose.Options) *compose.Composer {
	o.Policy, o.Schedule = w, policy.Strict{}
	return compose.New(&o)
}

// Name says what it does.
func (*watch) Name() string { return "watch" }

// Victims keeps the view's units.
func (w *watch) Victims(v *policy.View) iter.Seq[policy.Victim] {
	w.units = append(w.units[:0], v.Units...)
	return func(func(policy.Victim) bool) {}
}

// see takes the last view, in which the answer to the one before has arrived. It returns false when nobody wants more.
func (w *watch) see() bool {
	now := make(map[quire.UID]policy.Unit, len(w.stood)+4)
	for i := range w.units {
		u := &w.units[i]
		if u.Stubbed {
			continue
		}
		if was, ok := w.stood[u.UID]; ok && !w.yield(was, u.Idle == 0) {
			return false
		}
		now[u.UID] = *u
	}
	w.stood = now
	return true
}
