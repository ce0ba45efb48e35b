package adopt

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// maxAnswer is how much of an answer is kept until its usage is read.
const maxAnswer = 32 << 20

// errUnread says that an answer was closed before it said what it had to say.
var errUnread = errors.New("the answer was closed before its end")

// answer passes a body on as it comes, and reads from a copy what it reports. It may be
// closed while it is read.
type answer struct {
	body     io.ReadCloser
	api      quire.API
	streams  bool   // as server-sent events, or framed
	framed   bool   // as AWS streams
	typ      string // of its content
	encoding string // "" is plain
	failed   bool   // by its status
	settle   func(*quire.Reply, error)

	mu     sync.Mutex
	copied bytes.Buffer
	more   bool // than the copy holds
	ended  bool
}

// follow puts an answer in place of a response's body. What transports other than
// net/http's may leave out of a response is there then.
func follow(res *http.Response, api quire.API, settle func(*quire.Reply, error)) {
	if res.Header == nil {
		res.Header = http.Header{}
	}
	if res.Body == nil {
		res.Body = http.NoBody
	}
	typ, _, _ := strings.Cut(strings.ToLower(res.Header.Get("Content-Type")), ";")
	typ = strings.TrimSpace(typ)
	framed := typ == "application/vnd.amazon.eventstream"
	res.Body = &answer{
		body: res.Body, api: api, encoding: strings.ToLower(res.Header.Get("Content-Encoding")),
		streams: framed || typ == "text/event-stream", framed: framed, typ: typ,
		failed: res.StatusCode >= 300, settle: settle,
	}
}

// Read implements [io.Reader].
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	a.keep(p[:n])
	if err != nil {
		a.end(err)
	}
	return n, err
}

func (a *answer) keep(p []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.more || a.ended {
		return
	}
	if a.more = a.copied.Len()+len(p) > maxAnswer; !a.more {
		a.copied.Write(p)
	}
}

// Close implements [io.Closer]. Clients of streams close them behind the last event.
func (a *answer) Close() error {
	a.end(errUnread)
	return a.body.Close()
}

// end settles the call, once. err is how the body ended.
func (a *answer) end(err error) {
	a.mu.Lock()
	ended := a.ended
	a.ended = true // and the copy is nobody else's from here on
	a.mu.Unlock()
	if ended {
		return
	}
	whole := errors.Is(err, io.EOF)
	switch {
	case a.failed || a.api == "":
		a.settle(nil, nil)
	case a.more && whole:
		a.settle(&quire.Reply{}, errors.New("the answer is too large for its usage to be read"))
	case a.more:
		a.settle(nil, err)
	default:
		reply, unread := a.read()
		switch {
		case unread == nil:
			a.settle(reply, nil)
		case whole: // it came, whatever it says
			a.settle(&quire.Reply{}, unread)
		default:
			a.settle(nil, err)
		}
	}
	a.copied = bytes.Buffer{}
}

// read is what the copy says.
func (a *answer) read() (*quire.Reply, error) {
	body, err := a.plain()
	if err == nil && a.framed {
		body, err = events(body)
	}
	if err == nil && a.streams {
		body, err = wire.Join(a.api, bytes.NewReader(body))
	}
	if err != nil {
		return nil, err
	}
	reply, err := wire.Decode(a.api, body)
	if err != nil && !a.streams && a.typ != "" && a.typ != "application/json" {
		err = fmt.Errorf("the answer is of the type %.80q: its usage can't be read: %w", a.typ, err)
	}
	return reply, err
}

// plain is the copy as it was before the server compressed it, for a client that asked for
// that: net/http unpacks only what it asked for by itself.
func (a *answer) plain() ([]byte, error) {
	switch a.encoding {
	case "", "identity":
		return a.copied.Bytes(), nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(&a.copied)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(z, maxAnswer))
		if a.streams && errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil // it was closed behind its last event
		}
		return body, err
	}
	return nil, fmt.Errorf("the answer is compressed (%.20s): its usage can't be read", a.encoding)
}
