package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// lineReader reads JSON lines of any length.
type lineReader struct{ r *bufio.Reader }

// next returns the next line that is not empty. What stands before the end of
// the stream is a line too.
func (l *lineReader) next() ([]byte, error) {
	for {
		line, err := l.r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err != nil && !json.Valid(line) {
				return nil, io.ErrUnexpectedEOF // half of a line
			}
			return []byte(jsontext.Clean(string(line))), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// ollamaStream joins lines, each of which has the shape of a whole reply.
type ollamaStream struct {
	text, thinking strings.Builder
	calls          []json.RawMessage
	last           ollamaReply
	model          string
}

func (s *ollamaStream) end() error { return io.ErrUnexpectedEOF }

func (s *ollamaStream) event(data []byte) ([]quire.Delta, bool, error) {
	var in ollamaReply
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, false, err
	}
	if len(in.Error) > 0 && string(in.Error) != "null" {
		return nil, false, reported(data)
	}
	s.text.WriteString(in.Message.Content)
	s.thinking.WriteString(in.Message.Thinking)
	s.calls = append(s.calls, in.Message.Calls...)
	s.model = firstOf(string(in.Model), s.model)
	s.last = in
	if in.Message.Content == "" && in.Message.Thinking == "" {
		return nil, in.Done, nil
	}
	return []quire.Delta{{Text: in.Message.Content, Reasoning: in.Message.Thinking}}, in.Done, nil
}

func (s *ollamaStream) body() []byte {
	calls := []byte{'['}
	for i, c := range s.calls {
		if i > 0 {
			calls = append(calls, ',')
		}
		calls = append(calls, c...)
	}
	msg := new(object).str("content", s.text.String()).opt("thinking", s.thinking.String()).raw("tool_calls", append(calls, ']'))
	return new(object).str("model", s.model).str("created_at", string(s.last.Created)).raw("message", msg.done()).
		truth("done", s.last.Done).str("done_reason", string(s.last.Reason)).
		num("prompt_eval_count", int(s.last.Input)).num("eval_count", int(s.last.Output)).done()
}
