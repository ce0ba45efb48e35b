package wire

import (
	"time"

	"github.com/quire-dev/quire"
)

// Level is the part of a request that a segment belongs to. A change in one
// level changes everything cached behind it.
type Level uint8

// The levels, in the order in which providers read them.
const (
	LevelTools Level = iota
	LevelSystem
	LevelMessages
)

// String returns "tools", "system" or "messages".
func (l Level) String() string { return [...]string{"tools", "system", "messages"}[min(l, 2)] }

// Segment is one piece of a request: a tool, a block of system text, a content
// block, or, where content is one string, what one part adds to it. The first
// segment of a message on the wire includes what opens the message (its role,
// the call that it answers), and no segment holds a closing bracket or a cache
// mark. So a request whose stable segments begin with those of another shares
// that prefix in a provider's cache, whatever closes it in JSON.
type Segment struct {
	Level    Level
	Bytes    []byte
	Message  int           // index in Prompt.Messages; -1 for tools, system, notice and fillers
	Volatile bool          // the notice: expected to be gone in the next request
	Mark     bool          // a cache entry is to end here
	TTL      time.Duration // that the mark asks for; 0: the provider's default
}

// Segments returns the content of the request that [Encode] would make, in
// order. It fails as Encode does.
func Segments(api quire.API, p *quire.Prompt) ([]Segment, error) {
	r, err := build(api, p, &Options{}, sentSchema)
	if err != nil {
		return nil, err
	}
	var out []Segment
	for _, s := range r.sections {
		for i := range s.items {
			out = appendSegments(out, &s.items[i])
		}
	}
	return out, nil
}

func appendSegments(out []Segment, it *item) []Segment {
	if it.body != nil {
		return append(out, Segment{Level: it.level, Bytes: it.body, Message: it.msg, Volatile: it.volatile})
	}
	for k, bl := range it.blocks {
		var b []byte
		if k == 0 {
			b = append(b, it.open...)
		} else {
			b = append(b, bl.lead...)
		}
		out = append(out, Segment{
			Level: it.level, Bytes: bl.body.appendTo(b), Message: bl.msg,
			Volatile: bl.volatile, Mark: bl.marked, TTL: bl.ttl,
		})
	}
	return out
}

// Stable returns the segments before the first volatile one: what a cache can
// keep for the next request.
func Stable(segs []Segment) []Segment {
	for i, s := range segs {
		if s.Volatile {
			return segs[:i]
		}
	}
	return segs
}
