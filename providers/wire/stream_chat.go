package wire

import (
	"encoding/json"
	"strings"

	"github.com/quire-dev/quire"
)

// chatStream adds up the deltas of a chat completion.
type chatStream struct {
	id, model                string
	text, reasoning, refusal strings.Builder
	calls                    []*chatOpenCall // by pointer: a builder must not be copied
	byID                     map[chatCallKey]*chatOpenCall
	newest                   map[int]*chatOpenCall // by index
	finish                   string
	usage                    json.RawMessage
}

type chatOpenCall struct {
	index    int
	id, name string
	args     strings.Builder
}

type chatCallKey struct {
	index int
	id    string
}

type chatChunk struct {
	ID      string          `json:"id"`
	Model   string          `json:"model"`
	Usage   json.RawMessage `json:"usage"`
	Error   json.RawMessage `json:"error"`
	Choices []struct {
		Finish string `json:"finish_reason"`
		Delta  struct {
			Content          string `json:"content"`
			ReasoningContent string `json:"reasoning_content"`
			Reasoning        string `json:"reasoning"`
			Refusal          string `json:"refusal"`
			Calls            []struct {
				Index    int    `json:"index"`
				ID       string `json:"id"`
				Function struct {
					Name string `json:"name"`
					Args string `json:"arguments"`
				} `json:"function"`
			} `json:"tool_calls"`
		} `json:"delta"`
	} `json:"choices"`
}

// ended: some servers leave out the closing [DONE].
func (s *chatStream) ended() bool     { return s.finish != "" }
func (s *chatStream) sentCalls() bool { return false }

func (s *chatStream) event(data []byte) ([]quire.Delta, bool, error) {
	if string(data) == "[DONE]" {
		return nil, true, nil
	}
	var c chatChunk
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, false, err
	}
	if len(c.Error) > 0 && string(c.Error) != "null" {
		return nil, false, reported(data)
	}
	s.id, s.model = firstOf(s.id, c.ID), firstOf(s.model, c.Model)
	if len(c.Usage) > 0 && string(c.Usage) != "null" {
		s.usage = c.Usage
	}
	var out []quire.Delta
	for _, ch := range c.Choices {
		d := ch.Delta
		s.finish = firstOf(ch.Finish, s.finish)
		think := firstOf(d.ReasoningContent, d.Reasoning)
		s.text.WriteString(d.Content)
		s.reasoning.WriteString(think)
		s.refusal.WriteString(d.Refusal)
		if said := d.Content + d.Refusal; said != "" || think != "" {
			out = append(out, quire.Delta{Text: said, Reasoning: think})
		}
		for _, call := range d.Calls {
			open := s.call(call.Index, call.ID)
			open.id, open.name = firstOf(open.id, call.ID), firstOf(open.name, call.Function.Name)
			open.args.WriteString(call.Function.Args)
		}
	}
	return out, false, nil
}

// call finds the call that a delta belongs to. Some servers give every call the
// index 0 and a new id.
func (s *chatStream) call(index int, id string) *chatOpenCall {
	c := s.newest[index]
	if c != nil && id != "" && c.id != "" && c.id != id {
		c = s.byID[chatCallKey{index, id}]
	}
	if c == nil {
		if s.newest == nil {
			s.newest, s.byID = map[int]*chatOpenCall{}, map[chatCallKey]*chatOpenCall{}
		}
		c = &chatOpenCall{index: index}
		s.calls = append(s.calls, c)
		s.newest[index] = c
	}
	if id != "" {
		s.byID[chatCallKey{index, id}] = c
	}
	return c
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (s *chatStream) body() []byte {
	msg := new(object).str("content", s.text.String()).opt("reasoning_content", s.reasoning.String()).opt("refusal", s.refusal.String())
	calls := []byte{'['}
	for i, c := range s.calls {
		if i > 0 {
			calls = append(calls, ',')
		}
		fn := new(object).str("name", c.name).str("arguments", c.args.String()).done()
		calls = append(calls, new(object).str("id", c.id).raw("function", fn).done()...)
	}
	msg.raw("tool_calls", append(calls, ']'))
	choice := new(object).raw("message", msg.done()).str("finish_reason", s.finish).done()
	return new(object).str("id", s.id).str("model", s.model).
		raw("choices", append(append([]byte{'['}, choice...), ']')).raw("usage", orEmpty(s.usage)).done()
}
