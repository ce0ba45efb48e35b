package wire

import (
	"slices"

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

// clearMember is the member of a system's message that says when the server shows it no more,
// and effortMember that says how hard the model thinks from there on.
const (
	clearMember  = "clear_at"
	effortMember = "output_config"
)

// anthropicSystem is the role of a system's message as it is opened, with when it is cleared
// where the message says that.
func anthropicSystem(m quire.PromptMessage) string {
	own, _ := besideAll(quire.APIAnthropic, m.Parts)
	if at := own.get(clearMember); len(at) > 1 && at[0] == '"' {
		return `system","` + clearMember + `":` + string(at[:len(at)-1])
	}
	return "system"
}

// effortOf is what a system's message sets beside what it says; says is whether it says
// anything.
func effortOf(m quire.PromptMessage) (set members, says bool) {
	own, said := besideAll(quire.APIAnthropic, m.Parts)
	if effort := own.get(effortMember); isObject(effort) {
		return members{{effortMember, effort}}, len(said) > 0
	}
	return nil, true
}

// onlySets is a system's message that sets something and says nothing.
func onlySets(set members, msg int) item {
	return item{body: withMembers([]byte(anthropicOpen(string(roleSystem))+"]}"), set), level: LevelMessages, msg: msg}
}

// placed is a prompt whose messages of the system's stand where Anthropic takes them: behind a
// user's, and before the model's or at the end. Elsewhere what one says is a user's, which is
// said too; what one sets may stand anywhere.
func placed(p *quire.Prompt) *quire.Prompt {
	if !slices.ContainsFunc(p.Messages, func(m quire.PromptMessage) bool { return m.Role == roleSystem }) {
		return p
	}
	var at []int // of what is said
	for i, m := range p.Messages {
		if _, says := effortOf(m); says || m.Role != roleSystem {
			at = append(at, i)
		}
	}
	next := quire.RoleAssistant // of the message behind, that is no system's; at the end none is
	moved := map[int]bool{}
	for k := len(at) - 1; k >= 0; k-- {
		m := p.Messages[at[k]]
		switch {
		case m.Role != roleSystem:
			next = m.Role
		case next != quire.RoleAssistant:
			moved[at[k]] = true
		}
	}
	var before quire.Role
	for _, i := range at {
		switch m := p.Messages[i]; {
		case m.Role != roleSystem || moved[i]:
			before = m.Role
		case before == quire.RoleAssistant || before == "":
			moved[i] = true
		}
		if moved[i] {
			before = quire.RoleUser
		}
	}
	if len(moved) == 0 {
		return p
	}
	q := *p
	q.Messages = slices.Clone(p.Messages)
	for i := range moved {
		q.Messages[i].Role = quire.RoleUser
	}
	return &q
}
