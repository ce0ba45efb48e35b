package wire

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/quire-dev/quire"
)

// geminiStream joins chunks, each of which has the shape of a whole reply.
type geminiStream struct {
	last   map[string]json.RawMessage // the newest of each field
	parts  []json.RawMessage
	text   *geminiRun // the text part that is being joined
	finish string
	why    string // it finished, in words
}

// geminiRun is a run of text or of thought.
type geminiRun struct {
	thought bool
	text    strings.Builder
}

func (s *geminiStream) end() error {
	if s.finish == "" {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (s *geminiStream) event(data []byte) ([]quire.Delta, bool, error) {
	var chunk map[string]json.RawMessage
	if err := json.Unmarshal(data, &chunk); err != nil {
		return nil, false, err
	}
	if ReportsFailure(data) {
		return nil, false, reported(data)
	}
	var candidates []struct {
		Content struct {
			Parts []json.RawMessage `json:"parts"`
		} `json:"content"`
		Finish  geminiFinish `json:"finishReason"`
		Message label        `json:"finishMessage"`
	}
	if raw, ok := chunk["candidates"]; ok {
		if err := json.Unmarshal(raw, &candidates); err != nil {
			return nil, false, err
		}
	}
	if s.last == nil {
		s.last = map[string]json.RawMessage{}
	}
	for k, v := range chunk {
		if k == "usageMetadata" {
			v = later(s.last[k], v)
		}
		if isSet(v) {
			s.last[k] = v
		}
	}
	var out []quire.Delta
	if len(candidates) > 0 {
		s.finish, s.why = firstOf(string(candidates[0].Finish), s.finish), firstOf(string(candidates[0].Message), s.why)
		for _, raw := range candidates[0].Content.Parts {
			out = append(out, s.part(raw)...)
		}
	}
	return out, false, nil
}

// part joins a part to the run of text before it, or ends that run.
func (s *geminiStream) part(raw json.RawMessage) []quire.Delta {
	var p struct {
		Text      *string `json:"text"`
		Thought   bool    `json:"thought"`
		Signature string  `json:"thoughtSignature"`
	}
	if json.Unmarshal(raw, &p) != nil || p.Text == nil || p.Signature != "" {
		s.flush()
		s.parts = append(s.parts, raw)
	} else {
		if s.text != nil && s.text.thought != p.Thought {
			s.flush()
		}
		if s.text == nil {
			s.text = &geminiRun{thought: p.Thought}
		}
		s.text.text.WriteString(*p.Text)
	}
	switch {
	case p.Text == nil || *p.Text == "":
		return nil
	case p.Thought:
		return []quire.Delta{{Reasoning: *p.Text}}
	}
	return []quire.Delta{{Text: *p.Text}}
}

func (s *geminiStream) flush() {
	if s.text == nil {
		return
	}
	o := new(object).str("text", s.text.text.String())
	if s.text.thought {
		o.yes("thought")
	}
	s.parts, s.text = append(s.parts, o.done()), nil
}

func (s *geminiStream) body() []byte {
	s.flush()
	o := new(object)
	for _, k := range []string{"responseId", "modelVersion", "usageMetadata"} {
		if v, ok := s.last[k]; ok {
			o.raw(k, v)
		}
	}
	if s.finish == "" {
		return o.done()
	}
	parts := []byte{'['}
	for i, p := range s.parts {
		if i > 0 {
			parts = append(parts, ',')
		}
		parts = append(parts, p...)
	}
	content := new(object).raw("parts", append(parts, ']')).done()
	candidate := new(object).raw("content", content).str("finishReason", s.finish).opt("finishMessage", s.why).done()
	return o.raw("candidates", append(append([]byte{'['}, candidate...), ']')).done()
}
