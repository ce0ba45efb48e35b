package wire

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/quire-dev/quire"
)

// chatStream adds up the deltas of a chat completion.
type chatStream struct {
	id, model string
	thought   streamedThought
	refusal   strings.Builder
	content   chatContent
	calls     streamedCalls
	finish    string
	usage     json.RawMessage
	choice    *count // the first of several answers that were asked for
	deltas    bool   // one said something
}

type chatChunk struct {
	ID      label             `json:"id"`
	Model   label             `json:"model"`
	Usage   json.RawMessage   `json:"usage"`
	Error   json.RawMessage   `json:"error"`
	Choices []chatChunkChoice `json:"choices"`
	Groq    struct {
		Usage json.RawMessage `json:"usage"`
	} `json:"x_groq"`
}

type chatChunkChoice struct {
	Index   count           `json:"index"`
	Finish  label           `json:"finish_reason"`
	Error   json.RawMessage `json:"error"` // OpenRouter's place for it
	Delta   *chatDelta      `json:"delta"`
	Message *chatDelta      `json:"message"` // some servers' name for it, or all that was said so far
	Usage   json.RawMessage `json:"usage"`   // Moonshot's place for it
}

type chatDelta struct {
	Content  json.RawMessage `json:"content"`
	Refusal  string          `json:"refusal"`
	Calls    []chatCallDelta `json:"tool_calls"`
	Function chatFunction    `json:"function_call"` // the older form of one call

	thought chatThought
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *chatDelta) UnmarshalJSON(raw []byte) error {
	type plain chatDelta
	if err := json.Unmarshal(raw, (*plain)(d)); err != nil {
		return err
	}
	return json.Unmarshal(raw, &d.thought)
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
	s.id, s.model = firstOf(s.id, string(c.ID)), firstOf(s.model, string(c.Model))
	s.used(c.Groq.Usage, c.Usage)
	var out []quire.Delta
	for _, ch := range c.Choices {
		s.used(ch.Usage)
		if !s.ours(ch.Index) {
			continue
		}
		if err := chatBroken(string(ch.Finish), ch.Error); err != nil {
			return nil, false, err
		}
		s.finish = firstOf(string(ch.Finish), s.finish)
		deltas, err := s.delta(s.piece(&ch))
		if err != nil {
			return nil, false, err
		}
		out = append(out, deltas...)
	}
	return out, false, nil
}

// used notes what is said of usage, the later word last.
func (s *chatStream) used(said ...json.RawMessage) {
	for _, u := range said {
		if isSet(u) {
			s.usage = later(s.usage, u)
		}
	}
}

// ours says whether a piece belongs to the answer that began first: a reply is one.
func (s *chatStream) ours(index count) bool {
	if s.choice == nil {
		s.choice = &index
	}
	return index == *s.choice
}

// piece returns what a choice adds. Where a server sends deltas, its messages repeat
// them (Writer), or hold all that was said so far (Perplexity).
func (s *chatStream) piece(ch *chatChunkChoice) *chatDelta {
	if ch.Delta.says() {
		s.deltas = true
		return ch.Delta
	}
	if s.deltas {
		return nil
	}
	return ch.Message
}

// says says whether there is anything in a piece.
func (d *chatDelta) says() bool {
	if d == nil {
		return false
	}
	content := isSet(d.Content) && string(d.Content) != `""`
	return content || d.thought.said() || d.Refusal != "" || len(d.Calls) > 0 || d.Function.said()
}

// delta takes one piece; nil is none.
func (s *chatStream) delta(d *chatDelta) ([]quire.Delta, error) {
	if d == nil {
		return nil, nil
	}
	var out []quire.Delta
	if think := s.thought.add(&d.thought); think != "" {
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
	if d.Function.said() {
		d.Calls = append(d.Calls, chatCallDelta{Function: d.Function})
	}
	return out, s.calls.add(d.Calls)
}

// said says whether anything came.
func (s *chatStream) said() bool {
	return len(s.content) > 0 || s.thought.said() || s.refusal.Len()+len(s.calls.list) > 0
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (s *chatStream) body() []byte {
	msg := new(object).raw("content", s.content.raw())
	s.thought.write(msg)
	msg.opt("refusal", s.refusal.String())
	msg.raw("tool_calls", s.calls.raw())
	choice := new(object).raw("message", msg.done()).str("finish_reason", s.finish).done()
	return new(object).str("id", s.id).str("model", s.model).
		raw("choices", append(append([]byte{'['}, choice...), ']')).raw("usage", orEmpty(s.usage)).done()
}
