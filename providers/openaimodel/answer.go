package openaimodel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/quire-dev/quire/providers"
)

// answer makes a stream of server-sent events of a websocket's messages, as the
// body of an answer that package exchange reads.
type answer struct {
	ctx   context.Context // of the call
	conn  *connection
	call  *wsCall
	ahead []byte // of the stream, not read yet
	done  bool   // the last event of the reply is in ahead
}

// next waits for one event and adds it to what can be read.
func (a *answer) next() (*event, error) {
	data, err := a.conn.Recv(a.ctx)
	if err != nil {
		return nil, err
	}
	if string(bytes.TrimSpace(data)) == "[DONE]" { // a gateway's end, before that of the reply
		return nil, io.ErrUnexpectedEOF
	}
	e := &event{raw: data}
	var odd *json.UnmarshalTypeError // a member that is not as described; the others are there
	if err := json.Unmarshal(data, e); err != nil && !errors.As(err, &odd) || e.Type == "" {
		return nil, &providers.Error{Provider: provider, Code: providers.CodeBadReply, Err: fmt.Errorf("no event: %.100q", data)}
	}
	// A line break in JSON is white space, and ends the data of an event here.
	from := len(a.ahead)
	a.ahead = append(append(a.ahead, "data: "...), data...)
	for i, c := range a.ahead[from:] {
		if c == '\n' || c == '\r' {
			a.ahead[from+i] = ' '
		}
	}
	a.ahead = append(a.ahead, "\n\n"...)
	if e.ends() {
		// A server may tell a failure twice, as "error" and as "response.failed"; the
		// second must not be taken for the answer to the next call.
		a.done, a.call.left = true, !e.fails()
	}
	return e, nil
}

// Read implements [io.Reader]. A connection that is lost ends the stream early.
func (a *answer) Read(p []byte) (int, error) {
	for len(a.ahead) == 0 {
		if a.done {
			return 0, io.EOF
		}
		_, err := a.next()
		switch {
		case a.ctx.Err() != nil:
			return 0, a.ctx.Err()
		case err != nil:
			return 0, err
		}
	}
	n := copy(p, a.ahead)
	a.ahead = a.ahead[n:]
	return n, nil
}

// Close implements [io.Closer]. What is left of the connection is the call's.
func (a *answer) Close() error { return nil }

func streamed(a *answer) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: a,
	}
}

func whole(body []byte) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)),
	}
}
