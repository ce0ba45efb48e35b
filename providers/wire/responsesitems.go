package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// responsesItems are the items of a response as they were streamed: by their index,
// since gateways change ids on the way, or by their id where they have no index.
type responsesItems struct {
	list  []*responsesOpenItem
	byKey map[responsesKey]*responsesOpenItem
}

type responsesKey struct {
	index int
	id    string
}

type responsesOpenItem struct {
	index       int
	head, whole json.RawMessage // as it began, and as it ended
	text        strings.Builder
	args        string
	finished    bool // args are whole
}

// at returns the item of an event, which begins with it if need be.
func (s *responsesItems) at(index *int, id string) *responsesOpenItem {
	key := responsesKey{id: id}
	if index != nil {
		key = responsesKey{index: *index}
	}
	if it := s.byKey[key]; it != nil {
		return it
	}
	if s.byKey == nil {
		s.byKey = map[responsesKey]*responsesOpenItem{}
	}
	s.byKey[key] = s.begin(key.index)
	return s.byKey[key]
}

func (s *responsesItems) begin(index int) *responsesOpenItem {
	it := &responsesOpenItem{index: index}
	s.list = append(s.list, it)
	return it
}

func (s *responsesItems) added(e *responsesEvent) { s.at(e.Index, itemID(e.Item)).head = e.Item }

// done ends an item. Another one that ends under the same index is one of its own.
func (s *responsesItems) done(e *responsesEvent) {
	it := s.at(e.Index, itemID(e.Item))
	switch {
	case bytes.Equal(it.whole, e.Item):
		return // told twice
	case it.whole != nil:
		it = s.begin(it.index)
	}
	it.whole = e.Item
}

func (s *responsesItems) said(e *responsesEvent, delta string) {
	s.at(e.Index, e.ItemID).text.WriteString(delta)
}

func (s *responsesItems) called(e *responsesEvent) {
	it := s.at(e.Index, e.ItemID)
	it.args, it.finished = e.Args, true
}

// output returns the items as a response holds them; nil when there are none.
func (s *responsesItems) output(complete bool) (json.RawMessage, error) {
	slices.SortStableFunc(s.list, func(a, b *responsesOpenItem) int { return cmp.Compare(a.index, b.index) })
	var b []byte
	for _, it := range s.list {
		raw, err := it.raw(complete)
		if err != nil {
			return nil, err
		}
		if raw == nil {
			continue
		}
		b = append(b, map[bool]byte{true: '[', false: ','}[len(b) == 0])
		b = append(b, raw...)
	}
	if b == nil {
		return nil, nil
	}
	return append(b, ']'), nil
}

// raw is the item as it ended, or what can be made of its pieces; nil for nothing.
func (it *responsesOpenItem) raw(complete bool) (json.RawMessage, error) {
	if it.whole != nil {
		return it.whole, nil
	}
	var head struct {
		Type string `json:"type"`
		Call string `json:"call_id"`
		Name string `json:"name"`

		Phase string `json:"phase"`
	}
	_ = json.Unmarshal(orEmpty(it.head), &head) // an item without a beginning is told by its pieces
	switch {
	case head.Type == "function_call":
		if complete && !it.finished {
			return nil, garbled("call %.60q never ended", head.Call)
		}
		return new(object).str("type", "function_call").str("call_id", head.Call).str("name", head.Name).str("arguments", it.args).done(), nil
	case it.text.Len() > 0:
		content := new(object).str("type", "output_text").str("text", it.text.String()).done()
		return new(object).str("type", "message").opt("phase", head.Phase).raw("content", append(append([]byte{'['}, content...), ']')).done(), nil
	case it.finished:
		return nil, garbled("arguments of a call that never began")
	}
	return nil, nil
}

func itemID(raw json.RawMessage) string {
	var in struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(orEmpty(raw), &in) // without one the index is all there is
	return in.ID
}
