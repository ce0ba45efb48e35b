package compose

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
)

// shorten makes an excerpt of a unit that the policy wants to keep in so many
// tokens; false when that does not make it shorter. The bytes of what the model
// said are its own: they are never shortened later.
func (l *leaving) shorten(v policy.Victim) bool {
	w := l.w
	unit, at := &w.view.Units[v.Unit], w.spans[v.Unit]
	if w.in.plain != nil && unit.Role == quire.RoleUser {
		return false // nor are those of whoever talks in a session
	}
	if unit.Role == quire.RoleAssistant || unit.Stubbed || unit.Tokens <= v.Keep {
		return false
	}
	sp := w.st.Set.Log[at.entry].Spans[at.span]
	it, ok := w.item(sp.Message)
	if !ok {
		return false
	}
	if unit.Role == quire.RoleTool {
		w.fitResult(&it, &sp, v.Keep)
	} else {
		w.fit(&sp, v.Keep, textBytes(it.Parts), func(keep int) int { return w.count(w.userParts(&it, keep)) })
	}
	if sp.Form != quire.FormExcerpt || sp.Tokens >= unit.Tokens {
		return false
	}
	if sp.Stub >= sp.Tokens {
		sp.Stub = 0
	}
	if l.short == nil {
		l.short = map[int]quire.Span{}
	}
	l.short[v.Unit] = sp
	return true
}
