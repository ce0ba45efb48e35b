package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
)

const (
	lookEvery  = time.Second      // for what changed
	beatEvery  = 15               // looks: as often something is sent, so that a dead connection is noticed
	skipAfter  = 30 * time.Second // of waiting for a stream it is looked whether a later one has begun
	writeLimit = 10 * time.Second // for one write to a client
)

// event is one thing that a page is told.
type event struct {
	Name string
	Data any
}

// live tells a page, as server-sent events, that what it shows has changed, and, of an
// agent that streams, what it says while it says it. It ends with the request.
func (h *Handler) live(w http.ResponseWriter, r *http.Request) {
	q := &query{r: r, values: r.URL.Query(), now: h.o.Now()}
	addr, behind := quire.Address(q.values.Get("box")), quire.Address(q.values.Get("behind"))
	if addr != "" {
		addr = q.box()
	}
	was := ""
	if q.err == nil {
		was, q.err = h.mark(r.Context(), addr, behind)
	}
	if q.err != nil {
		http.Error(w, q.err.Error(), statusOf(q.err))
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	out := &wire{w: w, c: http.NewResponseController(w)}
	if r.Method == http.MethodHead || out.send(event{"hello", struct{}{}}) != nil {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	said, ended := make(chan event), make(chan struct{})
	defer func() {
		cancel()
		<-ended
	}()
	go func() {
		defer close(ended)
		if addr != "" {
			h.follow(ctx, addr, said)
		}
	}()
	h.tell(ctx, out, said, func() (string, error) { return h.mark(ctx, addr, behind) }, was)
}

// tell sends what is said, and that something changed, until the client is gone.
func (h *Handler) tell(ctx context.Context, out *wire, said <-chan event, mark func() (string, error), was string) {
	ticks, stop := h.tick(lookEvery)
	defer stop()
	for n := 1; ; {
		select {
		case e := <-said:
			if out.send(e) != nil {
				return
			}
		case <-ticks:
			n++
			now, err := mark()
			switch {
			case ctx.Err() != nil:
				return
			case err != nil: // it may pass, and the page asks again by itself
				_ = out.send(event{"problem", err.Error()})
				return
			case now != was:
				if was = now; out.send(event{"changed", struct{}{}}) != nil {
					return
				}
			case n%beatEvery == 0:
				if out.beat() != nil {
					return
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// mark changes when what a page shows does: of a mailbox, or of a page of them.
func (h *Handler) mark(ctx context.Context, addr, behind quire.Address) (string, error) {
	if addr != "" {
		st, err := h.store.Status(ctx, addr)
		return fmt.Sprint(st.State, " ", st.Pending), err
	}
	list, err := h.store.Mailboxes(ctx, mailbox.MailboxQuery{Behind: behind, Limit: boxesAtOnce, Now: h.o.Now()})
	sum := fnv.New64a()
	for i := range list {
		b := &list[i]
		fmt.Fprintln(sum, b.Address, b.Total, b.Pending, b.Oldest.UnixNano(), b.Called.UnixNano(), b.Owner)
	}
	return fmt.Sprint(sum.Sum64()), err
}

// follow reads what an agent says, one stream after the other, from the beginning of the
// newest on.
func (h *Handler) follow(ctx context.Context, addr quire.Address, said chan<- event) {
	at, told := mailbox.StreamRead{}, [2]uint64{}
	for ctx.Err() == nil {
		waiting, cancel := context.WithTimeout(ctx, skipAfter)
		p, err := h.store.WaitStream(waiting, addr, at)
		cancel()
		var gone *mailbox.Error
		switch {
		case waiting.Err() != nil && ctx.Err() == nil && err != nil: // a turn may have had no stream
			if newest, err := h.store.ReadStream(ctx, addr, mailbox.StreamRead{}); err == nil && newest.Stream > at.Stream {
				at = mailbox.StreamRead{Stream: newest.Stream}
			}
			continue
		case errors.Is(err, mailbox.ErrGone) && errors.As(err, &gone):
			if at == gone.Read {
				return
			}
			at = gone.Read
			continue
		case err != nil:
			return // what changes is told all the same, and the page connects again
		}
		var list []event
		if now := [2]uint64{p.Stream, uint64(p.Attempt)}; now != told {
			told = now
			list = append(list, beginning(&p))
		}
		for _, c := range p.Chunks {
			var s agent.StreamPiece
			if json.Unmarshal(c, &s) == nil {
				list = append(list, event{"piece", s})
			}
		}
		if p.Last != nil {
			list = append(list, event{"end", p.Last})
		}
		for _, e := range list {
			select {
			case said <- e:
			case <-ctx.Done():
				return
			}
		}
		if at = p.Read; p.Over {
			at = mailbox.StreamRead{Stream: p.Stream + 1, Epoch: p.Epoch}
		}
	}
}

// beginning tells of an attempt.
func beginning(p *mailbox.StreamPage) event {
	var about agent.StreamAbout
	if json.Unmarshal(p.About, &about) != nil {
		about = agent.StreamAbout{Turn: p.Stream}
	}
	about.Mail = nil
	return event{"attempt", map[string]any{"turn": p.Stream, "attempt": p.Attempt, "call": about.Call, "model": about.Model, "tools": about.Tools, "began": p.Began}}
}

// wire is a client's connection.
type wire struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func (w *wire) send(e event) error {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", e.Name, data)
	return w.write(b.Bytes())
}

func (w *wire) beat() error { return w.write([]byte(":\n\n")) }

func (w *wire) write(b []byte) error {
	err := w.c.SetWriteDeadline(time.Now().Add(writeLimit))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := w.w.Write(b); err != nil {
		return err
	}
	return w.c.Flush()
}
