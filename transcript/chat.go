package transcript

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/quire-dev/quire"
)

// fields is a JSON object whose values have not been looked at.
type fields map[string]json.RawMessage

// str returns a field that is a string or number, as text; else "".
func (f fields) str(name string) string {
	var s string
	raw := f[name]
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if len(raw) > 0 && raw[0] != '"' && json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

// object returns a field that is an object; else nil.
func (f fields) object(name string) fields {
	var o fields
	if json.Unmarshal(f[name], &o) != nil {
		return nil
	}
	return o
}

// isMessage says whether the object is a chat message.
func (f fields) isMessage() bool { return f.str("role") != "" }

// chatMessage reads one message of a chat. What can't be read of it is
// reported; the rest is kept.
func (b *builder) chatMessage(f fields, line int) {
	e := entry{line: line, role: strings.ToLower(f.str("role")), name: f.str("name")}
	if e.role == "developer" {
		e.role = "system"
	}
	e.time = b.timeOf(f, line)
	response := f.object("extra").object("response")
	e.model = firstOf(f.str("model"), response.str("model"))
	if e.role == "assistant" {
		b.chatTurn(&e, f, response)
	} else {
		b.chatOther(&e, f)
	}
	b.add(e)
}

// chatTurn reads what a model answered.
func (b *builder) chatTurn(e *entry, f, response fields) {
	if r := firstOf(f.str("reasoning_content"), f.str("reasoning")); r != "" {
		e.parts = append(e.parts, quire.Reasoning{Model: e.model, Text: r})
	}
	parts, err := decoder{model: e.model}.content(f["content"])
	if err != nil {
		b.report(e.line, codeField, "%w", err)
	}
	e.parts = append(e.parts, parts...)
	e.parts = append(e.parts, text(f.str("refusal"))...)
	e.parts = append(e.parts, b.chatCalls(f, e.line)...)
	for _, raw := range []json.RawMessage{f["usage"], response["usage"]} {
		u, err := decodeUsage(raw)
		if err != nil {
			b.report(e.line, codeField, "usage: %w", err)
		}
		e.usage = most(e.usage, u)
	}
}

// chatCalls reads the tool calls of a message, in the present and the older
// form. The older one has no ids: they are made up from the message's place.
func (b *builder) chatCalls(f fields, line int) []quire.Part {
	type function struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	var parts []quire.Part
	var list []json.RawMessage
	if raw := f["tool_calls"]; len(raw) > 0 && json.Unmarshal(raw, &list) != nil {
		b.report(line, codeField, "tool_calls: not a list")
	}
	for i, raw := range list {
		var c struct {
			ID       string   `json:"id"`
			Function function `json:"function"`
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			b.report(line, codeField, "tool call %d: %w", i+1, err)
			continue
		}
		parts = append(parts, quire.ToolCall{ID: c.ID, Name: c.Function.Name, Args: args(c.Function.Arguments)})
	}
	var old *function
	if raw := f["function_call"]; len(raw) > 0 && json.Unmarshal(raw, &old) != nil {
		b.report(line, codeField, "function_call: not an object")
	} else if old != nil && old.Name != "" {
		id := fmt.Sprintf("call-%d", len(b.s.Messages))
		parts = append(parts, quire.ToolCall{ID: id, Name: old.Name, Args: args(old.Arguments)})
	}
	return parts
}

// chatOther reads what no model wrote.
func (b *builder) chatOther(e *entry, f fields) {
	parts, err := decoder{}.content(f["content"])
	if err != nil {
		b.report(e.line, codeField, "%w", err)
	}
	e.parts = parts
	if e.role != "tool" && e.role != "function" {
		return
	}
	_, rest := split(parts)
	e.parts = []quire.Part{quire.ToolResult{
		CallID: firstOf(f.str("tool_call_id"), f.str("id")), Name: e.name, Parts: rest,
	}}
}

// timeOf reads when a message was made, under the names that are in use.
func (b *builder) timeOf(f fields, line int) time.Time {
	for _, name := range []string{"timestamp", "created_at", "created", "time"} {
		raw := f[name]
		if len(raw) == 0 || string(raw) == "null" {
			continue
		}
		t, err := parseTime(f.str(name))
		if err != nil {
			b.report(line, codeField, "%s: %w", name, err)
		}
		return t
	}
	return time.Time{}
}

// parseTime reads RFC 3339 or seconds since 1970.
func parseTime(s string) (time.Time, error) {
	var sec float64
	if json.Unmarshal([]byte(s), &sec) == nil && sec > 0 && sec < 1e11 {
		return time.UnixMilli(int64(sec * 1000)).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
