package langchainmodel

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

var errEndedEarly = errors.New("the stream ended before the reply did")

// ollamaLines reads a stream of JSON lines, as [wire.DecodeStream] reads events.
func ollamaLines(api quire.API, r io.Reader, request []byte, yield func(quire.Delta, error) bool) {
	br := bufio.NewReader(r)
	var s ollamaStream
	for done := false; !done; {
		line, readErr := br.ReadBytes('\n')
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			yield(quire.Delta{}, readErr)
			return
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 && readErr != nil {
			yield(quire.Delta{}, io.ErrUnexpectedEOF)
			return
		}
		if len(line) == 0 {
			continue
		}
		if wire.ReportsFailure(line) {
			yield(quire.Delta{}, &wire.ReportedError{Event: line})
			return
		}
		var d quire.Delta
		var err error
		if d, done, err = s.line(line); err != nil {
			if readErr != nil {
				err = io.ErrUnexpectedEOF // half of a line
			}
			yield(quire.Delta{}, fmt.Errorf("in the stream: %w: %.200q", err, line))
			return
		}
		if (d.Text != "" || d.Reasoning != "") && !yield(d, nil) {
			return
		}
	}
	ollamaEnd(api, &s, request, yield)
}

// ollamaEnd yields the calls and the whole reply.
func ollamaEnd(api quire.API, s *ollamaStream, request []byte, yield func(quire.Delta, error) bool) {
	body, err := s.body()
	if err != nil {
		yield(quire.Delta{}, err)
		return
	}
	r, err := ollamaDecode(api, body, request)
	if err != nil {
		yield(quire.Delta{}, err)
		return
	}
	if deliverCalls(r, func(d quire.Delta) bool { return yield(d, nil) }) {
		yield(quire.Delta{Reply: r}, nil)
	}
}

// ollamaDecode reads a whole reply to a request.
func ollamaDecode(api quire.API, body, request []byte) (*quire.Reply, error) {
	body, err := ollamaReply(body, request)
	if err != nil {
		return nil, err
	}
	return wire.Decode(api, body)
}
