package adopt

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// maxAnswer is how much of an answer is kept until its usage is read.
const maxAnswer = 32 << 20

// errUnread says that an answer was closed before it said what it had to say.
var errUnread = errors.New("the answer was closed before its end")

// answer passes a body on as it comes, and reads from a copy what it reports.
type answer struct {
	body    io.ReadCloser
	api     quire.API
	streams bool // as server-sent events
	failed  bool // by its status
	settle  func(*quire.Reply, error)

	copied bytes.Buffer
	more   bool // than the copy holds
	once   sync.Once
}

// Read implements [io.Reader].
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if !a.more {
		if a.more = a.copied.Len()+n > maxAnswer; !a.more {
			a.copied.Write(p[:n])
		}
	}
	if err != nil {
		a.end(err)
	}
	return n, err
}

// Close implements [io.Closer]. Clients of streams close them behind the last event.
func (a *answer) Close() error {
	a.end(errUnread)
	return a.body.Close()
}

// end settles the call, once. err is how the body ended.
func (a *answer) end(err error) {
	a.once.Do(func() {
		whole := errors.Is(err, io.EOF)
		switch {
		case a.failed:
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
	})
}

// read is what the copy says.
func (a *answer) read() (*quire.Reply, error) {
	body := a.copied.Bytes()
	if a.streams {
		var err error
		if body, err = wire.Join(a.api, bytes.NewReader(body)); err != nil {
			return nil, err
		}
	}
	return wire.Decode(a.api, body)
}
