package wire

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
)

type chatReply struct {
	ID      label             `json:"id"`
	Model   label             `json:"model"`
	Choices []chatReplyChoice `json:"choices"`
	Usage   json.RawMessage   `json:"usage"`
	Error   json.RawMessage   `json:"error"`
}

type chatReplyChoice struct {
	Message *chatReplyMessage `json:"message"`
	Delta   *chatReplyMessage `json:"delta"` // some servers' name for it
	Finish  label             `json:"finish_reason"`
	Error   json.RawMessage   `json:"error"`
}

// message returns what was said, or why there is nothing of it.
func (c *chatReplyChoice) message() (*chatReplyMessage, error) {
	if err := chatBroken(string(c.Finish), c.Error); err != nil {
		return nil, err
	}
	switch {
	case c.Message != nil:
		return c.Message, nil
	case c.Delta != nil:
		return c.Delta, nil
	case c.Finish == "":
		return nil, errors.New("no message")
	}
	return &chatReplyMessage{}, nil // what a filter leaves of one
}

type chatReplyMessage struct {
	Content  json.RawMessage   `json:"content"`
	Refusal  string            `json:"refusal"`
	Calls    []json.RawMessage `json:"tool_calls"`
	Function chatFunction      `json:"function_call"` // the older form of one call

	thought chatThought
}

// UnmarshalJSON implements [json.Unmarshaler].
func (m *chatReplyMessage) UnmarshalJSON(raw []byte) error {
	type plain chatReplyMessage
	if err := json.Unmarshal(raw, (*plain)(m)); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &m.thought); err != nil {
		return err
	}
	m.thought.keepProofs(m.Calls)
	return nil
}

func decodeChat(body []byte) (*quire.Reply, error) {
	var in chatReply
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if len(in.Error) > 0 && string(in.Error) != "null" {
		return nil, fmt.Errorf("the server reports %.200s", in.Error)
	}
	if len(in.Choices) == 0 {
		return nil, errors.New("no choices")
	}
	r := &quire.Reply{ID: string(in.ID), Model: string(in.Model), Usage: chatUsage(figuresOf(in.Usage))}
	c := in.Choices[0]
	m, err := c.message()
	if err != nil {
		return nil, err
	}
	if p := m.thought.part(r.Model); p != nil {
		r.Parts = append(r.Parts, p)
	}
	if err := chatReplyContent(r, m.Content); err != nil {
		return nil, err
	}
	r.Parts = text(r.Parts, m.Refusal)
	for _, raw := range m.Calls {
		if err := chatReplyCall(r, raw); err != nil {
			return nil, err
		}
	}
	if f := m.Function; f.said() {
		r.Parts = append(r.Parts, quire.ToolCall{Name: f.Name, Args: argsOf(f.Args)})
	}
	r.Stop = stopFor(chatStop(string(c.Finish)), r.Parts)
	if m.Refusal != "" {
		r.Stop = quire.StopRefused
	}
	return r, nil
}

// chatReplyContent reads a string, null, a list of parts, or the very object that a
// schema asked for (Cloudflare).
func chatReplyContent(r *quire.Reply, raw json.RawMessage) error {
	var s *string
	if len(raw) == 0 || json.Unmarshal(raw, &s) == nil {
		if s != nil {
			r.Parts = text(r.Parts, *s)
		}
		return nil
	}
	parts, bare, err := contentParts(raw)
	if err != nil {
		return err
	}
	r.Parts = text(r.Parts, bare)
	for _, raw := range parts {
		var p chatPart
		if err := json.Unmarshal(raw, &p); err != nil {
			return err
		}
		thought, ok := thinkingText(p)
		switch {
		case p.Type == "text":
			r.Parts = text(r.Parts, p.Text)
		case ok:
			r.Parts = append(r.Parts, quire.Reasoning{Model: r.Model, Text: thought})
		default:
			r.Parts = append(r.Parts, carry(quire.APIOpenAIChat, p.Type, raw))
		}
	}
	return nil
}

func chatReplyCall(r *quire.Reply, raw json.RawMessage) error {
	var c struct {
		ID       string        `json:"id"`
		Type     string        `json:"type"`
		Function *chatFunction `json:"function"`
		chatCallProof
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.Function == nil {
		r.Parts = append(r.Parts, carry(quire.APIOpenAIChat, c.Type, raw))
		return nil
	}
	r.Parts = append(r.Parts, quire.ToolCall{ID: c.ID, Name: c.Function.Name, Args: argsOf(c.Function.Args), Signature: c.signature()})
	return nil
}
