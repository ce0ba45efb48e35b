package wire

import (
	"encoding/json"

	"github.com/quire-dev/quire"
)

// responsesStream waits for the event that brings the whole response.
type responsesStream struct {
	response json.RawMessage
}

func (s *responsesStream) ended() bool     { return false }
func (s *responsesStream) sentCalls() bool { return true }
func (s *responsesStream) body() []byte    { return s.response }

func (s *responsesStream) event(data []byte) ([]quire.Delta, bool, error) {
	var e struct {
		Type     string          `json:"type"`
		Delta    json.RawMessage `json:"delta"`
		Response json.RawMessage `json:"response"`
		Item     json.RawMessage `json:"item"`
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, false, err
	}
	var delta string
	switch e.Type {
	case "error":
		return nil, false, reported(data)
	case "response.completed", "response.incomplete", "response.failed":
		s.response = e.Response
		return nil, true, nil
	case "response.output_text.delta", "response.refusal.delta":
		err := json.Unmarshal(e.Delta, &delta)
		return []quire.Delta{{Text: delta}}, false, err
	case "response.output_item.done":
		return s.item(e.Item)
	}
	return nil, false, nil
}

// item yields what is only known once an item is whole: a call, and a summary,
// whose pieces have line breaks between them that the events don't bring.
func (s *responsesStream) item(raw json.RawMessage) ([]quire.Delta, bool, error) {
	var r quire.Reply
	if err := responsesPart(&r, orEmpty(raw)); err != nil {
		return nil, false, err
	}
	var out []quire.Delta
	for _, part := range r.Parts {
		switch part := part.(type) {
		case quire.ToolCall:
			out = append(out, quire.Delta{ToolCall: &part})
		case quire.Reasoning:
			if part.Text != "" {
				out = append(out, quire.Delta{Reasoning: part.Text})
			}
		}
	}
	return out, false, nil
}
