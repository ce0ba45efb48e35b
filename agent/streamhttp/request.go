package streamhttp

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
)

// Status is the answer about a request.
type Status struct {
	ID      quire.MessageID    `json:"id"`
	State   agent.RequestState `json:"state"`
	Reason  string             `json:"reason,omitzero"`
	Until   time.Time          `json:"until,omitzero"`
	UID     quire.UID          `json:"uid"`
	Turn    uint64             `json:"turn,omitzero"` // and its stream
	Attempt int                `json:"attempt,omitzero"`
	Message quire.MessageID    `json:"message,omitzero"`
	Reply   quire.MessageID    `json:"reply,omitzero"`
}

func statusOf(id quire.MessageID, q *agent.Request) Status {
	return Status{id, q.State, q.Reason, q.Until, q.UID, q.Turn, q.Attempt, q.Message, q.Reply}
}

// request says how a request stands.
func (h *Handler) request(w http.ResponseWriter, r *http.Request) {
	addr, ok := h.allowed(w, r)
	if !ok {
		return
	}
	id := quire.MessageID(r.PathValue("id"))
	if q, ok := h.stands(w, r, addr, id); ok {
		h.answer(w, r, http.StatusOK, statusOf(id, &q))
	}
}

// requestStream serves how a request stands, each time that changes, and what is said in
// its turn.
func (h *Handler) requestStream(w http.ResponseWriter, r *http.Request) {
	addr, ok := h.allowed(w, r)
	if !ok {
		return
	}
	id := quire.MessageID(r.PathValue("id"))
	last := lastID(r)
	if last == requestOver {
		w.WriteHeader(http.StatusNoContent) // an EventSource stops here
		return
	}
	if _, err := ParsePosition(last); last != "" && err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if _, ok := h.stands(w, r, addr, id); ok { // before anything is sent: whether there is one at all
		h.followRequest(w, r, addr, id, last)
	}
}

func (h *Handler) followRequest(w http.ResponseWriter, r *http.Request, addr quire.Address, id quire.MessageID, last string) {
	h.serve(w, r, func(ctx context.Context) iter.Seq2[[]Event, error] {
		return RequestEvents(ctx, h.store, addr, id, last, &h.o)
	})
}

// stands reads how a request stands, and answers when it can't.
func (h *Handler) stands(w http.ResponseWriter, r *http.Request, addr quire.Address, id quire.MessageID) (agent.Request, bool) {
	q, err := agent.RequestStatus(r.Context(), h.store, addr, id, h.o.Now())
	switch {
	case err == nil:
		return q, true
	case errors.Is(err, mailbox.ErrNotFound), errors.Is(err, mailbox.ErrInvalid):
		http.Error(w, "no such request: nothing that somebody sent under this id was delivered to this agent", http.StatusNotFound)
	case errors.Is(err, mailbox.ErrForbidden):
		http.Error(w, "not allowed", http.StatusForbidden)
	default:
		h.failed(r, err)
		http.Error(w, "the mailbox can't be read now", http.StatusServiceUnavailable)
	}
	return q, false
}

// answer writes a value as JSON.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		h.failed(r, err)
		http.Error(w, "the answer can't be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.o.Write)) // as far as the connection can
	w.WriteHeader(code)
	_, _ = w.Write(append(b, '\n')) // a client that is gone needs no answer
}
