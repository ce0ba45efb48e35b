package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
)

// flight is a call that is under way.
type flight struct {
	ctx  context.Context
	call agent.Call

	mu     sync.Mutex
	last   Progress
	heard  bool
	untold bool      // the last one was not passed on
	at     time.Time // when one was
	asked  int       // questions so far

	telling sync.Mutex // held while one is passed on
}

// signPause is how long after one sign of progress the next one is passed on: a server may
// send thousands in a second.
const signPause = 100 * time.Millisecond

// flights are those of one server, by the token that its progress is told under.
type flights struct {
	mu   sync.Mutex
	n    int
	list map[string]*flight
}

func (f *flights) begin(x *flight) (token string, end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	token = tokenOf(f.n)
	if f.list == nil {
		f.list = map[string]*flight{}
	}
	f.list[token] = x
	return token, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.list, token)
	}
}

func (f *flights) of(token any) *flight {
	name, _ := token.(string)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.list[name]
}

// newest is the call that began last; nil when none is under way. An agent makes one at a
// time.
func (f *flights) newest() *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := f.n; n > 0 && len(f.list) > 0; n-- {
		if x := f.list[tokenOf(n)]; x != nil {
			return x
		}
	}
	return nil
}

func tokenOf(n int) string { return "quire-" + strconv.Itoa(n) }

// ask counts a question.
func (x *flight) ask() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked++
	return x.asked
}

type flightKey struct{}

// call runs do on the server's session. When the server ends meanwhile, do is run once more
// if that does no harm; else nobody knows what it did, and the error says so.
func (l *link) call(ctx context.Context, c agent.Call, repeatable bool, do func(context.Context, *sdk.ClientSession, string) ([]quire.Part, error)) ([]quire.Part, error) {
	x := &flight{call: c}
	x.ctx = context.WithValue(ctx, flightKey{}, x)
	for try := 0; ; try++ {
		session, err := l.ready(ctx, patience)
		if err != nil {
			return nil, err
		}
		token, end := l.calls.begin(x)
		parts, err := do(x.ctx, session, token)
		end()
		l.tellLast(x)
		switch {
		case err == nil || ctx.Err() != nil || !lost(err):
			return parts, l.told(err)
		case try == 0 && (repeatable || neverSent(err)):
			l.left(ctx, session, err)
			continue
		case neverSent(err):
			return nil, &downError{server: l.s.Name, where: l.s.where(), why: err}
		}
		what := "ended while this ran"
		if unreadable(err) {
			what = "answered what can't be read"
		}
		return nil, fmt.Errorf("the MCP server %q %s%s: outcome unknown. Check what it did before you repeat it. (%s)", l.s.Name, what, x.cameTo(), oneLine(err.Error(), maxLine))
	}
}

// left waits until a session that has ended is no longer the server's. One that only failed
// to carry a call stays.
func (l *link) left(ctx context.Context, session *sdk.ClientSession, err error) {
	if !errors.Is(err, sdk.ErrConnectionClosed) && !errors.Is(err, sdk.ErrSessionMissing) && !errors.Is(err, io.EOF) {
		return
	}
	for {
		l.mu.Lock()
		same, changed := l.session == session, l.changed
		l.mu.Unlock()
		if !same {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// lost says whether an error means that there is no connection any more, and not that the
// server answered.
func lost(err error) bool {
	var answer *jsonrpc.Error
	var failed *failedError
	return !errors.As(err, &answer) && !errors.As(err, &failed)
}

// unreadable says whether the server did answer, in a type of content or a form that is none of
// the protocol's. The SDK has no error of its own for that.
func unreadable(err error) bool {
	return strings.Contains(err.Error(), "unsupported content type") || strings.Contains(err.Error(), "failed to decode response")
}

// neverSent says whether a call did certainly not reach the server.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.Is(err, sdk.ErrSessionMissing) || errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &op) && op.Op == "dial"
}

// told puts an answer that is an error into words for the model.
func (l *link) told(err error) error {
	var answer *jsonrpc.Error
	if errors.As(err, &answer) {
		return fmt.Errorf("the MCP server %q refused: %s (code %d)", l.s.Name, oneLine(answer.Message, 4*maxLine), answer.Code)
	}
	return err
}

// progress takes in how far a call is.
func (l *link) progress(_ context.Context, req *sdk.ProgressNotificationClientRequest) {
	x := l.calls.of(req.Params.ProgressToken)
	if x == nil { // it is over
		return
	}
	p := Progress{Done: req.Params.Progress, Total: req.Params.Total, Message: oneLine(req.Params.Message, maxLine)}
	now := l.c.o.Now()
	x.mu.Lock()
	due := !x.heard || now.Sub(x.at) >= signPause
	x.last, x.heard, x.untold = p, true, !due
	if due {
		x.at = now
	}
	x.mu.Unlock()
	if due {
		l.tell(x, p)
	}
}

// tell passes on how far a call is.
func (l *link) tell(x *flight, p Progress) {
	if l.c.o.OnProgress != nil {
		x.telling.Lock()
		defer x.telling.Unlock()
		l.c.o.OnProgress(x.call, p)
	}
}

// tellLast passes on how far a call came, if that was held back.
func (l *link) tellLast(x *flight) {
	x.mu.Lock()
	last, untold := x.last, x.untold
	x.untold = false
	x.mu.Unlock()
	if untold {
		l.tell(x, last)
	}
}

// cameTo says how far a call was when it was last heard of.
func (x *flight) cameTo() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.heard {
		return ""
	}
	s := fmt.Sprintf(", when it had come to %v", x.last.Done)
	if x.last.Total > 0 {
		s += fmt.Sprintf(" of %v", x.last.Total)
	}
	if x.last.Message != "" {
		s += fmt.Sprintf(" (%s)", x.last.Message)
	}
	return s
}
