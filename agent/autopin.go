package agent

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// autopin pins the mail of this call that a rule or a flag wants pinned, and returns
// what the owner is told of what could not be.
func (a *Agent) autopin(m *moment) []quire.Draft {
	var full []quire.UID
	for _, list := range [][]quire.Item{m.wake, m.snap.Arrived} {
		for i := range list {
			it := &list[i]
			wanted := !it.Self && (it.Flags.Has(quire.FlagPinned) || a.o.Pin != nil && a.o.Pin(it))
			if wanted && a.shows(m, it.UID) && !m.pin(it.UID, a.budget()) {
				full = append(full, it.UID)
			}
		}
	}
	if len(full) == 0 {
		return nil
	}
	return a.tellOwner(m, "Not pinned", fmt.Sprintf("%s should stay in the context of %s and can't: pins hold %d tokens already, and %d%% of the budget at most. Unpin something, or raise the budget.",
		numbers(full), a.o.Address, pinned(&m.state), maxPinned))
}

// pinned are the tokens that pins hold.
func pinned(st *compose.State) (tokens int) {
	for _, row := range st.Items() {
		if row.Pinned {
			tokens += row.Tokens
		}
	}
	return tokens
}

// pin pins a message in the context, unless pins would then hold too much of the
// budget.
func (m *moment) pin(uid quire.UID, budget int) bool {
	before := m.state
	if !m.state.Pin(uid, true) {
		return false
	}
	if pinned(&m.state) > budget*maxPinned/100 {
		m.state = before
		return false
	}
	return true
}
