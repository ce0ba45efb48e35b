package agent

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
)

// more says whether something that is no pull forces what leaves: something that no
// quote knew of, what a call behind the last pull returned or mail; or so much that no
// pull made the difference.
func (x *trial) more(p *compose.Plan) bool {
	st := &p.Next
	pulls, behind, others := false, false, 0
	for _, s := range st.Items() {
		switch {
		case s.Fate == compose.FateOut || s.Entered != st.Calls():
			continue
		case len(s.Shows) > 0:
			pulls, behind = true, false
			continue
		case s.Role != quire.RoleAssistant:
			behind = true
		}
		others += s.Tokens
	}
	return !pulls || behind || x.last.Used+others+stones > p.Budget*19/20
}

// stones is what tombstones and the notice may take beside what is counted here.
const stones = 120

// mightStay says whether something of so many tokens could stand in a plan if all else
// left that may leave before what the turn holds.
func (x *trial) mightStay(p *compose.Plan, tokens int) bool {
	log := groups(&p.Next)
	newest, free := -1, 0
	for i := range log {
		if log[i][0].Role == quire.RoleUser {
			newest = i
		}
	}
	for i := range log {
		if log[i][0].Fate != compose.FateOut && i != newest && i != len(log)-1 {
			free += freeOf(p, log[i])
		}
	}
	return p.Used+tokens+stones-free <= p.Budget*19/20
}

// groups are the rows of a state, by group.
func groups(st *compose.State) (list [][]compose.Standing) {
	for _, s := range st.Items() {
		if n := len(list); n > 0 && list[n-1][0].Seq == s.Seq {
			list[n-1] = append(list[n-1], s)
			continue
		}
		list = append(list, []compose.Standing{s})
	}
	return list
}

// freeOf is what of a group may leave: all of it, or stubs.
func freeOf(p *compose.Plan, group []compose.Standing) int {
	held, whole, stubs := false, 0, 0
	for j := range group {
		sp := &group[j]
		stays := sp.Pinned || sp.Mark == "" && sp.Now && sp.Fate != compose.FateStub && (sp.Class == policy.ClassPulled || sp.Role == quire.RoleUser && sp.Kind != quire.KindNote)
		whole += sp.Tokens
		switch {
		case stays, slices.Contains(p.Left, sp.UID): // what left of a group would need it
			held = true
		case sp.Role == quire.RoleTool && sp.Fate != compose.FateStub && sp.Stub > 0:
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
	for _, group := range groups(before) {
		for _, s := range group {
			if s.Fate != compose.FateOut && (s.UID == uid || contains(s.Shows, uid)) {
				all := 0
				for _, other := range group {
					if spanOf(&p.Next, other.UID) == nil {
						all += other.Tokens
					}
				}
				n = max(n, s.Tokens, all)
			}
		}
	}
	return n
}
