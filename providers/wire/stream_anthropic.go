package wire

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// anthropicStream collects content blocks by their index.
type anthropicStream struct {
	message map[string]json.RawMessage
	usage   json.RawMessage
	blocks  []*anthropicOpenBlock
	open    map[int]*anthropicOpenBlock // nil once it is closed
	reused  bool                        // an index was used again once its block was closed
	stop    json.RawMessage
}

// anthropicOpenBlock is a block that is being made.
type anthropicOpenBlock struct {
	index                           int
	start                           json.RawMessage
	typ, id, name                   string
	whole                           string // arguments that came at once, as some servers send them
	text, input, thinking, evidence strings.Builder
}

type anthropicEvent struct {
	Type    string                     `json:"type"`
	Index   int                        `json:"index"`
	Message map[string]json.RawMessage `json:"message"`
	Block   json.RawMessage            `json:"content_block"`
	Usage   json.RawMessage            `json:"usage"`
	Changed json.RawMessage            `json:"input_transformations"`
	Delta   struct {
		Type      string          `json:"type"`
		Text      string          `json:"text"`
		JSON      string          `json:"partial_json"`
		Thinking  string          `json:"thinking"`
		Signature string          `json:"signature"`
		Stop      json.RawMessage `json:"stop_reason"`
	} `json:"delta"`
}

// changedField is where the server says what it did to the prompt.
const changedField = "input_transformations"

func (s *anthropicStream) end() error { return io.ErrUnexpectedEOF }

func (s *anthropicStream) event(data []byte) ([]quire.Delta, bool, error) {
	if string(data) == "[DONE]" {
		return nil, false, io.ErrUnexpectedEOF
	}
	var e anthropicEvent
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, false, err
	}
	switch e.Type {
	case "error":
		return nil, false, reported(data)
	case "message_start":
		if s.message != nil {
			if len(s.blocks) == 0 && isSet(e.Message["id"]) && string(e.Message["id"]) == string(s.message["id"]) {
				return nil, false, nil // said twice, before anything else
			}
			return nil, false, garbled("a second message_start")
		}
		s.message, s.usage = e.Message, e.Message["usage"]
		if s.message == nil {
			s.message = map[string]json.RawMessage{}
		}
	case "message_delta":
		if isSet(e.Delta.Stop) {
			s.stop = e.Delta.Stop
		}
		s.usage = later(s.usage, e.Usage)
		if isSet(e.Changed) && s.message != nil { // another model took over on the way
			s.message[changedField] = e.Changed
		}
	case "message_stop":
		if s.message == nil {
			return nil, false, garbled("message_stop without message_start")
		}
		s.sort()
		return nil, true, nil
	case "content_block_start":
		return nil, false, s.begin(&e)
	case "content_block_delta", "content_block_stop":
		return s.goOn(&e)
	}
	return nil, false, nil // also pings, and what is new
}

// begin opens a block. Some servers give every block the same index, one after the
// other; two that are open under one can't be told apart.
func (s *anthropicStream) begin(e *anthropicEvent) error {
	before, used := s.open[e.Index]
	if before != nil {
		return garbled("block %d begins while it is open", e.Index)
	}
	s.reused = s.reused || used
	if s.open == nil {
		s.open = map[int]*anthropicOpenBlock{}
	}
	b := &anthropicOpenBlock{index: e.Index, start: e.Block}
	s.blocks = append(s.blocks, b)
	s.open[e.Index] = b
	return b.open()
}

// goOn takes a piece of an open block, or its end.
func (s *anthropicStream) goOn(e *anthropicEvent) ([]quire.Delta, bool, error) {
	b := s.open[e.Index]
	if b == nil {
		return nil, false, garbled("%s of block %d, which is not open", e.Type, e.Index)
	}
	if e.Type == "content_block_delta" {
		if !b.takes(e) {
			return nil, false, garbled("a piece of another kind in block %d, which is %s", e.Index, b.typ)
		}
		return b.add(e), false, nil
	}
	s.open[e.Index] = nil
	if b.typ == "tool_use" {
		return []quire.Delta{{ToolCall: &quire.ToolCall{ID: b.id, Name: b.name, Args: b.args()}}}, false, nil
	}
	return nil, false, nil
}

// sort brings blocks that were opened out of order into that of their indexes.
func (s *anthropicStream) sort() {
	if !s.reused {
		slices.SortStableFunc(s.blocks, func(a, b *anthropicOpenBlock) int { return cmp.Compare(a.index, b.index) })
	}
}

// open reads what the block starts with.
func (b *anthropicOpenBlock) open() error {
	var in struct {
		Type      string          `json:"type"`
		ID        string          `json:"id"`
		Name      string          `json:"name"`
		Text      string          `json:"text"`
		Thinking  string          `json:"thinking"`
		Signature string          `json:"signature"`
		Input     json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(orEmpty(b.start), &in); err != nil {
		return err
	}
	b.typ, b.id, b.name = in.Type, in.ID, in.Name
	b.text.WriteString(in.Text)
	b.thinking.WriteString(in.Thinking)
	b.evidence.WriteString(in.Signature)
	if in.Input != nil && string(in.Input) != "null" {
		b.whole = string(in.Input)
	}
	return nil
}

// takes says whether a piece is of the kind of its block: in another it would be lost.
func (b *anthropicOpenBlock) takes(e *anthropicEvent) bool {
	switch b.typ {
	case "text":
		return e.Delta.JSON == "" && e.Delta.Thinking == ""
	case "thinking":
		return e.Delta.JSON == "" && e.Delta.Text == ""
	case "tool_use":
		return e.Delta.Text == "" && e.Delta.Thinking == ""
	}
	return true
}

func (b *anthropicOpenBlock) add(e *anthropicEvent) []quire.Delta {
	b.text.WriteString(e.Delta.Text)
	b.input.WriteString(e.Delta.JSON)
	b.thinking.WriteString(e.Delta.Thinking)
	b.evidence.WriteString(e.Delta.Signature)
	if e.Delta.Text != "" || e.Delta.Thinking != "" {
		return []quire.Delta{{Text: e.Delta.Text, Reasoning: e.Delta.Thinking}}
	}
	return nil
}

// args returns the arguments of a call; none sent is an empty object.
func (b *anthropicOpenBlock) args() string {
	if b.input.Len() > 0 {
		return b.input.String()
	}
	return firstOf(b.whole, "{}")
}

// raw returns the block as it would have come unstreamed.
func (b *anthropicOpenBlock) raw() []byte {
	switch b.typ {
	case "text":
		return textBlock(b.text.String())
	case "thinking":
		return new(object).str("type", "thinking").str("thinking", b.thinking.String()).str("signature", b.evidence.String()).done()
	case "tool_use":
		input := []byte(b.args())
		if !json.Valid(input) {
			input = quoted(b.args()) // Decode gives back the string
		}
		return new(object).str("type", "tool_use").str("id", b.id).str("name", b.name).raw("input", input).done()
	}
	if b.input.Len() > 0 && json.Valid([]byte(b.input.String())) {
		var fields map[string]json.RawMessage
		if json.Unmarshal(b.start, &fields) == nil {
			fields["input"] = json.RawMessage(b.input.String())
			if raw, err := json.Marshal(fields); err == nil {
				return raw
			}
		}
	}
	return orEmpty(b.start)
}

func (s *anthropicStream) body() []byte {
	o := new(object)
	for _, k := range []string{"id", "type", "model"} {
		if v, ok := s.message[k]; ok {
			o.raw(k, v)
		}
	}
	content := []byte{'['}
	for i, b := range s.blocks {
		if i > 0 {
			content = append(content, ',')
		}
		content = append(content, b.raw()...)
	}
	o.raw("content", append(content, ']'))
	o.raw("stop_reason", orNull(s.stop))
	if v, ok := s.message[changedField]; ok {
		o.raw(changedField, v)
	}
	return o.raw("usage", orNull(s.usage)).done()
}

func orEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}
