package record

import (
	"fmt"
	"strings"
)

// UnknownError says that a recording has no answer to a request, and how the
// request differs from the nearest one that was recorded.
type UnknownError struct {
	Path    string // of the recording
	Request string // what was asked: "POST /v1/messages", or the prompt in a few words
	// Times is how often exactly this request was recorded: all of them have been
	// played already. 0: it never was.
	Times int
	// Line is where the nearest recorded request begins, counted from 1; 0: there
	// is none of its kind. Nearest is what it was.
	Line    int
	Nearest string
	// Diff is the first difference: where it is in the JSON, what was recorded and
	// what was asked now.
	Diff string
}

// Error puts it in one line.
func (e *UnknownError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "record: %s does not hold this request (%s)", e.Path, e.Request)
	switch {
	case e.Times > 0:
		fmt.Fprintf(&b, " once more: it was recorded %d times, all played (the last at line %d)", e.Times, e.Line)
	case e.Line == 0:
		b.WriteString(": it holds none like it")
	default:
		fmt.Fprintf(&b, "; nearest is line %d", e.Line)
		if e.Nearest != e.Request {
			fmt.Fprintf(&b, " (%s)", e.Nearest)
		}
		fmt.Fprintf(&b, ", first difference at %s", e.Diff)
	}
	return b.String()
}

// unknown describes a request that has no answer.
func (r *Recording) unknown(k key, what string, doc []byte) error {
	e := &UnknownError{Path: r.path, Request: what}
	var nearest *exchange
	var best likeness
	for _, x := range r.known {
		if x.key == k {
			e.Times++
			e.Line, e.Nearest = x.line, x.what
		}
		if x.key.kind != k.kind {
			continue
		}
		if l := like(x, k, doc); nearest == nil || l.more(best) {
			nearest, best = x, l
		}
	}
	if e.Times > 0 || nearest == nil {
		return e
	}
	e.Line, e.Nearest = nearest.line, nearest.what
	e.Diff = difference(nearest.doc, doc)
	if nearest.key.where != k.where {
		e.Diff = fmt.Sprintf("the address: recorded %s, now %s", nearest.key.where, k.where)
	}
	return e
}

// likeness says how near a recorded request is to one that is asked for.
type likeness struct {
	where  bool // the same address
	shared int  // bytes at both ends of the bodies together
	fresh  bool // not played yet
}

func like(x *exchange, k key, doc []byte) likeness {
	n := commonPrefix(x.doc, doc)
	return likeness{x.key.where == k.where, n + commonSuffix(x.doc[n:], doc[n:]), !x.played}
}

func (l likeness) more(m likeness) bool {
	switch {
	case l.where != m.where:
		return l.where
	case l.shared != m.shared:
		return l.shared > m.shared
	}
	return l.fresh && !m.fresh
}
