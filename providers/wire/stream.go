package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/quire-dev/quire"
)

// DecodeStream reads a streamed reply, as server-sent events, and yields its
// deltas as they come in. The last one carries the whole reply, which is what
// [Decode] makes of the body that the events add up to; the text and reasoning
// of the deltas add up to its texts. A stream that breaks off, reports a failure
// or can't be read yields an [*Error] and nothing more; the reader's own error
// is wrapped in it. Lines may be of any length. DecodeStream does not close r,
// and reads nothing more once the loop is left.
//
// Ollama's streams are JSON lines.
func DecodeStream(api quire.API, r io.Reader) iter.Seq2[quire.Delta, error] {
	return DecodeStreamFor(api, nil, r)
}

// DecodeStreamFor is DecodeStream as [DecodeFor] is Decode.
func DecodeStreamFor(api quire.API, request []byte, r io.Reader) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		assemblers := map[quire.API]func() assembler{
			quire.APIAnthropic:       func() assembler { return &anthropicStream{} },
			quire.APIOpenAIChat:      func() assembler { return &chatStream{} },
			quire.APIStrict:          func() assembler { return &chatStream{} },
			quire.APIOpenAIResponses: func() assembler { return &responsesStream{} },
			quire.APIGemini:          func() assembler { return &geminiStream{} },
			quire.APIOllama:          func() assembler { return &ollamaStream{} },
		}
		open, ok := assemblers[api]
		if !ok {
			yield(quire.Delta{}, &Error{API: api, What: "no such format"})
			return
		}
		a := open()
		next := (&eventReader{r: bufio.NewReader(r)}).next
		if api == quire.APIOllama {
			next = (&lineReader{r: bufio.NewReader(r)}).next
		}
		if goesOn, err := assemble(a, next, yield); err != nil {
			yield(quire.Delta{}, &Error{API: api, What: "the stream can't be read", Err: err})
			return
		} else if !goesOn {
			return
		}
		finish(api, request, a, yield)
	}
}

// assembler puts one format's events together.
type assembler interface {
	// event takes one event. done says that it was the last one.
	event(data []byte) (deltas []quire.Delta, done bool, err error)
	// ended says whether the reply is whole although the stream just stopped.
	ended() bool
	// body returns the reply as it would have come unstreamed.
	body() []byte
	// sentCalls says whether event has yielded the calls already.
	sentCalls() bool
}

// assemble feeds events to a until the last one. It returns false when the
// caller of the stream has left.
func assemble(a assembler, next func() ([]byte, error), yield func(quire.Delta, error) bool) (bool, error) {
	for {
		data, err := next()
		if errors.Is(err, io.EOF) {
			if a.ended() {
				return true, nil
			}
			return true, io.ErrUnexpectedEOF
		}
		if err != nil {
			return true, err
		}
		deltas, done, err := a.event(data)
		if err != nil {
			return true, err
		}
		for _, d := range deltas {
			if !yield(d, nil) {
				return false, nil
			}
		}
		if done {
			return true, nil
		}
	}
}

// finish yields what is left: the calls, if need be, and the whole reply.
func finish(api quire.API, request []byte, a assembler, yield func(quire.Delta, error) bool) {
	body := a.body()
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
		if c, ok := part.(quire.ToolCall); ok && !a.sentCalls() {
			if !yield(quire.Delta{ToolCall: &c}, nil) {
				return
			}
		}
	}
	yield(quire.Delta{Reply: reply}, nil)
}

// ErrReported is in the chain of what [DecodeStream] yields when the server said
// itself, in the middle of its reply, that it failed: then a [*ReportedError] is too.
var ErrReported = errors.New("the server reports")

// ReportedError holds the event in which a server says that it failed, for
// [DecodeFailure].
type ReportedError struct{ Event []byte }

// Error returns the beginning of the event.
func (e *ReportedError) Error() string { return fmt.Sprintf("%v %.300s", ErrReported, e.Event) }

// Unwrap returns [ErrReported].
func (e *ReportedError) Unwrap() error { return ErrReported }

// reported is a failure that arrived in the stream.
func reported(data []byte) error { return &ReportedError{Event: bytes.Clone(data)} }
