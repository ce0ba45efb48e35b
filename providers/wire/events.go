package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"github.com/quire-dev/quire/internal/jsontext"
	"io"
)

// eventReader reads the data of server-sent events.
type eventReader struct {
	r       *bufio.Reader
	began   bool
	cr      bool    // the line before ended with a carriage return
	data    []byte  // of the event that is being read; nil for none
	nesting nesting // of data
	failed  bool    // the event is named "error"
}

// line reads a line, which ends with a line feed, a carriage return, or both.
func (e *eventReader) line() ([]byte, error) {
	var line []byte
	for {
		c, err := e.r.ReadByte()
		if err != nil {
			return line, err
		}
		after := e.cr
		e.cr = c == '\r'
		switch {
		case c == '\n' && after: // the rest of the line before
		case c == '\n' || c == '\r':
			return line, nil
		default: // and with it at once what does not end the line
			line = append(line, c)
			ahead, _ := e.r.Peek(e.r.Buffered())
			if n := bytes.IndexAny(ahead, "\r\n"); n >= 0 {
				ahead = ahead[:n]
			}
			line = append(line, ahead...)
			_, _ = e.r.Discard(len(ahead))
		}
	}
}

// next returns the data of the next event that has any. Some servers leave out the
// empty line between two events: then data that is whole ends where more comes.
func (e *eventReader) next() ([]byte, error) {
	for {
		line, err := e.line()
		if !e.began {
			line = bytes.TrimPrefix(line, []byte("\uFEFF"))
		}
		e.began = true
		var whole []byte
		if failure := failureLine(line); failure != nil {
			whole, e.data, e.failed = failure, nil, false // what it broke off is of no use
		} else if data, ok := field(line, "data"); ok {
			whole = e.add(data)
		} else if name, ok := field(line, "event"); ok {
			if e.nesting.closed() {
				whole = e.take()
			}
			e.failed = string(name) == "error"
		} else if len(line) == 0 && len(e.data) == 0 {
			e.failed = false // an event without data
		}
		ended := errors.Is(err, io.EOF)
		if whole == nil && len(e.data) > 0 && (len(line) == 0 || ended) {
			if ended && !json.Valid(e.data) && string(e.data) != "[DONE]" {
				return nil, io.ErrUnexpectedEOF // half of an event
			}
			whole = e.take()
		}
		if whole != nil {
			return []byte(jsontext.Clean(string(whole))), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// add adds data to the event, and returns the event before it if that was whole.
func (e *eventReader) add(data []byte) (before []byte) {
	if e.nesting.closed() {
		before = e.take()
	}
	if e.data != nil {
		e.data = append(e.data, '\n')
	}
	e.data = append(e.data, data...)
	e.nesting.feed(data)
	return before
}

// take ends the event.
func (e *eventReader) take() []byte {
	data := e.data
	if e.failed && !ReportsFailure(data) {
		data = asFailure(data)
	}
	e.data, e.nesting, e.failed = nil, nesting{}, false
	return data
}

// field returns the value of a field of an event.
func field(line []byte, name string) (value []byte, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(name+":"))
	return bytes.TrimPrefix(rest, []byte(" ")), ok
}

// failureLine returns the failure that a line is outside of all events: an "error:"
// in place of a "data:", or the bare JSON of one; nil for any other line.
func failureLine(line []byte) []byte {
	if said, ok := field(line, "error"); ok && len(bytes.TrimSpace(said)) > 0 {
		if ReportsFailure(said) {
			return said
		}
		return asFailure(said)
	}
	if len(line) > 0 && line[0] == '{' && ReportsFailure(line) {
		return line
	}
	return nil
}

// asFailure wraps what a server says of a failure, as JSON or as words.
func asFailure(said []byte) []byte {
	if json.Valid(said) {
		return new(object).raw("error", said).done()
	}
	return new(object).str("error", string(said)).done()
}
