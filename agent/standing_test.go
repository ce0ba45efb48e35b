package agent

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// more says whether something that is no pull forces what leaves: something that no
// quote knew of, what a call behind the last pull returned or mail; or so much that no
// pull made the difference.
func (x *trial) more(p *compose.Plan) bool {
	st := &p.Next
	pulls, behind, others := false, false, 0
	for i := range st.Set.Log {
		for j := range st.Set.Log[i].Spans {
			sp := &st.Set.Log[i].Spans[j]
			switch {
			case sp.Entered != st.Call:
			case len(sp.Shows) > 0:
				pulls, behind = true, false
				continue
			case sp.Role != quire.RoleAssistant:
				behind = true
			}
			if sp.Entered == st.Call {
				others += sp.Tokens
			}
		}
	}
	return !pulls || behind || x.last.Used+others > p.Budget*19/20
}

// stones is what tombstones and the notice may take beside what is counted here.
const stones = 120

// mightStay says whether something of so many tokens could stand in a plan if all else
// left that may leave before what the turn holds.
func (x *trial) mightStay(p *compose.Plan, tokens int) bool {
	log := p.Next.Set.Log
	newest, free := -1, 0
	for i := range log {
		if log[i].Tombstone == nil && log[i].Spans[0].Role == quire.RoleUser {
			newest = i
		}
	}
	for i := range log {
		if log[i].Tombstone == nil && i != newest && i != len(log)-1 {
			free += freeOf(p, &log[i])
		}
	}
	return p.Used+tokens+stones-free <= p.Budget*19/20
}

// freeOf is what of a group may leave: all of it, or stubs.
func freeOf(p *compose.Plan, e *quire.Entry) int {
	held, whole, stubs := false, 0, 0
	for j := range e.Spans {
		sp := &e.Spans[j]
		stays := sp.Pinned || !sp.Dead() && sp.Turn == p.Next.Turn && sp.Form != quire.FormStub && (sp.Class == quire.ClassPulled || sp.Role == quire.RoleUser && sp.Kind != quire.KindNote)
		whole += sp.Tokens
		switch {
		case stays, slices.Contains(p.Left, sp.UID): // what left of a group would need it
			held = true
		case sp.Role == quire.RoleTool && sp.Form != quire.FormStub && sp.Stub > 0:
			stubs += sp.Tokens - sp.Stub
		}
	}
	if held {
		return stubs
	}
	return whole
}

// shownIn lists what a message showed in a state.
func shownIn(st *compose.State, uid quire.UID) []quire.UID {
	sp := spanOf(st, uid)
	switch {
	case sp == nil || sp.Role == quire.RoleAssistant:
		return nil
	case len(sp.Shows) > 0:
		return sp.Shows
	}
	return []quire.UID{uid}
}

func written(p *compose.Plan) string {
	var b strings.Builder
	_, _ = p.WriteTo(&b)
	return b.String()
}

// took is what left with a message: the span that showed it, or all of its group.
func took(p *compose.Plan, before *compose.State, uid quire.UID) int {
	n := 0
	for i := range before.Set.Log {
		e := &before.Set.Log[i]
		for j := range e.Spans {
			if sp := &e.Spans[j]; sp.UID == uid || contains(sp.Shows, uid) {
				all := 0
				for k := range e.Spans {
					if spanOf(&p.Next, e.Spans[k].UID) == nil {
						all += e.Spans[k].Tokens
					}
				}
				n = max(n, sp.Tokens, all)
			}
		}
	}
	return n
}
