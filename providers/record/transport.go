package record

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"sync"

	"github.com/quire-dev/quire/internal/jsontext"
)

// Transport returns a transport for an [http.Client] that records what goes over
// next, or plays it back, as [Options.Mode] says. A nil next is
// [http.DefaultTransport]. What it answers with has a body that comes in the pieces
// in which it was read, without the time between them.
//
// An exchange is kept when its body was read to the end or closed. One that was
// cancelled is kept too, but not by [ReplayOrRecord]: played back it gives
// what came until then, and waits for its own context to end. What the recording
// can't answer is an [*UnknownError], in a [*providers.Error] with
// [providers.CodeInvalid]: an adapter hands it on, and nobody tries it again. A
// connection that becomes a websocket is passed on and not kept; [Recording.Notes] says so.
func (r *Recording) Transport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{r, next}
}

type transport struct {
	r    *Recording
	next http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	q := t.r.request(req, body)
	x, err := t.r.find(q.key, q.key.where, q.body)
	switch {
	case err != nil:
		return nil, failed(err)
	case x != nil:
		return x.respond(req)
	}
	return t.send(req, body, q.begin(t.r))
}

// CloseIdleConnections passes the wish of an [http.Client] on.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// send sends the request and keeps the answer while it is read.
func (t *transport) send(req *http.Request, body []byte, l *lines) (*http.Response, error) {
	res, err := t.next.RoundTrip(again(req, body))
	if err != nil {
		k := &keeper{r: t.r, req: req, lines: l}
		k.finish(err)
		return nil, err
	}
	res.Request = req
	if res.StatusCode == http.StatusSwitchingProtocols {
		t.r.note(fmt.Sprintf("%s %s became a %s connection: what went over it is not kept",
			req.Method, req.URL.Path, res.Header.Get("Upgrade")))
		return res, nil
	}
	k := &keeper{r: t.r, req: req, lines: l, res: res, body: res.Body}
	res.Body = k
	return res, nil
}

// keeper is the body of a response that keeps what is read of it.
type keeper struct {
	r     *Recording
	req   *http.Request
	res   *http.Response // nil when the request failed
	body  io.ReadCloser
	lines *lines

	mu     sync.Mutex // Close may come while Read waits
	chunks [][]byte
	n      int64
	done   bool
}

// Read implements [io.Reader].
func (k *keeper) Read(p []byte) (int, error) {
	n, err := k.body.Read(p)
	k.mu.Lock()
	defer k.mu.Unlock()
	if n > 0 && !k.done {
		k.chunks = append(k.chunks, append([]byte(nil), p[:n]...))
		k.n += int64(n)
	}
	if err != nil {
		k.finish(err)
	}
	return n, err
}

// Close implements [io.Closer].
func (k *keeper) Close() error {
	err := k.body.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n == k.res.ContentLength {
		k.finish(io.EOF)
	} else {
		k.finish(errLeft)
	}
	return err
}

// finish keeps the exchange, the first time; err is what ended it.
func (k *keeper) finish(err error) {
	if k.done {
		return
	}
	k.done = true
	cancelled := err != io.EOF && k.req.Context().Err() != nil
	if cancelled && k.r.opts.Mode == ReplayOrRecord {
		return
	}
	if k.res != nil {
		k.response()
	}
	switch {
	case cancelled:
		k.lines.end(endCancelled)
	case err == io.EOF && k.res != nil:
		k.lines.end(endWhole)
	case err == errLeft:
		k.lines.end(endLeft)
	default:
		k.lines.put("failure", k.r.failureOf(err), nil)
	}
	k.lines.keep()
}

// response makes the lines of what came.
func (k *keeper) response() {
	streamed := isStream(k.res.Header.Get("Content-Type"))
	var o jsontext.Object
	o.Name("status")
	o.B = strconv.AppendInt(o.B, int64(k.res.StatusCode), 10)
	appendHeader(&o, k.r.header(k.res.Header))
	chunks := k.r.redactPieces(k.chunks)
	if streamed {
		o.True("stream", true)
	} else {
		var whole []byte
		for _, c := range chunks {
			whole = append(whole, c...)
		}
		appendBody(&o, whole)
	}
	k.lines.put("response", o.End(), nil)
	for _, c := range chunks {
		if streamed && len(c) > 0 {
			var o jsontext.Object
			appendBody(&o, c)
			k.lines.put("chunk", o.End(), nil)
		}
	}
}

// isStream says whether a body comes piece by piece, so that the pieces matter.
func isStream(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch media {
	case "text/event-stream", "application/x-ndjson", "application/jsonl", "application/stream+json", "application/json-seq":
		return true
	}
	return false
}

// failureOf describes an error of a connection.
func (r *Recording) failureOf(err error) []byte {
	var o jsontext.Object
	o.String("text", string(r.redactText([]byte(r.cleanURLs(err.Error())))))
	var ne net.Error
	o.True("timeout", errors.As(err, &ne) && ne.Timeout())
	return o.End()
}
