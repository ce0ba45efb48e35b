package mcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire/agent"
)

const (
	connectFor = 30 * time.Second // to start a server and to learn its tools
	firstPause = time.Second      // before the second attempt to start it
	longPause  = time.Minute      // the longest; and what ran longer than that had started well
	patience   = 5 * time.Second  // a call waits for a server that is started again so soon
	maxTools   = 1000             // of one server
	listPause  = time.Second      // between two lists of its tools, however often they change
)

// What the lines of [Options.Log] say. Their attributes are server, tools, error, wait and
// line.
const (
	logUp      = "mcp server runs"
	logDown    = "mcp server does not run"
	logChanged = "mcp server has other tools"
	logList    = "mcp server's tools can't be listed"
	logAsked   = "mcp server asks"
	logSays    = "mcp server says"
)

// link is one server, kept running by one goroutine.
type link struct {
	c     *Client
	s     Server
	log   *slog.Logger
	words *lastWords

	relist chan struct{} // its tools have changed

	mu      sync.Mutex
	changed chan struct{}      // closed, and another one made, when what follows changes
	session *sdk.ClientSession // nil: there is none
	known   []*sdk.Tool        // as listed last
	reads   bool               // it has resources
	err     error              // why there is no session; nil: it is being started
	again   time.Time          // when it is started again
	closed  bool

	calls flights
}

func newLink(c *Client, s Server) *link {
	log := c.o.Log.With("server", s.Name)
	return &link{c: c, s: s, log: log, words: &lastWords{log: log}, relist: make(chan struct{}, 1), changed: make(chan struct{})}
}

// set changes how the server stands, and wakes who waits for that.
func (l *link) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	close(l.changed)
	l.changed = make(chan struct{})
}

// run keeps the server running until ctx ends.
func (l *link) run(ctx context.Context) {
	defer l.set(func() { l.session, l.closed = nil, true })
	pause := time.Duration(0) // after an end that was not expected it is started at once
	for ctx.Err() == nil {
		began := l.c.o.Now()
		ran, err := l.once(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case !ran:
			pause = max(pause, firstPause)
		case l.c.o.Now().Sub(began) >= longPause:
			pause = 0
		}
		err = l.why(err)
		l.log.Warn(logDown, "error", err, "wait", pause)
		if pause > 0 {
			l.set(func() { l.session, l.err, l.again = nil, err, l.c.o.Now().Add(pause) })
			if l.c.o.Sleep(ctx, pause) != nil {
				return
			}
		}
		l.set(func() { l.session, l.err, l.again = nil, nil, time.Time{} })
		pause = min(max(2*pause, firstPause), longPause)
	}
}

// why says why a server ended, with its last words.
func (l *link) why(err error) error {
	if err == nil {
		err = errors.New("it ended")
	}
	if words := l.words.take(); words != "" {
		return fmt.Errorf("%w (it said: %s)", err, words)
	}
	return err
}

// once starts the server and stays with it until it ends, or ctx does. ran says whether it
// could be started.
func (l *link) once(ctx context.Context) (ran bool, err error) {
	session, err := l.connect(ctx)
	if err != nil {
		return false, err
	}
	ended := make(chan error, 1)
	go func() { ended <- session.Wait() }()
	end := func() { // and reap its program
		_ = session.Close() // what it says of an end that was wanted tells nothing
		<-ended
	}
	if err := l.list(ctx, session); err != nil {
		end()
		return false, fmt.Errorf("its tools can't be listed: %w", err)
	}
	l.mu.Lock()
	n := len(l.known)
	l.mu.Unlock()
	l.log.Info(logUp, "tools", n)
	relist, rested := l.relist, (<-chan time.Time)(nil)
	for {
		select {
		case err := <-ended:
			l.set(func() { l.session = nil })
			if closing := session.Close(); err == nil {
				err = closing
			}
			return true, err
		case <-ctx.Done():
			l.set(func() { l.session = nil })
			end()
			return true, ctx.Err()
		case <-relist:
			if err := l.list(ctx, session); err != nil {
				l.log.Warn(logList, "error", err) // those that are known stand
			}
			relist, rested = nil, time.After(listPause)
		case <-rested:
			relist = l.relist
		}
	}
}

func (l *link) connect(ctx context.Context) (*sdk.ClientSession, error) {
	transport, err := l.s.transport(l.words)
	if err != nil {
		return nil, err
	}
	o := &sdk.ClientOptions{
		Capabilities:                &sdk.ClientCapabilities{},
		ToolListChangedHandler:      func(context.Context, *sdk.ToolListChangedRequest) { l.tellChanged() },
		ProgressNotificationHandler: l.progress,
	}
	if l.c.o.Box != nil {
		o.Capabilities.Elicitation = &sdk.ElicitationCapabilities{Form: &sdk.FormElicitationCapabilities{}, URL: &sdk.URLElicitationCapabilities{}}
		o.ElicitationHandler = l.elicit
	}
	within, cancel := context.WithTimeout(ctx, connectFor)
	defer cancel()
	return sdk.NewClient(implementation(), o).Connect(within, transport, nil)
}

func (l *link) tellChanged() {
	select {
	case l.relist <- struct{}{}:
	default: // it will be listed anyhow
	}
}

// list learns the server's tools, and makes them known together with the session.
func (l *link) list(ctx context.Context, session *sdk.ClientSession) error {
	ctx, cancel := context.WithTimeout(ctx, connectFor)
	defer cancel()
	has := session.InitializeResult().Capabilities
	var tools []*sdk.Tool
	if has == nil || has.Tools != nil {
		for t, err := range session.Tools(ctx, nil) {
			if err != nil {
				return err
			}
			if tools = append(tools, t); len(tools) > maxTools {
				return fmt.Errorf("it has more than %d tools", maxTools)
			}
		}
	}
	slices.SortFunc(tools, func(x, y *sdk.Tool) int { return strings.Compare(x.Name, y.Name) })
	tools = slices.CompactFunc(tools, func(x, y *sdk.Tool) bool { return x.Name == y.Name })
	l.set(func() {
		if l.session == session && !reflect.DeepEqual(l.known, tools) {
			l.log.Info(logChanged, "tools", len(tools))
		}
		l.session, l.known, l.err, l.again = session, tools, nil, time.Time{}
		l.reads = has != nil && has.Resources != nil
	})
	return nil
}

// ready is the session of the server. While it is being started, or will be within
// patience, it is waited for.
func (l *link) ready(ctx context.Context, patience time.Duration) (*sdk.ClientSession, error) {
	for {
		l.mu.Lock()
		session, err, again, closed, changed := l.session, l.err, l.again, l.closed, l.changed
		l.mu.Unlock()
		switch {
		case closed:
			return nil, &downError{server: l.s.Name, why: errors.New("the client is closed")}
		case session != nil:
			return session, nil
		case err != nil && again.Sub(l.c.o.Now()) > patience:
			return nil, &downError{l.s.Name, l.s.where(), err, again}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

func (l *link) status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Status{Name: l.s.Name, Running: l.session != nil, Tools: len(l.known), Err: l.err, Again: l.again}
}

func (l *link) agentTools() []agent.Tool {
	l.mu.Lock()
	known, reads := l.known, l.reads
	l.mu.Unlock()
	return l.tools(known, reads)
}

// downError says that a server does not run.
type downError struct {
	server, where string
	why           error
	again         time.Time
}

// Error says why, and what happens next.
func (e *downError) Error() string {
	s := fmt.Sprintf("the MCP server %q does not run: %s", e.server, oneLine(e.why.Error(), 2*maxLine))
	if e.where != "" {
		s += fmt.Sprintf(" (%s)", oneLine(e.where, maxLine))
	}
	if !e.again.IsZero() {
		s += fmt.Sprintf("; it is started again at %s", e.again.UTC().Format(time.RFC3339))
	}
	return s
}

// Unwrap returns the cause.
func (e *downError) Unwrap() error { return e.why }
