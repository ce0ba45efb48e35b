package langchainmodel

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

var errEndedEarly = errors.New("the stream ended before the reply did")

// events reads a stream of server-sent events.
func (m *Model) events(r io.Reader, deliver func(quire.Delta) bool) (*quire.Reply, error) {
	in := &reader{r: r, left: maxReply}
	for d, err := range wire.DecodeStream(m.opts.API, in) {
		switch {
		case err != nil && in.err != nil:
			return nil, in.err // the connection's fault
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, m.cut()
		case errors.Is(err, wire.ErrReported):
			return nil, &providers.Error{Provider: m.opts.Provider, Code: failure{Message: err.Error()}.code(0), Err: err}
		case err != nil:
			return nil, m.badReply(err)
		case d.Reply != nil:
			return d.Reply, nil
		case !deliver(d):
			return nil, errStopped
		}
	}
	return nil, m.cut()
}

// lines reads a stream of JSON lines.
func (m *Model) lines(r io.Reader, request []byte, deliver func(quire.Delta) bool) (*quire.Reply, error) {
	br := bufio.NewReader(&reader{r: r, left: maxReply})
	var s ollamaStream
	for {
		line, err := br.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := m.failed(line); err != nil {
				return nil, err
			}
			d, done, err := s.line(line)
			if err != nil {
				return nil, m.badReply(fmt.Errorf("in the stream: %w: %.200q", err, line))
			}
			if (d.Text != "" || d.Reasoning != "") && !deliver(d) {
				return nil, errStopped
			}
			if done {
				break
			}
		}
		if err != nil {
			return nil, m.cut()
		}
	}
	body, err := s.body()
	if err != nil {
		return nil, m.badReply(err)
	}
	reply, err := m.decode(carriers[Ollama], body, request)
	if err != nil {
		return nil, err
	}
	if !deliverCalls(reply, deliver) {
		return nil, errStopped
	}
	return reply, nil
}

// cut is the error of a stream that broke off: as if the server had failed.
func (m *Model) cut() error {
	return &providers.Error{Provider: m.opts.Provider, Code: providers.CodeUnavailable, Err: errEndedEarly}
}

// reader keeps the error that reading failed with, and fails when there is too
// much to read.
type reader struct {
	r    io.Reader
	left int
	err  error // not io.EOF
}

func (r *reader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	if r.left -= n; r.left < 0 && err == nil {
		err = fmt.Errorf("the reply is larger than %d bytes", maxReply)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
