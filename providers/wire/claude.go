package wire

import (
	"github.com/quire-dev/quire"
)

// paused says whether a prompt ends where the server paused its own turn: such a
// prompt goes on as it is.
func paused(p *quire.Prompt) bool {
	last := p.Messages[len(p.Messages)-1]
	if n := len(last.Parts); last.Role == quire.RoleAssistant && n > 0 {
		o, ok := last.Parts[n-1].(quire.Opaque)
		if ok {
			_, ok = carried(quire.APIAnthropic, o)
		}
		return ok
	}
	return false
}
