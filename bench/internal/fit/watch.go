package fit

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
)

// unlimited is a budget under which nothing leaves.
const unlimited = 1 << 40

// keeper is a composer under which nothing leaves before its time.
func keeper(o compose.Options) *compose.Composer {
	o.Policy, o.Schedule = policy.OldestFirst{}, policy.Strict{}
	return compose.New(&o)
}

// watch tells what stood in each prompt, and whether the answer to it used that.
type watch struct {
	stood map[quire.UID]policy.Unit
	yield func(policy.Unit, bool) bool
}

// see takes the next plan of the life, in which the answer to the one before has
// arrived. It returns false when nobody wants more.
func (w *watch) see(plan *compose.Plan) bool {
	log := plan.Next.Set.Log
	now := make(map[quire.UID]policy.Unit, len(w.stood)+4)
	for i := range log {
		for j := range log[i].Spans {
			sp := &log[i].Spans[j]
			if sp.Form == quire.FormStub {
				continue
			}
			if was, ok := w.stood[sp.UID]; ok && !w.yield(was, sp.LastUse == plan.Call) {
				return false
			}
			now[sp.UID] = policy.Unit{UID: sp.UID, Kind: sp.Kind, Role: sp.Role, Tokens: sp.Tokens,
				Uses: sp.Uses, Names: sp.Names, Idle: int(plan.Call - sp.LastUse)}
		}
	}
	w.stood = now
	return true
}
