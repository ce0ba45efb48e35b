package openaimodel

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// session is the websocket of one model: one connection, one call at a time.
type session struct {
	m    *Model
	turn chan struct{} // holds one token while a call uses what is below
	// chain is what the server holds on the connection; nil: nothing that can be
	// built on.
	chain *wire.Chain
	// off says that the server speaks no websocket: calls go over HTTP for good.
	off bool

	mu     sync.Mutex
	conn   *connection // nil between connections
	closed bool
}

func newSession(m *Model) *session { return &session{m: m, turn: make(chan struct{}, 1)} }

// begin waits for the session and takes it, for one call.
func (s *session) begin(ctx context.Context) (*wsCall, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case s.turn <- struct{}{}:
		return &wsCall{s: s, left: true}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// generate is [Model.Generate] over the websocket.
func (s *session) generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	c, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	r, err := s.m.adapter.Through(c.send).Generate(ctx, p)
	if err != nil {
		return nil, err
	}
	c.replied(r)
	return r, nil
}

// stream is [Model.Stream] over the websocket. The session is free again before
// the last delta is handed over.
func (s *session) stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		c, err := s.begin(ctx)
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		defer c.end()
		for d, err := range s.m.adapter.Through(c.send).Stream(ctx, p) {
			if d.Reply != nil {
				c.replied(d.Reply)
			}
			if d.Reply != nil || err != nil {
				c.end()
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// wsCall is the one call that has the session.
type wsCall struct {
	s      *session
	create *wire.Create // what was sent over the websocket; nil: HTTP was used
	left   bool         // nothing of the reply is still to come on the connection
	ended  bool
}

// replied notes what the server holds now, and which marks it was sent.
func (c *wsCall) replied(r *quire.Reply) {
	if c.create != nil && !c.ended {
		c.s.chain = c.create.Then(r)
		r.Marks = c.create.Marks
	}
}

// end frees the session. Where the rest of a reply would still come, it closes
// the connection: that is how the server learns that nobody wants it.
func (c *wsCall) end() {
	if c.ended {
		return
	}
	c.ended = true
	if !c.left {
		c.s.drop()
	}
	<-c.s.turn
}

var errClosed = errors.New("the model is closed")

// connect returns the open connection, or opens one, which then holds nothing.
func (s *session) connect(ctx context.Context) (*connection, error) {
	s.mu.Lock()
	conn, closed := s.conn, s.closed
	s.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	if conn != nil {
		return conn, nil
	}
	s.chain = nil
	conn, err := s.m.dial(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Abort()
		return nil, errClosed
	}
	s.conn = conn
	return conn, nil
}

// drop closes the connection at once, and forgets what the server held on it.
func (s *session) drop() {
	s.chain = nil
	s.mu.Lock()
	conn := s.conn
	s.conn = nil
	s.mu.Unlock()
	if conn != nil {
		conn.Abort()
	}
}

// close closes the connection for good; a call that uses it fails.
func (s *session) close() {
	s.mu.Lock()
	conn := s.conn
	s.conn, s.closed = nil, true
	s.mu.Unlock()
	if conn != nil {
		conn.Abort()
	}
}
