package compose

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// sentence is the fewest bytes of text that an excerpt of what stood whole shows:
// less says nothing, and a tombstone is shorter.
const sentence = 160

// shorten makes an excerpt of a unit that the policy wants to keep in so many
// tokens, or a sentence; false when that does not make it shorter. The bytes of what
// the model said are its own: they are never shortened later.
func (l *leaving) shorten(v policy.Victim) bool {
	w := l.w
	unit, at := &w.view.Units[v.Unit], w.spans[v.Unit]
	if w.in.plain != nil && unit.Role == quire.RoleUser {
		return false // nor are those of whoever talks in a session
	}
	if unit.Role == quire.RoleAssistant || unit.Stubbed || unit.Tokens <= v.Keep {
		return false
	}
	sp := w.st.set.Log[at.entry].Spans[at.span]
	it, ok := w.item(sp.Message)
	if !ok {
		return false
	}
	form := resident.FormExcerpt
	if unit.Fixed && unit.Role == quire.RoleUser {
		form = resident.FormWaiting
	}
	show, bytes := w.spanShow(&it, sp, form)
	w.fit(&sp, v.Keep, bytes, show)
	if sp.Form == resident.FormWhole || sp.Keep < sentence {
		sp.Keep = min(sentence, bytes)
		sp.Tokens = show(sp.Keep)
	}
	if sp.Form = form; sp.Tokens >= unit.Tokens {
		return false
	}
	if sp.Stub >= sp.Tokens {
		sp.Stub = 0
	}
	if l.short == nil {
		l.short = map[int]resident.Span{}
	}
	l.short[v.Unit] = sp
	return true
}
