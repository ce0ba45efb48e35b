package compose

import (
	"slices"

	"github.com/quire-dev/quire"
)

// thin takes tombstones of this cut away again where what stands around them joins
// without: a model sees by the numbers that something is missing. One stays where it
// keeps two assistant messages apart, and at the front, unless nothing else makes the log
// fit.
func (l *leaving) thin() {
	drop := make([]bool, len(l.log))
	dropped := false
	for _, i := range slices.Backward(l.stones) {
		if l.needed(i) || i == 0 && (!l.w.stoneless || l.used <= l.w.room) {
			continue
		}
		drop[i], dropped = true, true
		l.used -= l.log[i].Tombstone.Tokens
	}
	if !dropped {
		return
	}
	log, old := l.log[:0], l.old[:0]
	for i := range drop {
		if !drop[i] {
			log, old = append(log, l.log[i]), append(old, l.old[i])
		}
	}
	l.log, l.old = log, old
}

// needed says whether the prompt would not be valid without the tombstone at i.
func (l *leaving) needed(i int) bool {
	if i+1 >= len(l.log) {
		return true // never end on less than what was there
	}
	next := &l.log[i+1]
	assistantNext := next.Tombstone == nil && next.Spans[0].Role == quire.RoleAssistant
	if i == 0 {
		return assistantNext && len(l.w.st.set.Head) == 0 && (l.w.in.stands == nil || !l.w.in.stands.Head)
	}
	prev := &l.log[i-1]
	return assistantNext && prev.Tombstone == nil && prev.Spans[0].Role == quire.RoleAssistant
}
