package wire

import (
	"time"
)

// A request is built as params and sections; both [Encode] and [Segments] read
// this one form, so that they can't differ.
type request struct {
	params   object // the fields before the sections
	sections []section
	close    string // behind the last bracket
	// mark returns the JSON field that marks a block, ",\"cache_control\":…".
	mark func(ttl time.Duration) string
	// life returns how long the provider keeps an entry that is asked to live so
	// long; nil: as long as asked.
	life func(asked time.Duration) time.Duration
}

// section is one field of the request that holds a list of items.
type section struct {
	name        string
	open, close string // around the items; "[" and "]"
	items       []item
}

// item is one message, tool or block of system text as it goes out: a body, or blocks
// between open and close.
type item struct {
	body        []byte
	open, close string
	blocks      []block
	level       Level
	msg         int // index in the prompt's messages, or -1
	volatile    bool
}

// block is one content block, or one piece of a string.
type block struct {
	lead     string // before it, unless it is the first of its item: "," or `\n`
	body     body
	msg      int  // index in the prompt's messages, or -1
	canMark  bool // it may carry a cache mark; its body is then a JSON object
	marked   bool
	ttl      time.Duration
	volatile bool
}

// body is JSON: as it is, or a text between open and end, which is escaped when it is
// written.
type body struct {
	raw             []byte
	open, text, end string
}

func (c *body) appendTo(b []byte) []byte {
	if c.raw != nil {
		return append(b, c.raw...)
	}
	return append(appendEscaped(append(b, c.open...), c.text), c.end...)
}

// size is about how many bytes it has.
func (c *body) size() int {
	if c.raw != nil {
		return len(c.raw)
	}
	return len(c.open) + escapedRoom(c.text) + len(c.end)
}

func (c *body) bytes() []byte { return c.appendTo(make([]byte, 0, c.size())) }

// set sets members of it.
func (c *body) set(m members) {
	if len(m) > 0 {
		*c = body{raw: withMembers(c.bytes(), m)}
	}
}

// bytes returns the whole request body.
func (r *request) bytes() []byte {
	b := append(make([]byte, 0, r.size()), r.params.b...)
	for i := range r.sections {
		s := &r.sections[i]
		b = append(b, ',')
		b = appendString(b, s.name)
		b = append(b, ':')
		b = append(b, s.open...)
		for j := range s.items {
			if j > 0 {
				b = append(b, ',')
			}
			b = r.appendItem(b, &s.items[j])
		}
		b = append(b, s.close...)
	}
	return append(append(b, '}'), r.close...)
}

// size is about how many bytes the body has: what marks add is some more.
func (r *request) size() int {
	n := len(r.params.b) + len(r.close) + 1
	for i := range r.sections {
		s := &r.sections[i]
		n += len(s.name) + len(s.open) + len(s.close) + 4
		for j := range s.items {
			it := &s.items[j]
			n += len(it.body) + len(it.open) + len(it.close) + 1
			for k := range it.blocks {
				n += len(it.blocks[k].lead) + it.blocks[k].body.size()
			}
		}
	}
	return n + 256
}

func (r *request) appendItem(b []byte, it *item) []byte {
	b = append(append(b, it.body...), it.open...)
	for k := range it.blocks {
		bl := &it.blocks[k]
		if k > 0 {
			b = append(b, bl.lead...)
		}
		b = bl.body.appendTo(b)
		if bl.marked {
			b = append(b[:len(b)-1], r.mark(bl.ttl)...)
			b = append(b, '}')
		}
	}
	return append(b, it.close...)
}
