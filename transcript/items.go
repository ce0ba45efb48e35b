package transcript

import (
	"encoding/json"
	"strings"

	"github.com/quire-dev/quire"
)

// isItem says whether a type is one of the items of OpenAI's Responses API,
// which Codex records too. New kinds of calls and their outputs come every few
// months; their names end alike.
func isItem(kind string) bool {
	switch kind {
	case "reasoning", "function_call", "item_reference", "compaction", "compaction_summary", "ghost_snapshot", "mcp_list_tools", "mcp_approval_request":
		return true
	}
	return strings.HasSuffix(kind, "_call") || strings.HasSuffix(kind, "_call_output") || kind == "tool_search_output"
}

// item reads one item that is no message. Those that the model made are pieces
// of its answer.
func (x *elements) item(f fields, line int) (e entry, piece bool) {
	e = entry{line: line, role: "assistant", time: x.timeOf(f, line), model: firstOf(f.str("model"), x.model)}
	kind := f.str("type")
	id := f.str("call_id")
	switch {
	case kind == "reasoning":
		e.parts = []quire.Part{x.thinking(f, e.model)}
	case strings.HasSuffix(kind, "_output"):
		e.role = "tool"
		e.parts = []quire.Part{x.output(f, line)}
		return e, false
	case kind == "function_call" || strings.HasSuffix(kind, "_call") && id != "":
		args := args(f.raw("arguments", "input", "action"))
		e.parts = []quire.Part{quire.ToolCall{ID: firstOf(id, f.str("id")), Name: firstOf(f.str("name"), strings.TrimSuffix(kind, "_call")), Args: args}}
	default: // what the provider's own tools did
		raw := x.raw
		if len(raw) == 0 {
			raw, _ = json.Marshal(f) // of raw values, each of which was read
		}
		e.parts = opaque(kind, raw)
	}
	return e, true
}

// thinking reads an item of reasoning.
func (x *elements) thinking(f fields, model string) quire.Reasoning {
	var text []string
	for _, name := range []string{"summary", "content"} {
		list, _ := f.list(name)
		for _, t := range list {
			if s := t.str("text"); s != "" {
				text = append(text, s)
			}
		}
		if len(text) > 0 {
			break
		}
	}
	return quire.Reasoning{Model: model, ID: f.str("id"), Text: strings.Join(text, "\n\n"), Data: f.str("encrypted_content")}
}

// output reads what a call returned: text, a list of blocks, or an object that
// holds either.
func (x *elements) output(f fields, line int) quire.ToolResult {
	r := quire.ToolResult{CallID: firstOf(f.str("call_id"), f.str("id")), Name: f.str("name")}
	raw := f.raw("output", "tools")
	if len(raw) > 0 && raw[0] == '{' {
		if o := f.object("output"); len(o["content"]) > 0 {
			r.IsError = string(o["success"]) == "false"
			raw = o["content"]
		}
	}
	var err error
	if len(raw) > 0 && raw[0] == '{' {
		r.Parts = opaque("output", raw)
	} else {
		r.Parts, err = decoder{inside: true}.content(raw)
	}
	if err != nil {
		x.report(line, codeField, "output: %w", err)
		r.Parts = text(string(raw))
	}
	return r
}
