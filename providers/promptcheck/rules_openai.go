package promptcheck

import (
	"fmt"

	"github.com/quire-dev/quire"
)

func openAIRules() []rule {
	chat := []quire.API{quire.APIOpenAIChat, quire.APIStrict}
	responses := []quire.API{quire.APIOpenAIResponses}
	both := []quire.API{quire.APIOpenAIChat, quire.APIOpenAIResponses}
	return []rule{
		{"C1", documented, "an assistant message with calls is followed directly by one tool message for each", chat, checkToolMessages},
		{"C2", documented, "content is null only beside calls or a refusal", chat, checkNullContent},
		{"C3", documented, "a function_call_output has its function_call before it", responses, checkOutputs},
		{"C4", seen, "a reasoning item and the item after it are both in or both out", responses, checkReasoningItems},
		{"C5", documented, "a compaction item is sent back as it came", responses, checkCompaction},
		{"C6", seen, "no history by hand together with previous_response_id", responses, checkPrevious},
		{"C7", documented, "cache marks stand on input text and images only, at most 4", both, checkBreakpoints},
	}
}

func checkToolMessages(r *request) []finding {
	var out []finding
	for i, m := range r.msgs {
		want := map[string]bool{}
		for _, b := range m.blocks {
			if b.kind == call {
				want[b.id] = true
			}
		}
		for j := i + 1; len(want) > 0; j++ {
			if j == len(r.msgs) || r.msgs[j].role != toolRole {
				out = append(out, finding{m.path, fmt.Sprintf("%d of its calls have no tool message directly after it", len(want))})
				break
			}
			delete(want, r.msgs[j].blocks[0].id)
		}
		if m.role == toolRole && (i == 0 || r.msgs[i-1].role != toolRole && !hasCalls(r.msgs[i-1])) {
			out = append(out, finding{m.path, "a tool message that follows no calls"})
		}
	}
	return out
}

func hasCalls(m message) bool {
	for _, b := range m.blocks {
		if b.kind == call {
			return true
		}
	}
	return false
}

func checkNullContent(r *request) []finding {
	var out []finding
	for _, m := range r.msgs {
		if m.null && !(m.role == assistant && hasCalls(m)) {
			out = append(out, finding{m.path, "no content"})
		}
	}
	return out
}

func checkOutputs(r *request) []finding {
	var out []finding
	calls := map[string]bool{}
	r.blocks(func(_ *message, b *block) {
		switch b.kind {
		case call:
			calls[b.id] = true
		case result:
			if !calls[b.id] {
				out = append(out, finding{b.path, "an output for call " + shown(*b)})
			}
		}
	})
	return out
}

func checkReasoningItems(r *request) []finding {
	var out []finding
	for i, m := range r.msgs {
		if !m.reasoning {
			continue
		}
		if i+1 == len(r.msgs) || r.msgs[i+1].role != assistant {
			out = append(out, finding{m.path, "the item that it led to is not there"})
		}
	}
	return out
}

func checkCompaction(r *request) []finding {
	var out []finding
	r.blocks(func(_ *message, b *block) {
		if b.kind == compaction && b.proof == "" {
			out = append(out, finding{b.path, "no encrypted_content"})
		}
	})
	return out
}

func checkPrevious(r *request) []finding {
	if isNull(r.top["previous_response_id"]) {
		return nil
	}
	for _, m := range r.msgs {
		if m.role == assistant {
			return []finding{{m.path, "an item that the server already has"}}
		}
	}
	return nil
}

func checkBreakpoints(r *request) []finding {
	var out []finding
	marks := 0
	for _, t := range r.tools {
		if t.marked {
			out = append(out, finding{t.path, "a mark on a tool"})
		}
	}
	r.blocks(func(m *message, b *block) {
		if !b.marked {
			return
		}
		marks++
		if m.role == assistant || b.kind != text && b.kind != image {
			out = append(out, finding{b.path, "a mark on what the model said"})
		}
	})
	if marks > maxMarks {
		out = append(out, finding{messagesField(r), fmt.Sprintf("%d marks", marks)})
	}
	return out
}
