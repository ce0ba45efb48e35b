package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/quire-dev/quire"
)

// eventReader reads the data of server-sent events.
type eventReader struct {
	r     *bufio.Reader
	began bool
	cr    bool // the line before ended with a carriage return
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

// next returns the data of the next event that has any.
func (e *eventReader) next() ([]byte, error) {
	var data []byte
	for {
		line, err := e.line()
		if !e.began {
			line = bytes.TrimPrefix(line, []byte("\uFEFF"))
		}
		e.began = true
		if rest, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			if data != nil {
				data = append(data, '\n')
			}
			data = append(data, bytes.TrimPrefix(rest, []byte(" "))...)
		}
		if ended := errors.Is(err, io.EOF); len(data) > 0 && (len(line) == 0 || ended) {
			if ended && !json.Valid(data) && string(data) != "[DONE]" {
				return nil, io.ErrUnexpectedEOF // half of an event
			}
			return []byte(quire.Clean(string(data))), nil
		}
		if err != nil {
			return nil, err
		}
	}
}
