package promptcheck

import (
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire"
)

func geminiRules() []rule {
	g := []quire.API{quire.APIGemini}
	return []rule{
		{"D1", documented, "a functionCall turn comes right after a user's or a functionResponse turn", g, checkCallTurns},
		{"D2", documented, "the next turn has as many functionResponse parts as functionCall parts", g, checkCallCounts},
		{"D3", documented, "the first functionCall of each step of the current turn carries its signature", g, checkThoughtSignatures},
		{"D4", documented, "the contents end on a user's or a function turn", g, checkLastTurn},
		{"D5", documented, "system text stands in systemInstruction", g, checkSystemTurns},
		{"D6", documented, "with cachedContent, system and tools are not sent again", g, checkCachedContent},
		{"D7", documented, "thought is asked for by a budget of at most 32,768 tokens or by a level, not both", g, checkThinkingConfig},
	}
}

func checkCallTurns(r *request) []finding {
	var out []finding
	for i, m := range r.msgs {
		if hasCalls(m) && (i == 0 || r.msgs[i-1].role != user) {
			out = append(out, finding{m.path, "what is before it is neither"})
		}
	}
	return out
}

func count(m message, k kind) int {
	n := 0
	for _, b := range m.blocks {
		if b.kind == k {
			n++
		}
	}
	return n
}

func checkCallCounts(r *request) []finding {
	var out []finding
	for i, m := range r.msgs {
		calls, next := count(m, call), 0
		if i+1 < len(r.msgs) {
			next = count(r.msgs[i+1], result)
		}
		if calls != next {
			out = append(out, finding{m.path, fmt.Sprintf("%d calls, %d responses", calls, next)})
		}
	}
	return out
}

// checkThoughtSignatures can't know the model, so it holds a request to the rule
// only when one of its calls carries a signature.
func checkThoughtSignatures(r *request) []finding {
	start, signed := 0, false
	for i, m := range r.msgs {
		if m.role == user && count(m, result) == 0 {
			start = i
		}
		for _, b := range m.blocks {
			signed = signed || b.kind == call && b.proof != ""
		}
	}
	var out []finding
	for _, m := range r.msgs[min(start, len(r.msgs)):] {
		for _, b := range m.blocks {
			if b.kind != call {
				continue
			}
			if signed && b.proof == "" {
				out = append(out, finding{b.path, "no thoughtSignature"})
			}
			break
		}
	}
	return out
}

func checkLastTurn(r *request) []finding {
	if n := len(r.msgs); n > 0 && r.msgs[n-1].role == assistant {
		return []finding{{r.msgs[n-1].path, "the model's turn is last"}}
	}
	return nil
}

func checkSystemTurns(r *request) []finding {
	var out []finding
	for _, m := range r.msgs {
		if m.role != user && m.role != assistant {
			out = append(out, finding{m.path, fmt.Sprintf("role %q", m.role)})
		}
	}
	return out
}

func checkCachedContent(r *request) []finding {
	if !hasCachedContent(r) {
		return nil
	}
	var out []finding
	for _, field := range []string{"systemInstruction", "toolConfig", "tools"} {
		if _, there := r.top[field]; there {
			out = append(out, finding{field, "sent beside cachedContent"})
		}
	}
	return out
}

func checkThinkingConfig(r *request) []finding {
	var in struct {
		Thinking struct {
			Budget *int   `json:"thinkingBudget"`
			Level  string `json:"thinkingLevel"`
		} `json:"thinkingConfig"`
	}
	_ = json.Unmarshal(r.top["generationConfig"], &in) // what is no config asks for nothing
	const path = "generationConfig.thinkingConfig"
	switch b := in.Thinking.Budget; {
	case b == nil:
		return nil
	case in.Thinking.Level != "":
		return []finding{{path, "both"}}
	case *b < -1 || *b > 32768:
		return []finding{{path, fmt.Sprintf("%d tokens", *b)}}
	}
	return nil
}
