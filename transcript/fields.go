package transcript

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/quire-dev/quire/internal/jsontext"
)

// fields is a JSON object whose values have not been looked at.
type fields map[string]json.RawMessage

// maxOthers is how many fields with other names are kept of an object, for reports.
const maxOthers = 5

// knownFields are the names of the fields that are looked at. The rest is not kept,
// so that an object of a million fields takes no more memory than another.
var knownFields = namesOf(
	// of messages
	"role", "content", "name", "type", "id", "model", "usage", "timestamp", "created_at", "created", "time", "extra",
	"reasoning_content", "reasoning", "refusal", "tool_calls", "function_call", "tool_call_id", "parts",
	// of items
	"call_id", "arguments", "input", "output", "status", "summary", "encrypted_content", "action", "success", "error", "phase",
	// of runs
	"messages", "traj", "trajectory", "history", "conversation", "contents", "items", "instance_id", "session_id",
	"conversation_id", "task_id", "trial", "title", "system", "instructions", "systemInstruction", "system_instruction",
	"tools", "info", "config", "model_name", "session", "custom_id", "key",
	// of calls that were logged
	"request", "request_body", "requestBody", "body", "params", "response", "response_body", "responseBody", "result",
	"choices", "message", "candidates", "usageMetadata", "usage_metadata", "modelVersion", "prompt_eval_count", "eval_count",
	// of parts
	"text", "thought", "thoughtSignature", "thought_signature", "functionCall", "function_response", "functionResponse",
	"args", "inlineData", "inline_data", "fileData", "file_data", "mimeType", "mime_type", "data", "fileUri", "file_uri",
	// of lines of Claude Code
	"uuid", "parentUuid", "logicalParentUuid", "isSidechain", "isCompactSummary", "isApiErrorMessage", "sessionId", "agentId",
	"subtype", "requestId", "parent_tool_use_id", "attachment", "compactMetadata", "snapshot", "leafUuid",
	// of lines of Codex and Gemini CLI
	"payload", "git", "record_type", "projectHash", "kind", "toolCalls", "thoughts", "tokens", "messageId",
	"$set", "$rewindTo", "subject", "description", "agent_nickname", "author", "base_instructions", "dynamic_tools", "forked_from_id",
	"last_token_usage", "num_turns", "parent_thread_id", "replacement_history", "source", "subagent", "thread_name", "thread_spawn",
	"total_token_usage", "total_tokens",
)

func namesOf(list ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range list {
		m[n] = true
	}
	return m
}

// keep says whether a field is kept.
func (f fields) keep(name string) bool {
	return knownFields[name] || len(f) < maxOthers
}

// maxDepth is how deep arrays and objects may stand in each other.
const maxDepth = 10_000

// parseFields reads one object. The values are parts of raw.
func parseFields(raw []byte) (fields, error) {
	if !utf8.Valid(raw) {
		raw = []byte(jsontext.Clean(string(raw)))
	}
	f := fields{}
	s := jsontext.Scanner{Text: raw, MaxDepth: maxDepth}
	err := s.Object(func(name string, _ []byte) error {
		v, err := s.Value()
		if err == nil && f.keep(name) {
			f[name] = v[:len(v):len(v)]
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	return f, err
}

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

// first returns the text of the first of these fields that has one.
func (f fields) first(names ...string) string {
	for _, n := range names {
		if s := f.str(n); s != "" {
			return s
		}
	}
	return ""
}

// raw returns the first of these fields that is there.
func (f fields) raw(names ...string) json.RawMessage {
	for _, n := range names {
		if v := f[n]; len(v) > 0 && string(v) != "null" {
			return v
		}
	}
	return nil
}

// object returns a field that is an object, or a string that holds one; else nil.
func (f fields) object(name string) fields {
	raw := f[name]
	if len(raw) > 1 && raw[0] == '"' {
		if s := f.str(name); strings.HasPrefix(s, "{") {
			raw = json.RawMessage(s)
		}
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	o, err := parseFields(raw)
	if err != nil {
		return nil
	}
	return o
}

// list returns the objects of a field that is a list. What is no object in it is left out,
// and counted.
func (f fields) list(name string) (list []fields, others int) {
	raw := f[name]
	if len(raw) == 0 || raw[0] != '[' {
		return nil, 0
	}
	others = eachOf(raw, func(r json.RawMessage) bool {
		o, err := parseFields(r)
		if err == nil {
			list = append(list, o)
		}
		return err == nil
	})
	return list, others
}

// eachOf hands on the elements of a list, one by one, and counts those that ok does
// not want.
func eachOf(raw []byte, ok func(json.RawMessage) bool) (others int) {
	if !utf8.Valid(raw) {
		raw = []byte(jsontext.Clean(string(raw)))
	}
	s := jsontext.Scanner{Text: raw, MaxDepth: maxDepth}
	err := s.Array(func() error {
		v, err := s.Value()
		if err == nil && !ok(v[:len(v):len(v)]) {
			others++
		}
		return err
	})
	if err != nil {
		others++
	}
	return others
}

// keys lists the names of an object's fields, sorted, for a report.
func keys(f fields) string {
	if len(f) == 0 {
		return "no fields"
	}
	var names []string
	for k := range f {
		names = append(names, fmt.Sprintf("%.20q", k))
	}
	sort.Strings(names)
	return strings.Join(names[:min(5, len(names))], ", ")
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
