package compose

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
)

// complete makes a cut through a session's list whole: with what somebody sent goes
// all that answers to it, and what somebody sent stays as long as anything that
// answers to it does.
func (l *leaving) complete() {
	log := l.w.st.set.Log
	first := make([]int, len(log)+1) // of each entry: its first unit
	for i := range log {
		first[i+1] = first[i] + len(log[i].Spans)
	}
	live := make([]bool, len(l.gone))
	for _, u := range l.live {
		live[u] = true
	}
	for i := 0; i < len(log); {
		answers := i
		for answers < len(log) && asked(&log[answers]) {
			answers++
		}
		end := answers
		for end < len(log) && !asked(&log[end]) {
			end++
		}
		l.completeOne(first[i], first[answers], first[end], live)
		i = end
	}
}

// asked says whether an entry is what somebody sent.
func asked(e *resident.Entry) bool { return e.Tombstone == nil && e.Spans[0].Role == quire.RoleUser }

// completeOne does so with the units from what somebody sent to the next such.
func (l *leaving) completeOne(from, answers, end int, live []bool) {
	if from == answers || answers == end {
		return // nobody asked, or nobody answered
	}
	why := ""
	for u := from; u < answers; u++ {
		if l.gone[u] && live[u] {
			why = l.why[u]
		}
	}
	stays := false
	for u := answers; u < end; u++ {
		if why != "" && !l.gone[u] && !l.w.view.Units[u].Fixed {
			l.gone[u], l.why[u] = true, why
			delete(l.short, u)
		}
		stays = stays || !l.gone[u]
	}
	for u := from; u < answers; u++ {
		switch {
		case stays:
			l.gone[u] = false
		case why != "" && !l.w.view.Units[u].Fixed:
			l.gone[u], l.why[u] = true, why
		}
	}
}

// buildPlain makes the log as it will stand, with one line at the front for all
// that left, in this cut and before.
func (l *leaving) buildPlain() {
	w := l.w
	l.first, l.used, l.stones = len(w.st.set.Log), 0, nil
	l.log, l.old = nil, nil
	l.again = make([]bool, len(w.st.set.Log))
	var all region
	unit := 0
	for i := range w.st.set.Log {
		e := &w.st.set.Log[i]
		switch {
		case e.Tombstone != nil:
			all.cover(e.Tombstone.First, e.Tombstone.Last, e.Tombstone.Messages)
		case l.whole[i]:
			l.first = 0
			for j := range e.Spans {
				all.cover(e.Spans[j].UID, e.Spans[j].UID, 1)
			}
		default:
			l.keep(i, e, unit)
		}
		unit += len(e.Spans)
	}
	if all.stone.Messages > 0 {
		l.lead(all.stone)
	}
	for i := range l.log {
		l.used += entryTokens(&l.log[i])
	}
}

// lead puts the line for what left before everything else.
func (l *leaving) lead(stone resident.Tombstone) {
	old := -1
	if log := l.w.st.set.Log; l.first > 0 && log[0].Tombstone != nil {
		stone, old = *log[0].Tombstone, 0 // as it was
	} else {
		stone.Tokens = l.w.countStone(&stone)
		l.stones = []int{0}
	}
	l.log = append([]resident.Entry{{Tombstone: &stone, Render: render.Version}}, l.log...)
	l.old = append([]int{old}, l.old...)
}

func (w *work) countStone(t *resident.Tombstone) int {
	return w.count([]quire.Part{quire.Text{Text: w.tombstone(t)}})
}
