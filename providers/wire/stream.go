package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/quire-dev/quire"
)

// DecodeStream reads a streamed reply, as server-sent events, and yields its
// deltas as they come in. The last one carries the whole reply, which is what
// [Decode] makes of the body that the events add up to; the text and reasoning
// of the deltas add up to its texts. A stream that breaks off, reports a failure
// or can't be read yields an [*Error] and nothing more; the reader's own error
// is wrapped in it. Lines may be of any length. A reply that came whole, from a server that
// knows no streams, is read too. DecodeStream does not close r,
// and reads nothing more once the loop is left.
//
// Ollama's streams are JSON lines.
func DecodeStream(api quire.API, r io.Reader) iter.Seq2[quire.Delta, error] {
	return DecodeStreamFor(api, nil, r)
}

// DecodeStreamFor is DecodeStream as [DecodeFor] is Decode.
func DecodeStreamFor(api quire.API, request []byte, r io.Reader) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		a, next, err := opened(api, request, r)
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		sent, err := assemble(a, next, yield)
		switch {
		case errors.Is(err, errLeft):
		case err != nil:
			yield(quire.Delta{}, &Error{API: api, What: "the stream can't be read", Err: err})
		default:
			finish(api, request, a.body(), sent, yield)
		}
	}
}

// Join reads a streamed reply as [DecodeStream] does, and returns the body that it
// would have been if it had come whole.
func Join(api quire.API, r io.Reader) ([]byte, error) {
	a, next, err := opened(api, nil, r)
	if err != nil {
		return nil, err
	}
	if _, err := assemble(a, next, func(quire.Delta, error) bool { return true }); err != nil {
		return nil, &Error{API: api, What: "the stream can't be read", Err: err}
	}
	return a.body(), nil
}

// opened returns what puts a format's events together, and what reads them.
func opened(api quire.API, request []byte, r io.Reader) (assembler, func() ([]byte, error), error) {
	br := bufio.NewReader(r)
	var a assembler
	switch api {
	case quire.APIAnthropic:
		a = &anthropicStream{}
	case quire.APIOpenAIChat, quire.APIStrict:
		a = &chatStream{}
	case quire.APIOpenAIResponses:
		a = &responsesStream{}
	case quire.APIGemini:
		a = &geminiStream{}
	case quire.APIOllama:
		return &ollamaStream{}, (&lineReader{r: br}).next, nil
	default:
		return nil, nil, &Error{API: api, What: "no such format"}
	}
	if a, next := unstreamed(api, request, br, a); a != nil {
		return a, next, nil
	}
	return a, (&eventReader{r: br}).next, nil
}

// assembler puts one format's events together.
type assembler interface {
	// event takes one event. done says that it was the last one.
	event(data []byte) (deltas []quire.Delta, done bool, err error)
	// end is called when the stream just stops: it says whether the reply is whole
	// all the same, by nil, or that it is not.
	end() error
	// body returns the reply as it would have come unstreamed.
	body() []byte
}

// errLeft says that the caller of the stream has left.
var errLeft = errors.New("the caller left")

// assemble feeds events to a until the last one, and returns the calls that it yielded.
func assemble(a assembler, next func() ([]byte, error), yield func(quire.Delta, error) bool) ([]quire.ToolCall, error) {
	var sent []quire.ToolCall
	for {
		data, err := next()
		if errors.Is(err, io.EOF) {
			return sent, a.end()
		}
		if err != nil {
			return sent, err
		}
		deltas, done, err := a.event(data)
		if err != nil {
			return sent, err
		}
		for _, d := range deltas {
			if d.ToolCall != nil {
				sent = append(sent, *d.ToolCall)
			}
			if !yield(d, nil) {
				return sent, errLeft
			}
		}
		if done {
			return sent, nil
		}
	}
}

// finish yields what is left: the calls that were not sent, and the whole reply.
func finish(api quire.API, request, body []byte, sent []quire.ToolCall, yield func(quire.Delta, error) bool) {
	if ReportsFailure(body) {
		yield(quire.Delta{}, &Error{API: api, What: "the stream can't be read", Err: reported(body)})
		return
	}
	reply, err := DecodeFor(api, request, body)
	if err != nil {
		yield(quire.Delta{}, err)
		return
	}
	for _, part := range reply.Parts {
		c, ok := part.(quire.ToolCall)
		if !ok {
			continue
		}
		at := slices.IndexFunc(sent, func(s quire.ToolCall) bool { return s.Name == c.Name && s.Args == c.Args })
		if at >= 0 {
			sent = slices.Delete(sent, at, at+1)
		} else if !yield(quire.Delta{ToolCall: &c}, nil) {
			return
		}
	}
	yield(quire.Delta{Reply: reply}, nil)
}

// ReportedError is in the chain of what [DecodeStream] yields when the server said
// itself, in the middle of its reply, that it failed. It holds the event that says so,
// for [DecodeFailure].
type ReportedError struct{ Event []byte }

// Error returns the beginning of the event.
func (e *ReportedError) Error() string { return fmt.Sprintf("the server reports %.300s", e.Event) }

// reported is a failure that arrived in the stream.
func reported(data []byte) error { return &ReportedError{Event: bytes.Clone(data)} }
