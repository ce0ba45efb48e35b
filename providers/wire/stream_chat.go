package wire

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/quire-dev/quire"
)

// chatStream adds up the deltas of a chat completion.
type chatStream struct {
	id, model          string
	reasoning, refusal strings.Builder
	content            chatContent
	calls              streamedCalls
	finish             string
	usage              json.RawMessage
}

type chatChunk struct {
	ID      string            `json:"id"`
	Model   string            `json:"model"`
	Usage   json.RawMessage   `json:"usage"`
	Error   json.RawMessage   `json:"error"`
	Choices []chatChunkChoice `json:"choices"`
}

type chatChunkChoice struct {
	Finish  string          `json:"finish_reason"`
	Error   json.RawMessage `json:"error"` // OpenRouter's place for it
	Delta   *chatDelta      `json:"delta"`
	Message *chatDelta      `json:"message"` // some servers' name for it
}

type chatDelta struct {
	Content          json.RawMessage `json:"content"`
	ReasoningContent string          `json:"reasoning_content"`
	Reasoning        string          `json:"reasoning"`
	Refusal          string          `json:"refusal"`
	Calls            []chatCallDelta `json:"tool_calls"`
}

// end: some servers leave out the closing [DONE].
func (s *chatStream) end() error {
	switch {
	case s.finish == "":
		return io.ErrUnexpectedEOF
	case s.calls.nameless():
		return garbled("a call has no name")
	}
	return nil
}

func (s *chatStream) event(data []byte) ([]quire.Delta, bool, error) {
	if string(data) == "[DONE]" {
		if s.finish == "" && s.said() {
			s.finish = "stop" // some leave that out
		}
		return nil, true, s.end()
	}
	var c chatChunk
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, false, err
	}
	if isSet(c.Error) {
		return nil, false, reported(data)
	}
	s.id, s.model = firstOf(s.id, c.ID), firstOf(s.model, c.Model)
	if isSet(c.Usage) {
		s.usage = later(s.usage, c.Usage)
	}
	var out []quire.Delta
	for _, ch := range c.Choices {
		if err := chatBroken(ch.Finish, ch.Error); err != nil {
			return nil, false, err
		}
		s.finish = firstOf(ch.Finish, s.finish)
		for _, d := range []*chatDelta{ch.Delta, ch.Message} {
			deltas, err := s.delta(d)
			if err != nil {
				return nil, false, err
			}
			out = append(out, deltas...)
		}
	}
	return out, false, nil
}

// delta takes one piece; nil is none.
func (s *chatStream) delta(d *chatDelta) ([]quire.Delta, error) {
	if d == nil {
		return nil, nil
	}
	var out []quire.Delta
	think := firstOf(d.ReasoningContent, d.Reasoning)
	s.reasoning.WriteString(think)
	if think != "" {
		out = append(out, quire.Delta{Reasoning: think})
	}
	said, err := s.content.add(d.Content)
	if err != nil {
		return nil, err
	}
	out = append(out, said...)
	s.refusal.WriteString(d.Refusal)
	if d.Refusal != "" {
		out = append(out, quire.Delta{Text: d.Refusal})
	}
	return out, s.calls.add(d.Calls)
}

// said says whether anything came.
func (s *chatStream) said() bool {
	return len(s.content) > 0 || s.reasoning.Len()+s.refusal.Len()+len(s.calls.list) > 0
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (s *chatStream) body() []byte {
	msg := new(object).raw("content", s.content.raw()).opt("reasoning_content", s.reasoning.String()).opt("refusal", s.refusal.String())
	msg.raw("tool_calls", s.calls.raw())
	choice := new(object).raw("message", msg.done()).str("finish_reason", s.finish).done()
	return new(object).str("id", s.id).str("model", s.model).
		raw("choices", append(append([]byte{'['}, choice...), ']')).raw("usage", orEmpty(s.usage)).done()
}
