package mcp

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// idleSession is how long a client may send nothing before its session is forgotten.
const idleSession = 24 * time.Hour

// newestProtocol is the first version of the protocol that has no sessions over HTTP.
const newestProtocol = "2026-07-28"

// Handler serves mailboxes over streamable HTTP, to many clients. It is safe for concurrent
// use.
type Handler struct {
	box   func(*http.Request) (*mailbox.Box, error)
	o     ServeOptions
	guard http.Handler

	mu     sync.Mutex
	closed bool
	hosts  map[quire.Address]*host
	live   map[*sdk.ServerSession]bool
	work   sync.WaitGroup
}

// host serves one address: a session that was opened as one address is none of another's.
type host struct{ sessions, without http.Handler }

// NewHandler returns a handler. box finds out whose mailbox a request is about, by a token
// say, and gives it with the rights that its client has ([mailbox.Store.As]); an error is 401
// Unauthorized, and is not shown. It is called for each request, by several goroutines at
// once. There is no default, so that nobody opens a store to all by leaving it out. Requests
// that a browser sends for another site are refused. nil options are the zero ones.
func NewHandler(box func(*http.Request) (*mailbox.Box, error), options *ServeOptions) (*Handler, error) {
	if box == nil {
		return nil, errors.New("mcp: box is missing: say whose mailbox a request is about")
	}
	o, err := options.filled()
	if err != nil {
		return nil, err
	}
	h := &Handler{box: box, o: o, hosts: map[quire.Address]*host{}, live: map[*sdk.ServerSession]bool{}}
	h.guard = http.NewCrossOriginProtection().Handler(http.HandlerFunc(h.serve))
	return h, nil
}

type boxKey struct{}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.guard.ServeHTTP(w, r) }

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	box, err := h.box(r)
	if err != nil || box == nil {
		http.Error(w, "not allowed", http.StatusUnauthorized)
		return
	}
	host := h.host(box.Address())
	if host == nil {
		http.Error(w, "closed", http.StatusServiceUnavailable)
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), boxKey{}, box))
	if r.Header.Get("Mcp-Protocol-Version") >= newestProtocol {
		host.without.ServeHTTP(w, r)
		return
	}
	host.sessions.ServeHTTP(w, r)
}

// host finds what serves an address; nil after Close.
func (h *Handler) host(addr quire.Address) *host {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	if x := h.hosts[addr]; x != nil {
		return x
	}
	x := &host{
		sessions: sdk.NewStreamableHTTPHandler(h.server, &sdk.StreamableHTTPOptions{SessionTimeout: idleSession}),
		without:  sdk.NewStreamableHTTPHandler(h.server, &sdk.StreamableHTTPOptions{Stateless: true, PropagateRequestCancellation: true}),
	}
	h.hosts[addr] = x
	return x
}

// server makes the server of a session, with the rights of the request that opens it.
func (h *Handler) server(r *http.Request) *sdk.Server {
	box, ok := r.Context().Value(boxKey{}).(*mailbox.Box)
	if !ok {
		return nil
	}
	d := newDesk(box, h.o)
	d.server.AddReceivingMiddleware(func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
			if s, ok := req.GetSession().(*sdk.ServerSession); ok && !h.join(d, s) {
				return nil, mailbox.ErrClosed
			}
			return next(ctx, method, req)
		}
	})
	return d.server
}

// join keeps count of a session until it ends; false after Close.
func (h *Handler) join(d *desk, s *sdk.ServerSession) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	if !h.live[s] {
		h.live[s] = true
		h.work.Go(func() {
			_ = s.Wait() // however it ended
			d.close()
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(h.live, s)
		})
	}
	return true
}

// Close ends all sessions, and waits until they have ended. Requests that come later get 503
// Service Unavailable. Closing again does nothing. It does not close the store.
func (h *Handler) Close() error {
	h.mu.Lock()
	h.closed = true
	var live []*sdk.ServerSession
	for s := range h.live {
		live = append(live, s)
	}
	h.mu.Unlock()
	var closing sync.WaitGroup
	for _, s := range live {
		closing.Go(func() { _ = s.Close() }) // it ends either way
	}
	closing.Wait()
	h.work.Wait()
	return nil
}
