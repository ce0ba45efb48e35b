package mcp

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// maxSubscribed is how many resources the clients of one mailbox may watch.
const maxSubscribed = 1000

// watch tells subscribers that resources changed. One goroutine waits for changes of the
// mailbox while somebody has subscribed, and one for the end of each subscribed session.
// close ends and awaits them, once the sessions have ended.
type watch struct {
	d    *desk
	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	sessions map[*sdk.ServerSession]bool
	uris     map[string]map[*sdk.ServerSession]bool // who subscribed to each
	cancel   context.CancelFunc                     // of the goroutine that waits; nil: there is none
}

// begin makes a watch ready; it lives until close, beyond any one request.
func (w *watch) begin(d *desk) {
	w.d, w.sessions, w.uris = d, map[*sdk.ServerSession]bool{}, map[string]map[*sdk.ServerSession]bool{}
	w.ctx, w.stop = context.WithCancel(context.Background())
}

func (w *watch) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.stop()
	w.work.Wait()
}

func (w *watch) subscribe(ctx context.Context, req *sdk.SubscribeRequest) error {
	uri := req.Params.URI
	if _, ok := numberOf(uri); !ok && uri != uriInbox {
		return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "there is no such resource: " + oneLine(uri, maxLine)}
	}
	status, err := w.d.box.Status(ctx) // what changes from here on is told
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return mailbox.ErrClosed
	case len(w.uris) >= maxSubscribed && w.uris[uri] == nil:
		return errors.New("too many resources are subscribed to: watch the inbox")
	}
	s := req.Session
	if w.uris[uri] == nil {
		w.uris[uri] = map[*sdk.ServerSession]bool{}
	}
	w.uris[uri][s] = true
	if !w.sessions[s] {
		w.sessions[s] = true
		w.work.Go(func() {
			_ = s.Wait() // however it ended
			w.leave(s)
		})
	}
	if w.cancel == nil {
		var ctx context.Context
		ctx, w.cancel = context.WithCancel(w.ctx)
		w.work.Go(func() { w.run(ctx, status.State) })
	}
	return nil
}

// unsubscribe makes room: a client may watch one message after the other for as long as it
// likes. The SDK tells those who are subscribed.
func (w *watch) unsubscribe(_ context.Context, req *sdk.UnsubscribeRequest) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop(req.Params.URI, req.Session)
	return nil
}

// drop ends one subscription, if there is one.
func (w *watch) drop(uri string, s *sdk.ServerSession) {
	if delete(w.uris[uri], s); len(w.uris[uri]) == 0 {
		delete(w.uris, uri)
	}
}

func (w *watch) leave(s *sdk.ServerSession) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for uri := range w.uris {
		w.drop(uri, s)
	}
	if delete(w.sessions, s); len(w.sessions) == 0 && w.cancel != nil {
		w.cancel()
		w.cancel = nil
	}
}

// run tells what changes since a state, until ctx ends.
func (w *watch) run(ctx context.Context, since quire.State) {
	pause := time.Duration(0)
	for ctx.Err() == nil {
		next, changed, err := w.next(ctx, since)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			pause = min(max(2*pause, firstPause), longPause)
			w.d.o.Log.Warn("the mailbox can't be watched", "address", string(w.d.box.Address()), "error", err, "wait", pause)
			if sleep(ctx, pause) != nil {
				return
			}
			continue
		}
		since, pause = next, 0
		for _, uri := range changed {
			_ = w.d.server.ResourceUpdated(ctx, &sdk.ResourceUpdatedNotificationParams{URI: uri}) // never fails
		}
	}
}

// next waits for a change, and says which of the resources that are subscribed to changed.
func (w *watch) next(ctx context.Context, since quire.State) (quire.State, []string, error) {
	woken, err := w.d.box.Wait(ctx, mailbox.Wait{Since: since, Match: mailbox.Query{Incoming: true}, Now: w.d.o.Now})
	if errors.Is(err, mailbox.ErrCannotCalculateChanges) { // the store was restored, say
		status, err := w.d.box.Status(ctx)
		return status.State, w.subscribed(nil, true), err
	}
	if err != nil {
		return since, nil, err
	}
	uids := map[quire.UID]bool{}
	for {
		c, err := w.d.box.Changes(ctx, since, 0)
		if errors.Is(err, mailbox.ErrCannotCalculateChanges) {
			return woken.State, w.subscribed(nil, true), nil
		}
		if err != nil {
			return since, nil, err
		}
		for _, list := range [][]quire.UID{c.Created, c.Updated, c.Destroyed} {
			for _, uid := range list {
				uids[uid] = true
			}
		}
		if since = c.State; !c.More {
			return since, w.subscribed(uids, false), nil
		}
	}
}

// subscribed lists what is subscribed to of messages and the inbox, which every change is
// one of; of everything with all.
func (w *watch) subscribed(uids map[quire.UID]bool, all bool) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for uri := range w.uris {
		if n, message := numberOf(uri); all || !message || uids[n] {
			out = append(out, uri)
		}
	}
	return out
}
