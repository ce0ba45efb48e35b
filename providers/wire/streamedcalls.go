package wire

import (
	"encoding/json"
	"strings"
)

// streamedCalls puts streamed calls together, each by its own index and id. Some servers
// give every call the same index, or none, and some give no ids: then a call ends
// where its arguments do, and what could belong to two calls is an error.
type streamedCalls struct {
	list   []*chatOpenCall
	byID   map[chatCallKey]*chatOpenCall
	newest map[string]*chatOpenCall // by index
	open   map[string][]*chatOpenCall
	chunk  int // that is being read
}

type chatOpenCall struct {
	id, name string
	args     strings.Builder
	nesting  nesting // of args
	chunk    int     // that it began in
	proof    chatCallProof
}

type chatCallKey struct{ index, id string }

// chatCallDelta is a piece of a call. Its index is a number, or missing.
type chatCallDelta struct {
	Index    json.RawMessage `json:"index"`
	ID       string          `json:"id"`
	Function chatFunction    `json:"function"`
	chatCallProof
}

// chatFunction is what a call calls.
type chatFunction struct {
	Name string          `json:"name"`
	Args json.RawMessage `json:"arguments"`
}

// said says whether it is there: some servers write an empty one.
func (f chatFunction) said() bool { return f.Name != "" || argsOf(f.Args) != "" && isSet(f.Args) }

// add takes the calls of one chunk.
func (s *streamedCalls) add(deltas []chatCallDelta) error {
	s.chunk++
	for _, d := range deltas {
		index, args := string(d.Index), argsOf(d.Function.Args)
		if !isSet(d.Index) {
			index = ""
		}
		if !isSet(d.Function.Args) {
			args = ""
		}
		c, err := s.owner(index, d.ID, d.Function.Name, args)
		if err != nil {
			return err
		}
		c.id = firstOf(c.id, d.ID)
		c.proof.add(&d.chatCallProof)
		if err := c.named(d.Function.Name); err != nil {
			return err
		}
		c.args.WriteString(args)
		c.nesting.feed([]byte(args))
	}
	return nil
}

// owner finds the call that a piece belongs to, or begins one.
func (s *streamedCalls) owner(index, id, name, args string) (*chatOpenCall, error) {
	c := s.newest[index]
	switch {
	case c == nil:
		return s.begin(index, id), nil
	case id != "" && c.id != "":
		if c.id != id {
			c = s.byID[chatCallKey{index, id}]
		}
		if c == nil {
			c = s.begin(index, id)
		}
		return c, nil
	case c.endsBefore(name, args, s.chunk):
		return s.begin(index, id), nil
	case id == "" && name == "" && args != "":
		return c, s.only(index, c, args)
	}
	if id != "" {
		s.byID[chatCallKey{index, id}] = c
	}
	return c, nil
}

// endsBefore says whether a piece with a name, and perhaps no id, begins another call.
func (c *chatOpenCall) endsBefore(name, args string, chunk int) bool {
	switch {
	case name == "" || c.name == "":
		return false
	case c.chunk == chunk: // a list never holds two pieces of one call
		return true
	case c.nesting.closed():
		return args != "" || name != c.name // else it only says its name again
	}
	return false
}

// only checks that a piece which says nothing of its owner can have but one.
func (s *streamedCalls) only(index string, c *chatOpenCall, args string) error {
	if c.id == "" && c.nesting.closed() && strings.HasPrefix(strings.TrimSpace(args), "{") {
		return garbled("arguments of a call that has no name and no id")
	}
	for _, other := range s.open[index] {
		begun := other.args.Len() > 0
		if other != c && (begun && !other.nesting.closed() || !begun && other.chunk == c.chunk) {
			return garbled("two calls are open under the index %q", index)
		}
	}
	if c.nesting.closed() {
		return nil
	}
	s.open[index] = []*chatOpenCall{c} // the others are done, and need not be looked at again
	return nil
}

func (s *streamedCalls) begin(index, id string) *chatOpenCall {
	if s.newest == nil {
		s.newest, s.byID = map[string]*chatOpenCall{}, map[chatCallKey]*chatOpenCall{}
		s.open = map[string][]*chatOpenCall{}
	}
	c := &chatOpenCall{chunk: s.chunk}
	s.list = append(s.list, c)
	s.newest[index] = c
	s.open[index] = append(s.open[index], c)
	if id != "" {
		s.byID[chatCallKey{index, id}] = c
	}
	return c
}

// named takes a name, which may come in pieces before the arguments, or whole again
// with every piece of them.
func (c *chatOpenCall) named(name string) error {
	switch {
	case name == "" || name == c.name:
	case c.args.Len() > 0 && c.name != "":
		return garbled("a call to %.60q is one to %.60q now", c.name, name)
	default:
		c.name += name
	}
	return nil
}

// raw returns the calls as they would have come unstreamed.
func (s *streamedCalls) raw() []byte {
	calls := []byte{'['}
	for i, c := range s.list {
		if i > 0 {
			calls = append(calls, ',')
		}
		fn := new(object).str("name", c.name).str("arguments", c.args.String()).done()
		o := new(object).str("id", c.id).raw("function", fn)
		c.proof.write(o)
		calls = append(calls, o.done()...)
	}
	return append(calls, ']')
}

// nameless says whether a call never got a name or an id: its beginning is missing.
func (s *streamedCalls) nameless() bool {
	for _, c := range s.list {
		if c.name == "" && c.id == "" {
			return true
		}
	}
	return false
}
