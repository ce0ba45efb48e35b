package wire

import (
	"encoding/json"
	"io"
	"maps"
	"slices"

	"github.com/quire-dev/quire"
)

// responsesStream waits for the event that brings the whole response, and keeps what
// was streamed before it: some gateways leave the output of that event empty.
type responsesStream struct {
	id       string
	response json.RawMessage
	items    responsesItems
}

type responsesEvent struct {
	Type     string          `json:"type"`
	Index    *int            `json:"output_index"`
	ItemID   string          `json:"item_id"`
	Delta    json.RawMessage `json:"delta"`
	Args     string          `json:"arguments"`
	Response json.RawMessage `json:"response"`
	Item     json.RawMessage `json:"item"`
}

func (s *responsesStream) end() error { return io.ErrUnexpectedEOF }

func (s *responsesStream) event(data []byte) ([]quire.Delta, bool, error) {
	if string(data) == "[DONE]" {
		return nil, false, io.ErrUnexpectedEOF
	}
	var e responsesEvent
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, false, err
	}
	switch e.Type {
	case "error":
		return nil, false, reported(data)
	case "response.created":
		return nil, false, s.begin(e.Response)
	case "response.completed", "response.incomplete", "response.failed":
		s.response = e.Response
		return nil, true, s.complete(e.Type)
	case "response.output_text.delta", "response.refusal.delta":
		var delta string
		if err := json.Unmarshal(e.Delta, &delta); err != nil {
			return nil, false, err
		}
		s.items.said(&e, delta)
		return []quire.Delta{{Text: delta}}, false, nil
	case "response.function_call_arguments.done":
		s.items.called(&e)
	case "response.output_item.added":
		s.items.added(&e)
	case "response.output_item.done":
		s.items.done(&e)
		deltas, err := responsesDeltas(e.Item)
		return deltas, false, err
	}
	return nil, false, nil
}

// begin notes which response this is: a second one in the same stream can't be told
// from the first.
func (s *responsesStream) begin(raw json.RawMessage) error {
	var in struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(orEmpty(raw), &in) != nil || in.ID == "" {
		return nil
	}
	if s.id != "" && s.id != in.ID {
		return garbled("a second response, %.60q", in.ID)
	}
	s.id = in.ID
	return nil
}

// complete puts what was streamed where the last event left the output empty.
func (s *responsesStream) complete(typ string) error {
	var fields map[string]json.RawMessage
	var output []json.RawMessage
	if json.Unmarshal(orEmpty(s.response), &fields) != nil || typ == "response.failed" {
		return nil // Decode says what is wrong
	}
	if json.Unmarshal(orNull(fields["output"]), &output) != nil || len(output) > 0 {
		return nil
	}
	streamed, err := s.items.output(typ == "response.completed")
	if err != nil || streamed == nil {
		return err
	}
	o := new(object)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "output" {
			o.raw(name, fields[name])
		}
	}
	if typ == "response.incomplete" && !isSet(fields["status"]) {
		o.str("status", "incomplete")
	}
	s.response = o.raw("output", streamed).done()
	return nil
}

func (s *responsesStream) body() []byte { return s.response }

// responsesDeltas are what is only known once an item is whole: a call, and a
// summary, whose pieces have line breaks between them that the events don't bring.
func responsesDeltas(raw json.RawMessage) ([]quire.Delta, error) {
	var r quire.Reply
	if err := responsesPart(&r, orEmpty(raw)); err != nil {
		return nil, err
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
	return out, nil
}
