package transcript

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/quire-dev/quire"
)

// elements reads what stands in lists of messages, in the forms of several
// APIs. What can't be read of one is reported; the rest is kept.
type elements struct {
	report func(line int, code string, format string, args ...any)
	count  func() int // of messages before this one
	model  string     // of answers that don't say
	raw    []byte     // the element as it stands; nil where only its known fields are left
}

// isElement says whether the object is a message of some API's form, or a
// piece of one.
func (f fields) isElement() bool {
	return f.str("role") != "" || isItem(f.str("type")) || f.isGeminiLine() || f.isContent()
}

// isContent says whether the object is a content of Gemini's API. Its role may
// be left out.
func (f fields) isContent() bool {
	return len(f["parts"]) > 0 && f["parts"][0] == '[' && len(f["content"]) == 0
}

// read reads one element. A piece is of the answer before it, if there is one.
func (x *elements) read(f fields, line int) (e entry, piece bool) {
	switch kind := f.str("type"); {
	case isItem(kind) && f.str("role") == "":
		return x.item(f, line)
	case f.isContent():
		return x.parts(f, line), false
	case kind == "message" && strings.Contains(string(f["content"]), `"output_text"`):
		return x.message(f, line), true
	}
	return x.message(f, line), false
}

// message reads one message of a chat.
func (x *elements) message(f fields, line int) entry {
	e := entry{line: line, role: strings.ToLower(f.str("role")), name: f.str("name")}
	if e.role == "developer" {
		e.role = "system"
	}
	e.time = x.timeOf(f, line)
	response := f.object("extra").object("response")
	e.model = firstOf(f.str("model"), response.str("model"), x.model)
	if len(f["content"]) == 0 && len(f["text"]) > 0 && f["text"][0] == '"' {
		f["content"] = f["text"]
	}
	if len(f["content"])+len(f["tool_calls"])+len(f["function_call"])+len(f["reasoning_content"])+len(f["refusal"]) == 0 {
		x.report(line, codeField, "a message without content: it has %s", keys(f))
	}
	if e.role == "assistant" {
		x.turn(&e, f, response)
	} else {
		x.other(&e, f)
	}
	return e
}

// turn reads what a model answered.
func (x *elements) turn(e *entry, f, response fields) {
	if r := firstOf(f.str("reasoning_content"), f.str("reasoning")); r != "" {
		e.parts = append(e.parts, quire.Reasoning{Model: e.model, Text: r})
	}
	parts, err := decoder{model: e.model}.content(f["content"])
	if err != nil {
		x.report(e.line, codeField, "%w", err)
	}
	e.parts = append(e.parts, parts...)
	e.parts = append(e.parts, text(f.str("refusal"))...)
	e.parts = append(e.parts, x.calls(f, e.line)...)
	for _, raw := range []json.RawMessage{f["usage"], response["usage"]} {
		u, err := decodeUsage(raw)
		if err != nil {
			x.report(e.line, codeField, "usage: %w", err)
		}
		e.usage = most(e.usage, u)
	}
}

// calls reads the tool calls of a message, in the present and the older
// form. The older one has no ids: they are made up from the message's place.
func (x *elements) calls(f fields, line int) []quire.Part {
	type function struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	var parts []quire.Part
	if raw := f.raw("tool_calls"); len(raw) > 0 && raw[0] != '[' {
		x.report(line, codeField, "tool_calls: not a list")
	} else if len(raw) > 0 {
		i := 0
		eachOf(raw, func(raw json.RawMessage) bool {
			i++
			var c struct {
				ID       string   `json:"id"`
				Function function `json:"function"`
			}
			if err := json.Unmarshal(raw, &c); err != nil {
				x.report(line, codeField, "tool call %d: %w", i, err)
				return false
			}
			id := firstOf(c.ID, fmt.Sprintf("call-%d.%d", x.count(), i))
			parts = append(parts, quire.ToolCall{ID: id, Name: c.Function.Name, Args: args(c.Function.Arguments)})
			return true
		})
	}
	var old *function
	if raw := f["function_call"]; len(raw) > 0 && json.Unmarshal(raw, &old) != nil {
		x.report(line, codeField, "function_call: not an object")
	} else if old != nil && old.Name != "" {
		id := fmt.Sprintf("call-%d", x.count())
		parts = append(parts, quire.ToolCall{ID: id, Name: old.Name, Args: args(old.Arguments)})
	}
	return parts
}

// other reads what no model wrote.
func (x *elements) other(e *entry, f fields) {
	parts, err := decoder{}.content(f["content"])
	if err != nil {
		x.report(e.line, codeField, "%w", err)
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
func (x *elements) timeOf(f fields, line int) time.Time {
	for _, name := range []string{"timestamp", "created_at", "created", "time"} {
		raw := f[name]
		if len(raw) == 0 || string(raw) == "null" {
			continue
		}
		t, err := parseTime(f.str(name))
		if err != nil {
			x.report(line, codeField, "%s: %w", name, err)
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
