package record

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// responseLine is a response as the file has it.
type responseLine struct {
	Status int      `json:"status"`
	Header []string `json:"header"`
	Stream bool     `json:"stream"`
	bodyFields
}

// response is what is played back.
type response struct {
	status int
	header []string
	stream bool
	chunks [][]byte
}

func (l *responseLine) response() *response {
	r := &response{status: l.Status, header: l.Header, stream: l.Stream}
	if b := l.bytes(); len(b) > 0 {
		r.chunks = [][]byte{b}
	}
	return r
}

// failure is what cut a connection off.
type failure struct {
	Text    string `json:"text"`
	Timeout bool   `json:"timeout"`
}

// error returns the error itself where it is one of package io, else a
// connectionError.
func (f *failure) error() error {
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF} {
		if f.Text == err.Error() {
			return err
		}
	}
	return &connectionError{f.Text, f.Timeout}
}

var _ net.Error = (*connectionError)(nil)

// connectionError is played back where a connection failed when it was recorded.
type connectionError struct {
	Text    string // of the error at that time
	timeout bool
}

// Error returns the text.
func (e *connectionError) Error() string { return e.Text }

// Timeout says whether it was one.
func (e *connectionError) Timeout() bool { return e.timeout }

// Temporary is there for [net.Error].
func (e *connectionError) Temporary() bool { return e.timeout }

// respond plays an exchange.
func (x *exchange) respond(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if x.response == nil {
		if x.failure != nil {
			return nil, x.failure.error()
		}
		<-ctx.Done() // as in the recorded exchange, which was cancelled
		return nil, ctx.Err()
	}
	res := &http.Response{
		Status:     fmt.Sprintf("%d %s", x.response.status, http.StatusText(x.response.status)),
		StatusCode: x.response.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: readHeader(x.response.header), ContentLength: -1, Request: req,
		Body: &player{ctx: ctx, x: x, left: x.response.chunks, closed: make(chan struct{})},
	}
	if x.end == endWhole && !x.response.stream {
		res.ContentLength = 0
		for _, c := range x.response.chunks {
			res.ContentLength += int64(len(c))
		}
	}
	return res, nil
}

// player is the body of a response that is played back.
type player struct {
	ctx    context.Context
	x      *exchange
	left   [][]byte
	once   sync.Once
	closed chan struct{}
}

// Read implements [io.Reader]: it gives at most one recorded piece.
func (p *player) Read(b []byte) (int, error) {
	select {
	case <-p.closed:
		return 0, http.ErrBodyReadAfterClose
	default:
	}
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	if len(p.left) == 0 {
		return 0, p.end()
	}
	n := copy(b, p.left[0])
	if p.left[0] = p.left[0][n:]; len(p.left[0]) == 0 {
		p.left = p.left[1:]
	}
	return n, nil
}

// end is what comes behind the last piece.
func (p *player) end() error {
	switch {
	case p.x.failure != nil:
		return p.x.failure.error()
	case p.x.end == endWhole:
		return io.EOF
	case p.x.end == endLeft:
		return errLeft
	}
	select {
	case <-p.ctx.Done():
		return p.ctx.Err()
	case <-p.closed:
		return http.ErrBodyReadAfterClose
	}
}

// Close implements [io.Closer].
func (p *player) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}
