package streamhttp

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/http"
	"time"
)

// retry is how many milliseconds an EventSource waits before it connects again.
const retry = "1000"

// stream serves a stream as server-sent events.
func (h *Handler) stream(w http.ResponseWriter, r *http.Request) {
	addr, ok := h.allowed(w, r)
	if !ok {
		return
	}
	from, err := From(r, r.PathValue("stream"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if from.Over {
		w.WriteHeader(http.StatusNoContent) // an EventSource stops here
		return
	}
	h.serve(w, r, func(ctx context.Context) iter.Seq2[[]Event, error] { return Events(ctx, h.store, addr, from) })
}

// serve begins a response of events, and writes them as they come.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, events func(context.Context) iter.Seq2[[]Event, error]) {
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store, no-transform")
	head.Set("X-Accel-Buffering", "no")
	head.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return // nobody hears what would be said, and the connection is wanted for the next request
	}
	out := &wire{w: w, c: http.NewResponseController(w), limit: h.o.Write}
	if out.write([]byte("retry: "+retry+"\n\n")) == nil {
		h.follow(r, events, out)
	}
}

// follow writes events until there are no more, or the client or the store is gone.
func (h *Handler) follow(r *http.Request, events func(context.Context) iter.Seq2[[]Event, error], out *wire) {
	ctx, cancel := context.WithCancel(r.Context())
	pages, ended := pump(ctx, events(ctx))
	defer func() {
		cancel()
		<-ended
	}()
	ticks, stop := h.o.Tick(h.o.Heartbeat)
	defer stop()
	for {
		select {
		case p, ok := <-pages:
			if !ok {
				return
			}
			if p.err != nil {
				if ctx.Err() != nil {
					return
				}
				h.failed(r, p.err)
				p.value = []Event{Problem()}
			}
			if out.write(format(p.value)) != nil {
				return
			}
		case <-ticks:
			if out.write([]byte(":\n\n")) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// pumped is what an iterator yielded.
type pumped[T any] struct {
	value T
	err   error
}

// pump runs an iterator in a goroutine, until it is through or ctx ends: then both
// channels are closed, first the one of what it yields.
func pump[T any](ctx context.Context, seq iter.Seq2[T, error]) (<-chan pumped[T], <-chan struct{}) {
	out, ended := make(chan pumped[T]), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(out)
		for v, err := range seq {
			select {
			case out <- pumped[T]{v, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, ended
}

// format writes events as the text of an event stream. Data are JSON in one line.
func format(list []Event) []byte {
	var b bytes.Buffer
	for _, e := range list {
		if e.Name != EventChunk {
			b.WriteString("event: " + e.Name + "\n")
		}
		if e.ID != "" {
			b.WriteString("id: " + e.ID + "\n")
		}
		b.WriteString("data: ")
		b.Write(e.Data)
		b.WriteString("\n\n")
	}
	return b.Bytes()
}

// wire is a client's connection.
type wire struct {
	w     http.ResponseWriter
	c     *http.ResponseController
	limit time.Duration
}

// write sends bytes at once, within the limit.
func (w *wire) write(b []byte) error {
	err := w.c.SetWriteDeadline(time.Now().Add(w.limit))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := w.w.Write(b); err != nil {
		return err
	}
	return w.c.Flush()
}
