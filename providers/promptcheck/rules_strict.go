package promptcheck

import (
	"fmt"

	"github.com/quire-dev/quire"
)

func strictRules() []rule {
	s := []quire.API{quire.APIStrict, quire.APIOllama}
	return []rule{
		{"E1", seen, "one system message, and it leads", s, checkOneSystem},
		{"E2", seen, "user and assistant alternate, the tool flow excepted", s, checkTurns},
		{"E3", seen, "there is at least one real user message", s, checkRealUser},
		{"E5", seen, "a message has one call at most", s[:1], checkOneCall},
		{"E4", seen, "no user message directly after a tool message", s, checkAfterTool},
	}
}

func checkOneCall(r *request) []finding {
	var out []finding
	for _, m := range r.msgs {
		n := 0
		for _, b := range m.blocks {
			if b.kind == call {
				n++
			}
		}
		if n > 1 {
			out = append(out, finding{m.path, fmt.Sprintf("%d calls", n)})
		}
	}
	return out
}

func checkOneSystem(r *request) []finding {
	var out []finding
	for i, m := range r.msgs {
		if m.role == system && i > 0 {
			out = append(out, finding{m.path, "a system message that does not lead"})
		}
	}
	return out
}

func checkTurns(r *request) []finding {
	var out []finding
	last := ""
	for _, m := range r.msgs {
		switch m.role {
		case system:
			continue
		case user, assistant, toolRole:
		default:
			out = append(out, finding{m.path, fmt.Sprintf("role %q", m.role)})
		}
		switch {
		case last == "" && m.role != user:
			out = append(out, finding{m.path, "the first message is the " + m.role + "'s"})
		case last == m.role && m.role != toolRole:
			out = append(out, finding{m.path, "a second " + m.role + " message in a row"})
		}
		last = m.role
	}
	return out
}

func checkRealUser(r *request) []finding {
	for _, m := range r.msgs {
		if m.role != user {
			continue
		}
		for _, b := range m.blocks {
			if b.kind == image || b.kind == text && !blank(b.text) {
				return nil
			}
		}
	}
	return []finding{{"messages", "none with content"}}
}

func checkAfterTool(r *request) []finding {
	var out []finding
	for i, m := range r.msgs {
		if i > 0 && m.role == user && r.msgs[i-1].role == toolRole {
			out = append(out, finding{m.path, "it stands behind a tool message"})
		}
	}
	return out
}
