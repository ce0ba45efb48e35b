package wire

import (
	"encoding/json"
	"strings"

	"github.com/quire-dev/quire"
)

// chatContent is content that is streamed: runs of text and of thought, and parts of
// other kinds, in the order in which they came.
type chatContent []*chatRun

type chatRun struct {
	typ  string // "text", "thinking", or "" for a part that is only carried
	text strings.Builder
	part json.RawMessage
}

// chatPart is one part of content that is a list.
type chatPart struct {
	Type     string          `json:"type"`
	Text     string          `json:"text"`
	Thinking json.RawMessage `json:"thinking"`
}

// add takes a piece: a string, null, or a list of parts, as Mistral's models that
// reason send it.
func (c *chatContent) add(raw json.RawMessage) ([]quire.Delta, error) {
	var s *string
	if len(raw) == 0 || json.Unmarshal(raw, &s) == nil {
		if s == nil {
			return nil, nil
		}
		return c.run("text", *s), nil
	}
	parts, bare, err := contentParts(raw)
	if err != nil {
		return nil, err
	}
	out := c.run("text", bare)
	for _, raw := range parts {
		var p chatPart
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, err
		}
		thought, ok := thinkingText(p)
		switch {
		case p.Type == "text":
			out = append(out, c.run("text", p.Text)...)
		case ok:
			out = append(out, c.run("thinking", thought)...)
		default:
			*c = append(*c, &chatRun{part: raw})
		}
	}
	return out, nil
}

// contentParts reads content that is no string: a list of parts, or one part alone. An
// object without a type is what the model was to write, and its text.
func contentParts(raw json.RawMessage) (parts []json.RawMessage, bare string, err error) {
	if raw[0] != '{' {
		err = json.Unmarshal(raw, &parts)
		return parts, "", err
	}
	var p chatPart
	if json.Unmarshal(raw, &p) == nil && p.Type != "" {
		return []json.RawMessage{raw}, "", nil
	}
	return nil, string(raw), nil
}

// run adds to the last run, or begins one.
func (c *chatContent) run(typ, text string) []quire.Delta {
	if text == "" {
		return nil
	}
	if n := len(*c); n == 0 || (*c)[n-1].typ != typ {
		*c = append(*c, &chatRun{typ: typ})
	}
	(*c)[len(*c)-1].text.WriteString(text)
	if typ == "thinking" {
		return []quire.Delta{{Reasoning: text}}
	}
	return []quire.Delta{{Text: text}}
}

// raw returns the content as it would have come unstreamed: a string where it is
// nothing but text.
func (c chatContent) raw() []byte {
	switch {
	case len(c) == 0:
		return []byte(`""`)
	case len(c) == 1 && c[0].typ == "text":
		return quoted(c[0].text.String())
	}
	b := []byte{'['}
	for i, r := range c {
		if i > 0 {
			b = append(b, ',')
		}
		switch r.typ {
		case "text":
			b = append(b, textBlock(r.text.String())...)
		case "thinking":
			b = append(b, new(object).str("type", "thinking").str("thinking", r.text.String()).done()...)
		default:
			b = append(b, r.part...)
		}
	}
	return append(b, ']')
}

// thinkingText returns the words of a part that holds thought, as a string or as a
// list of texts; ok is false for any other.
func thinkingText(p chatPart) (text string, ok bool) {
	if p.Type != "thinking" {
		return "", false
	}
	if json.Unmarshal(p.Thinking, &text) == nil {
		return text, text != ""
	}
	var list []chatPart
	if json.Unmarshal(p.Thinking, &list) != nil {
		return "", false
	}
	for _, t := range list {
		text += t.Text
	}
	return text, text != ""
}
