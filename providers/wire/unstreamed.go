package wire

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"

	"github.com/quire-dev/quire"
)

// unstreamed looks whether what answers a request for a stream is a reply that
// came whole, as from servers that know no streams, or the list of its pieces, as
// Gemini sends it to who does not ask for events. It returns nil for events.
func unstreamed(api quire.API, request []byte, r *bufio.Reader, a assembler) (assembler, func() ([]byte, error)) {
	switch begins(r) {
	case '{':
		return &wholeReply{api: api, request: request}, one(json.NewDecoder(r))
	case '[':
		dec := json.NewDecoder(r)
		if _, err := dec.Token(); err == nil {
			return a, each(dec)
		}
	}
	return nil, nil
}

// begins returns the first byte that is not white space, and leaves it there.
func begins(r *bufio.Reader) byte {
	for n := 1; n <= r.Size(); n++ {
		b, _ := r.Peek(n)
		if len(b) < n {
			return 0
		}
		switch c := b[n-1]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// one returns the one value of a body.
func one(dec *json.Decoder) func() ([]byte, error) {
	return func() ([]byte, error) {
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return raw, err
	}
}

// each returns the elements of a list, one by one. A list without an end broke off.
func each(dec *json.Decoder) func() ([]byte, error) {
	value := one(dec)
	return func() ([]byte, error) {
		if dec.More() {
			return value()
		}
		if _, err := dec.Token(); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		return nil, io.EOF
	}
}

// wholeReply is a reply that came in one piece.
type wholeReply struct {
	api           quire.API
	request, data []byte
}

func (w *wholeReply) event(data []byte) ([]quire.Delta, bool, error) {
	if ReportsFailure(data) {
		return nil, false, reported(data)
	}
	reply, err := DecodeFor(w.api, w.request, data)
	if err != nil {
		return nil, false, err
	}
	w.data = data
	var out []quire.Delta
	for _, p := range reply.Parts {
		switch p := p.(type) {
		case quire.Text:
			out = append(out, quire.Delta{Text: p.Text})
		case quire.Reasoning:
			if p.Text != "" {
				out = append(out, quire.Delta{Reasoning: p.Text})
			}
		}
	}
	return out, true, nil
}

func (w *wholeReply) end() error   { return io.ErrUnexpectedEOF }
func (w *wholeReply) body() []byte { return w.data }
