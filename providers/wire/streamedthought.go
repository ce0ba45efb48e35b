package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// streamedThought joins the reasoning of a streamed message: its text, and the fields that
// go back as they came, whose lists come entry by entry and in pieces of entries.
type streamedThought struct {
	text  strings.Builder
	lists map[string][]*openThought
	other map[string]json.RawMessage
}

// openThought is an entry of a list that more may come of.
type openThought struct {
	fields map[string]json.RawMessage
	said   map[string]*strings.Builder // the members whose pieces add up
}

// add takes a piece, and returns what can be read of it.
func (s *streamedThought) add(piece *chatThought) string {
	s.text.WriteString(piece.text)
	for _, name := range slices.Sorted(maps.Keys(piece.fields)) {
		var entries []map[string]json.RawMessage
		if json.Unmarshal(piece.fields[name], &entries) != nil {
			if s.other == nil {
				s.other = map[string]json.RawMessage{}
			}
			s.other[name] = piece.fields[name]
			continue
		}
		if s.lists == nil {
			s.lists = map[string][]*openThought{}
		}
		for _, e := range entries {
			list := s.lists[name]
			if n := len(list); n == 0 || !list[n-1].goesOn(e) {
				list = append(list, &openThought{fields: map[string]json.RawMessage{}, said: map[string]*strings.Builder{}})
				s.lists[name] = list
			}
			list[len(list)-1].add(e)
		}
	}
	return piece.text
}

// goesOn says whether an entry is a further piece of this one: of its kind, its index and
// its id, readable, and not after its signature.
func (t *openThought) goesOn(e map[string]json.RawMessage) bool {
	for _, name := range []string{"type", "index", "id"} {
		if isSet(t.fields[name]) && isSet(e[name]) && !bytes.Equal(t.fields[name], e[name]) {
			return false
		}
	}
	return !isSet(e["data"]) && !isSet(t.fields["data"]) && !filled(t.fields["signature"])
}

// add adds a piece.
func (t *openThought) add(e map[string]json.RawMessage) {
	for name, raw := range e {
		var s string
		adds := name == "text" || name == "summary" || name == "thinking"
		switch {
		case adds && json.Unmarshal(raw, &s) == nil:
			if t.said[name] == nil {
				t.said[name] = &strings.Builder{}
			}
			t.said[name].WriteString(s)
		case !filled(t.fields[name]):
			t.fields[name] = raw
		}
	}
}

// raw is the entry as it would have come unstreamed, its members by name.
func (t *openThought) raw() json.RawMessage {
	for name, b := range t.said {
		t.fields[name] = quoted(b.String())
	}
	o := new(object)
	for _, name := range slices.Sorted(maps.Keys(t.fields)) {
		o.raw(name, t.fields[name])
	}
	return o.done()
}

// filled says whether a member is there and no empty string.
func filled(raw json.RawMessage) bool { return isSet(raw) && string(raw) != `""` }

// said says whether anything came.
func (s *streamedThought) said() bool { return s.text.Len()+len(s.lists)+len(s.other) > 0 }

// write writes the message's fields.
func (s *streamedThought) write(o *object) {
	o.opt("reasoning_content", s.text.String())
	for _, name := range chatKept() {
		if list := s.lists[name]; len(list) > 0 {
			entries := make([]json.RawMessage, len(list))
			for i, t := range list {
				entries[i] = t.raw()
			}
			o.raw(name, listed(entries))
		} else if raw, ok := s.other[name]; ok {
			o.raw(name, raw)
		}
	}
}
