package wire

import (
	"github.com/quire-dev/quire"
)

// paused says whether a prompt ends where the server paused its own turn, or with a
// message of the system's: such a prompt goes on as it is.
func paused(p *quire.Prompt) bool {
	last := p.Messages[len(p.Messages)-1]
	if last.Role == roleSystem {
		return true
	}
	if n := len(last.Parts); last.Role == quire.RoleAssistant && n > 0 {
		o, ok := last.Parts[n-1].(quire.Opaque)
		if ok {
			_, ok = carried(quire.APIAnthropic, o)
		}
		return ok
	}
	return false
}

// clearMember is the member of a system's message that says when the server shows it no more.
const clearMember = "clear_at"

// anthropicSystem is the role of a system's message as it is opened, with when it is cleared
// where the message says that.
func anthropicSystem(m quire.PromptMessage) string {
	own, _ := besideAll(quire.APIAnthropic, m.Parts)
	if at := own.get(clearMember); len(at) > 1 && at[0] == '"' {
		return `system","` + clearMember + `":` + string(at[:len(at)-1])
	}
	return "system"
}
