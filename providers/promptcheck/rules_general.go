package promptcheck

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/quire-dev/quire"
)

func generalRules() []rule {
	all := allAPIs()
	return []rule{
		{"A1", seen, "every call is answered exactly once, after it, and call ids are unique", all, checkPairs},
		{"A2", seen, "reasoning stays with what it led to", all, checkLonelyReasoning},
		{"A3", documented, "there is a message of a user", all, checkUser},
		{"A3", documented, "no message and no text is empty", all, checkEmpty},
		{"A3", documented, "tools are left out when there are none, and stay while calls remain", all, checkTools},
		{"A4", seen, "a result has a body, if only a stub", all, checkResults},
		{"A5", documented, "the output limit leaves room beside the thinking budget", []quire.API{quire.APIAnthropic}, checkThinkingBudget},
		{"A6", ours, "each tool is there once", all, checkToolNames},
		{"A7", seen, "every text holds whole characters", all, checkCharacters},
		{"A8", documented, "a tool's schema is an object with properties, and no choice between objects", all, checkSchemas},
		{"A9", documented, "a picture is of a type that the provider takes, of the type that it says, and not too large", pictured(), checkPictures},
	}
}

func checkPairs(r *request) []finding {
	var out []finding
	callAt := map[string]string{} // id → path
	answered := map[string]bool{}
	r.blocks(func(_ *message, b *block) {
		switch b.kind {
		case call:
			switch _, again := callAt[b.id]; {
			case b.id == "":
				out = append(out, finding{b.path, "a call without an id"})
			case again:
				out = append(out, finding{b.path, "a second call " + shown(*b)})
			default:
				callAt[b.id] = b.path
			}
		case result:
			switch _, known := callAt[b.id]; {
			case !known:
				out = append(out, finding{b.path, "a result for call " + shown(*b) + ", which is not before it"})
			case answered[b.id]:
				out = append(out, finding{b.path, "a second result for call " + shown(*b)})
			}
			answered[b.id] = true
		}
	})
	for id, path := range callAt {
		if !answered[id] {
			out = append(out, finding{path, "a call without a result"})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].path < out[j].path })
	return out
}

func checkLonelyReasoning(r *request) []finding {
	var out []finding
	for _, m := range r.msgs {
		if m.role != assistant || m.reasoning || len(m.blocks) == 0 {
			continue
		}
		only := true
		for _, b := range m.blocks {
			only = only && b.kind == thinking
		}
		if only {
			out = append(out, finding{m.path, "reasoning and nothing else"})
		}
	}
	return out
}

func checkUser(r *request) []finding {
	for _, m := range r.msgs {
		if m.role != user {
			continue
		}
		for _, b := range m.blocks {
			if b.kind != result {
				return nil
			}
		}
	}
	return []finding{{messagesField(r), "none"}}
}

func messagesField(r *request) string {
	switch r.api {
	case quire.APIOpenAIResponses:
		return "input"
	case quire.APIGemini:
		return "contents"
	}
	return "messages"
}

func checkEmpty(r *request) []finding {
	var out []finding
	for _, m := range r.msgs {
		if len(m.blocks) == 0 && !(m.null && r.api == quire.APIOpenAIChat) { // null is rule C2
			out = append(out, finding{m.path, "an empty message"})
		}
	}
	if r.api == quire.APIAnthropic {
		return out // empty text there is rule B4
	}
	r.blocks(func(_ *message, b *block) {
		if b.kind == text && blank(b.text) {
			out = append(out, finding{b.path, "empty text"})
		}
	})
	for _, b := range r.system {
		if b.kind == text && blank(b.text) {
			out = append(out, finding{b.path, "empty text"})
		}
	}
	return out
}

func checkTools(r *request) []finding {
	raw, there := r.top["tools"]
	calls := 0
	r.blocks(func(_ *message, b *block) {
		if b.kind == call {
			calls++
		}
	})
	switch {
	case there && len(r.tools) == 0:
		return []finding{{"tools", "sent as " + string(raw[:min(len(raw), 40)])}}
	case len(r.tools) == 0 && calls > 0 && !hasCachedContent(r):
		return []finding{{"tools", fmt.Sprintf("none, but %d calls in the messages", calls)}}
	}
	return nil
}

func hasCachedContent(r *request) bool {
	_, ok := r.top["cachedContent"]
	return ok
}

func checkResults(r *request) []finding {
	var out []finding
	r.blocks(func(_ *message, b *block) {
		if b.kind != result || !blank(b.text) {
			return
		}
		for _, in := range b.inner {
			if in.kind != text {
				return // a picture is a body
			}
		}
		out = append(out, finding{b.path, "the result for call " + shown(*b) + " is empty"})
	})
	return out
}

func checkThinkingBudget(r *request) []finding {
	var in struct {
		Budget int `json:"budget_tokens"`
	}
	var limit int
	if json.Unmarshal(r.top["max_tokens"], &limit) != nil {
		return nil // a request that only counts has no limit
	}
	_ = json.Unmarshal(r.top["thinking"], &in)
	if in.Budget > 0 && in.Budget >= limit {
		return []finding{{"thinking.budget_tokens", fmt.Sprintf("%d of %d output tokens", in.Budget, limit)}}
	}
	return nil
}

func checkToolNames(r *request) []finding {
	var out []finding
	seen := map[string]bool{}
	for _, t := range r.tools {
		if seen[t.name] {
			out = append(out, finding{t.path, fmt.Sprintf("a second tool %q", t.name)})
		}
		seen[t.name] = true
	}
	return out
}
