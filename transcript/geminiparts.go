package transcript

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
)

// parts reads one content of Gemini's API: a role and a list of parts.
func (x *elements) parts(f fields, line int) entry {
	e := entry{line: line, role: firstOf(strings.ToLower(f.str("role")), "user"), time: x.timeOf(f, line), model: firstOf(f.str("model"), x.model)}
	if e.role == "model" {
		e.role = "assistant"
	}
	e.parts = x.partList(f["parts"], e.model, line)
	return e
}

// partList reads a list of parts, one part, or plain text.
func (x *elements) partList(raw json.RawMessage, model string, line int) []quire.Part {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil
	case raw[0] == '{':
		raw = append(append(json.RawMessage{'['}, raw...), ']')
	case raw[0] != '[':
		parts, err := decoder{}.content(raw)
		if err != nil {
			x.report(line, codeField, "%w", err)
		}
		return parts
	}
	var parts []quire.Part
	n := 0
	eachOf(raw, func(r json.RawMessage) bool {
		n++
		if len(parts) >= maxBlocks {
			return false
		}
		if r[0] == '"' {
			parts = append(parts, x.partList(r, model, line)...)
			return true
		}
		f, err := parseFields(r)
		if err != nil {
			x.report(line, codeField, "part %d: %w", n, err)
			return false
		}
		list, err := x.part(f, r, model, fmt.Sprintf("call-%d.%d", x.count(), n))
		if err != nil {
			x.report(line, codeField, "part %d: %w", n, err)
		}
		parts = append(parts, list...)
		return true
	})
	if n > maxBlocks {
		x.report(line, codeField, "%d parts: the first %d were kept", n, maxBlocks)
	}
	return parts
}

// part reads one part. A call without an id is called id.
func (x *elements) part(f fields, raw json.RawMessage, model, id string) ([]quire.Part, error) {
	signature := f.first("thoughtSignature", "thought_signature")
	call := f.either("functionCall", "function_call")
	result := f.either("functionResponse", "function_response")
	data := f.either("inlineData", "inline_data")
	file := f.either("fileData", "file_data")
	switch {
	case call != nil:
		args := args(call.raw("args"))
		if args == "" {
			args = "{}"
		}
		return []quire.Part{quire.ToolCall{ID: firstOf(call.str("id"), id), Name: call.str("name"), Args: args, Signature: signature}}, nil
	case result != nil:
		return []quire.Part{x.response(result)}, nil
	case data != nil:
		kind := data.first("mimeType", "mime_type")
		if !strings.HasPrefix(kind, "image/") {
			return opaque("inlineData", raw), nil
		}
		b, err := base64.StdEncoding.DecodeString(data.str("data"))
		if err != nil {
			return opaque("inlineData", raw), fmt.Errorf("image: %w", err)
		}
		return []quire.Part{quire.Image{MediaType: kind, Data: b}}, nil
	case file != nil:
		if kind := file.first("mimeType", "mime_type"); strings.HasPrefix(kind, "image/") {
			return []quire.Part{quire.Image{MediaType: kind, URL: file.first("fileUri", "file_uri")}}, nil
		}
		return opaque("fileData", raw), nil
	case string(f["thought"]) == "true":
		return []quire.Part{quire.Reasoning{Model: model, Text: f.str("text"), Signature: signature}}, nil
	case len(f["text"]) > 0:
		parts := text(f.str("text"))
		if signature != "" {
			parts = append(parts, quire.Reasoning{Model: model, Signature: signature})
		}
		return parts, nil
	}
	if len(f) == 0 {
		return nil, fmt.Errorf("it is empty")
	}
	return opaque(partKind(f), raw), nil
}

// partKind names a part of no known kind: by the first of its fields.
func partKind(f fields) string {
	kind := ""
	for name := range f {
		if kind == "" || name < kind {
			kind = name
		}
	}
	return kind
}

// either returns the object under one of two names.
func (f fields) either(a, b string) fields {
	if o := f.object(a); o != nil {
		return o
	}
	return f.object(b)
}

// response reads what a function returned: an object that often holds nothing
// but text.
func (x *elements) response(f fields) quire.ToolResult {
	r := quire.ToolResult{CallID: f.str("id"), Name: f.str("name")}
	raw := f.raw("response")
	var o map[string]json.RawMessage
	if json.Unmarshal(raw, &o) == nil && len(o) == 1 {
		for _, name := range []string{"output", "result", "error", "content"} {
			var s string
			if v := o[name]; len(v) > 0 && v[0] == '"' && json.Unmarshal(v, &s) == nil {
				r.Parts, r.IsError = text(s), name == "error"
				return r
			}
		}
	}
	if len(raw) > 0 {
		r.Parts = text(args(raw))
	}
	return r
}
