package transcript

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// block is a piece of a message's content in the forms of Anthropic and
// OpenAI, which share the field "type" and little more.
type block struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	Refusal   string          `json:"refusal"`
	Thinking  string          `json:"thinking"`
	Signature string          `json:"signature"`
	Data      string          `json:"data"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input"`
	ToolUseID string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
	IsError   bool            `json:"is_error"`
	Source    *struct {
		Type      string `json:"type"`
		MediaType string `json:"media_type"`
		Data      string `json:"data"`
		URL       string `json:"url"`
	} `json:"source"`
	ImageURL json.RawMessage `json:"image_url"`
}

// maxBlocks is how many blocks of one message are read.
const maxBlocks = 100_000

// decoder reads content. model is the author's, for reasoning. inside says that
// it is the content of a result, in which no other results are looked for: each
// level would be scanned once for every level above it.
type decoder struct {
	model  string
	inside bool
}

// content reads a message's content: null, a string, or a list of blocks.
// Blocks of an unknown kind are kept as they are; a block that can't be read is
// named in the error, and the others are returned.
func (d decoder) content(raw json.RawMessage) ([]quire.Part, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, nil
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("content: %w", err)
		}
		if s == "" {
			return nil, nil
		}
		return []quire.Part{quire.Text{Text: s}}, nil
	case raw[0] == '{':
		p, err := d.block(raw)
		return p, err
	case raw[0] != '[':
		return nil, fmt.Errorf("content: neither text nor a list: %.20s", raw)
	}
	var parts []quire.Part
	var first error
	n := 0
	lost := eachOf(raw, func(r json.RawMessage) bool {
		if n++; len(parts) >= maxBlocks {
			return false
		}
		p, err := d.block(r)
		if err != nil && first == nil {
			first = fmt.Errorf("content block %d: %w", n, err)
		}
		parts = append(parts, p...)
		return true
	})
	if lost > 0 && first == nil {
		first = fmt.Errorf("content: %d blocks were left out: a message has %d at most", lost, maxBlocks)
	}
	return parts, first
}

// block reads one block; it yields no part for one that is empty.
func (d decoder) block(raw json.RawMessage) ([]quire.Part, error) {
	if len(raw) > 0 && raw[0] == '"' {
		return d.content(raw)
	}
	var b block
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, err
	}
	switch b.Type {
	case "":
		return nil, fmt.Errorf("no type")
	case "text", "input_text", "output_text":
		return text(b.Text), nil
	case "refusal":
		return text(b.Refusal), nil
	case "image", "image_url", "input_image":
		return b.image(raw)
	}
	if d.inside {
		return opaque(b.Type, raw), nil
	}
	switch b.Type {
	case "thinking":
		return []quire.Part{quire.Reasoning{Model: d.model, Text: b.Thinking, Signature: b.Signature}}, nil
	case "redacted_thinking":
		return []quire.Part{quire.Reasoning{Model: d.model, Data: b.Data}}, nil
	case "tool_use":
		return []quire.Part{quire.ToolCall{ID: b.ID, Name: b.Name, Args: args(b.Input)}}, nil
	case "tool_result":
		parts, err := decoder{d.model, true}.content(b.Content)
		return []quire.Part{quire.ToolResult{CallID: b.ToolUseID, Parts: parts, IsError: b.IsError}}, err
	}
	return opaque(b.Type, raw), nil
}

func text(s string) []quire.Part {
	if s == "" {
		return nil
	}
	return []quire.Part{quire.Text{Text: s}}
}

func opaque(kind string, raw []byte) []quire.Part {
	var c bytes.Buffer // one line, as other JSON of the store
	if json.Compact(&c, []byte(jsontext.Clean(string(raw)))) != nil {
		return nil
	}
	return []quire.Part{quire.Opaque{Kind: kind, Raw: c.Bytes()}}
}

// args returns the bytes of a call's arguments, which some records hold as a
// string and others as an object.
func args(raw json.RawMessage) string {
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return jsontext.Clean(string(raw))
}

// image reads a picture by value or by URL. One whose bytes can't be read is
// kept as it is.
func (b *block) image(raw json.RawMessage) ([]quire.Part, error) {
	url := ""
	if b.Source != nil {
		if b.Source.Type == "base64" || b.Source.Data != "" {
			url = "data:" + b.Source.MediaType + ";base64," + b.Source.Data
		} else {
			url = b.Source.URL
		}
	} else if json.Unmarshal(b.ImageURL, &url) != nil {
		var o struct {
			URL string `json:"url"`
		}
		if err := json.Unmarshal(b.ImageURL, &o); err == nil {
			url = o.URL
		}
	}
	head, data, inline := strings.Cut(url, ";base64,")
	if !inline || !strings.HasPrefix(head, "data:") {
		if url == "" {
			return opaque(b.Type, raw), fmt.Errorf("image without source")
		}
		return []quire.Part{quire.Image{URL: url}}, nil
	}
	bytes, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return opaque(b.Type, raw), fmt.Errorf("image: %w", err)
	}
	return []quire.Part{quire.Image{MediaType: strings.TrimPrefix(head, "data:"), Data: bytes}}, nil
}
