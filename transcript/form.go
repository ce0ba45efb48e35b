package transcript

import (
	"bytes"
	"encoding/json"
)

// form is a program's way to write one line of a record.
type form int

const (
	formNone   form = iota
	formChat        // messages of an API, or what holds them
	formClaude      // Claude Code
	formCodex       // Codex
	formGemini      // Gemini CLI
)

// there says whether a field stands in an object, whatever it holds.
type there bool

func (t *there) UnmarshalJSON([]byte) error { *t = true; return nil }

// word is a field that is short text; anything else is left out.
type word string

func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	if len(b) < 100 && b[0] == '"' && json.Unmarshal(b, &s) == nil {
		*w = word(s)
	}
	return nil
}

// marks are the fields that tell forms apart.
type marks struct {
	Type      word  `json:"type"`
	Role      there `json:"role"`
	ID        word  `json:"id"`
	Time      there `json:"timestamp"`
	UUID      there `json:"uuid"`
	Session   there `json:"sessionId"`
	Session2  there `json:"session_id"`
	Message   there `json:"message"`
	MessageID there `json:"messageId"`
	Snapshot  there `json:"snapshot"`
	Leaf      there `json:"leafUuid"`
	Payload   there `json:"payload"`
	Git       there `json:"git"`
	Instr     there `json:"instructions"`
	State     there `json:"record_type"`
	Project   there `json:"projectHash"`
	Set       there `json:"$set"`
	Rewind    there `json:"$rewindTo"`
	Messages  there `json:"messages"`
	Content   there `json:"content"`
	ToolCalls there `json:"toolCalls"`
	Parts     there `json:"parts"`
}

// formOf says what form a valid JSON object is of.
func formOf(raw []byte) form {
	var m marks
	if json.Unmarshal(raw, &m) != nil {
		return formNone
	}
	_, codex := codexTypes[string(m.Type)]
	_, gemini := geminiTypes[string(m.Type)]
	switch {
	case codex && bool(m.Payload),
		m.Type == "" && m.ID != "" && bool(m.Time) && bool(m.Git || m.Instr), bool(m.State):
		return formCodex
	case bool(m.Set || m.Rewind), bool(m.Project && m.Session && !m.Messages),
		gemini && m.ID != "" && !bool(m.UUID || m.Role || m.Session || m.Message) && bool(m.Content || m.ToolCalls):
		return formGemini
	case m.Type != "" && !bool(m.Role || m.MessageID && !m.Snapshot) &&
		bool(m.UUID || m.Session || m.Session2 || m.Message || m.Snapshot || m.Leaf):
		return formClaude
	}
	f, err := parseFields(raw)
	if err == nil && (f.isElement() || f.isRun()) {
		return formChat
	}
	return formNone
}

// isRun says whether an object holds a list of messages, or a call that was logged.
func (f fields) isRun() bool {
	for name := range listNames {
		if v := f[name]; len(v) > 0 && v[0] == '[' {
			return true
		}
	}
	_, ok := exchangeOf(f)
	return ok
}

// splice finds the next object in a damaged text, from a place on: where it
// begins and ends. Only what ok accepts is one: an object inside a damaged one
// is not a line. Work is bounded: about work bytes are looked at.
func splice(text []byte, from int, work *int, ok func(raw []byte) bool) (start, end int) {
	for at := from; *work > 0; {
		i := bytes.Index(text[at:], []byte(`{"`))
		if i < 0 {
			break
		}
		at += i
		dec := json.NewDecoder(bytes.NewReader(text[at:]))
		var raw json.RawMessage
		err := dec.Decode(&raw)
		*work -= scanned(err, len(text)-at, int(dec.InputOffset()))
		switch {
		case err != nil:
			at++
		case ok(raw):
			return at, at + int(dec.InputOffset())
		default:
			at += int(dec.InputOffset())
		}
	}
	return -1, -1
}

// scanned is how far a decoder looked: to its error, to the end, or to that of
// the value.
func scanned(err error, all, value int) int {
	if s, ok := err.(*json.SyntaxError); ok {
		return int(s.Offset) + 64
	}
	if err != nil {
		return all + 64
	}
	return value + 64
}
