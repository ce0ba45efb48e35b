package streamhttp

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/quire-dev/quire"
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
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store, no-transform")
	head.Set("X-Accel-Buffering", "no")
	head.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	out := &wire{w: w, c: http.NewResponseController(w), limit: h.o.Write}
	if out.write([]byte("retry: "+retry+"\n\n")) == nil {
		h.follow(r, addr, from, out)
	}
}

// follow writes events until the stream is over, or the client or the store is gone.
func (h *Handler) follow(r *http.Request, addr quire.Address, from Position, out *wire) {
	ctx, cancel := context.WithCancel(r.Context())
	pages, ended := make(chan []Event), make(chan struct{})
	defer func() {
		cancel()
		<-ended
	}()
	go func() {
		defer close(ended)
		defer close(pages)
		for list, err := range Events(ctx, h.store, addr, from) {
			if err != nil && ctx.Err() == nil {
				h.failed(r, err)
				list = []Event{Problem()}
			}
			select {
			case pages <- list:
			case <-ctx.Done():
				return
			}
		}
	}()
	ticks, stop := h.o.Tick(h.o.Heartbeat)
	defer stop()
	for {
		select {
		case list, ok := <-pages:
			if !ok || out.write(format(list)) != nil {
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
