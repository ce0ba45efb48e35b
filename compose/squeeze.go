package compose

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
)

// leastExcerpt is the least part of the log's room that results are cut to before
// what somebody sent is cut too: an eighth.
const leastExcerpt = 8

// squeeze makes excerpts of what must stay and does not fit: of results first, then
// of what somebody sent, then of what the model said, the longest ones to the same
// size. What is pinned is not cut. Only sessions do so: elsewhere what enters is
// never larger than its share.
func (l *leaving) squeeze() {
	w := l.w
	if w.in.plain == nil || l.used <= w.room {
		return
	}
	w.plan.squeezed = true
	for _, roles := range [][]quire.Role{{quire.RoleTool}, {quire.RoleTool, quire.RoleUser}, {quire.RoleTool, quire.RoleUser, quire.RoleAssistant}} {
		least := w.room / leastExcerpt
		if len(roles) == 3 {
			least = 0
		}
		if l.squeezeTo(l.cuttable(roles), least) {
			return
		}
	}
}

// squeezeTo cuts the units to what fits; false, with all as it was, when that is less
// than least tokens for each.
func (l *leaving) squeezeTo(units []int, least int) bool {
	w := l.w
	need := l.used - w.room
	for range strictRounds {
		level := fill(w.unitTokens(units), need)
		if level < least {
			break
		}
		for _, u := range units {
			if w.view.Units[u].Tokens > level {
				l.shortenTo(u, max(level, 1))
			}
		}
		if l.buildPlain(); l.used <= w.room {
			return true
		}
		need += l.used - w.room + 4
	}
	if least > 0 {
		l.short = nil
		l.buildPlain()
	}
	return false
}

// cuttable lists the units of these roles that stand and may be cut.
func (l *leaving) cuttable(roles []quire.Role) []int {
	var out []int
	for u := range l.w.view.Units {
		unit, at := &l.w.view.Units[u], l.w.spans[u]
		if sp := &l.w.st.set.Log[at.entry].Spans[at.span]; l.whole[at.entry] || l.stubs(u) || unit.Stubbed || sp.Pinned {
			continue
		}
		if slices.Contains(roles, unit.Role) {
			out = append(out, u)
		}
	}
	return out
}

func (w *work) unitTokens(units []int) []int {
	out := make([]int, len(units))
	for i, u := range units {
		out[i] = w.view.Units[u].Tokens
	}
	return out
}

// fill returns the size that the largest of sizes are cut to, so that together they
// take need less; 0 when that can't be.
func fill(sizes []int, need int) int {
	sizes = slices.Clone(sizes)
	slices.Sort(sizes)
	total := -need
	for _, n := range sizes {
		total += n
	}
	for i, n := range sizes {
		if each := total / (len(sizes) - i); n > each {
			return max(each, 0)
		}
		total -= n
	}
	return 0
}

// shortenTo makes an excerpt of a unit, whatever its role.
func (l *leaving) shortenTo(u, tokens int) {
	w, at := l.w, l.w.spans[u]
	sp := w.st.set.Log[at.entry].Spans[at.span]
	it, ok := w.item(sp.Message)
	if !ok {
		return
	}
	whole := sp.Tokens
	switch sp.Role {
	case quire.RoleTool:
		w.fitResult(&it, &sp, tokens)
	case quire.RoleUser:
		show, bytes := w.spanShow(&it, sp, resident.FormExcerpt)
		w.fit(&sp, tokens, bytes, show)
	default:
		ids := w.st.set.Log[at.entry].CallIDs
		silent := whole - w.count(w.turnParts(&it, ids, &sp)) // for calls without a result
		w.fitTurn(&it, ids, &sp, tokens-silent)
		sp.Tokens += silent
	}
	if sp.Form != resident.FormExcerpt || sp.Tokens >= whole {
		return
	}
	if sp.Stub >= sp.Tokens {
		sp.Stub = 0
	}
	if l.short == nil {
		l.short = map[int]resident.Span{}
	}
	l.short[u] = sp
	l.why[u] = "what must stay does not fit whole"
}
