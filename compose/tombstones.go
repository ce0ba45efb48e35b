package compose

import "github.com/quire-dev/quire"

// stoneShare is the part of the budget that tombstones may take together: a
// hundredth, or one of them.
const stoneShare = 100

// thin takes tombstones of this cut away again, the oldest first, when together
// they take too much, or when nothing else makes the log fit, unless one keeps
// two assistant messages apart or opens the prompt.
func (l *leaving) thin() {
	limit, total, n := l.w.plan.Budget/stoneShare, 0, 0
	for i := range l.log {
		if t := l.log[i].Tombstone; t != nil {
			total += t.Tokens
			n++
		}
	}
	drop := make([]bool, len(l.log))
	dropped := false
	for _, i := range l.stones {
		if (total <= limit || n <= 1) && (l.used <= l.w.room || !l.w.stoneless) {
			break
		}
		if l.needed(i) {
			continue
		}
		drop[i], dropped = true, true
		total -= l.log[i].Tombstone.Tokens
		l.used -= l.log[i].Tombstone.Tokens
		n--
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
		return assistantNext && len(l.w.st.Set.Head) == 0
	}
	prev := &l.log[i-1]
	return assistantNext && prev.Tombstone == nil && prev.Spans[0].Role == quire.RoleAssistant
}
