package streamhttp

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// maxPost is how many bytes a posted mail may have.
const maxPost = 1 << 20

// posted is a mail as a client posts it.
type posted struct {
	ID        string          `json:"id"`
	Subject   string          `json:"subject"`
	Text      string          `json:"text"`
	InReplyTo quire.MessageID `json:"inReplyTo"`
}

// post sends a mail to an agent, and says where it can be asked after, or follows it.
func (h *Handler) post(w http.ResponseWriter, r *http.Request) {
	addr := quire.Address(r.PathValue("address")).Base()
	follow := wantsEvents(r)
	if follow {
		if _, ok := h.allowed(w, r); !ok { // before it is sent
			return
		}
	} else if addr.Valid() != nil {
		http.Error(w, "no such address", http.StatusNotFound)
		return
	}
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		http.Error(w, "a page of another origin may not post", http.StatusForbidden)
		return
	}
	from, err := h.o.Sender(r, addr)
	if err != nil || from.Base() == addr { // what an agent writes to itself is no request
		http.Error(w, "not allowed", http.StatusForbidden)
		return
	}
	d, ok := readPosted(w, r, from, addr)
	if !ok {
		return
	}
	sent, err := h.store.Box(from).Send(r.Context(), d)
	if !h.taken(w, r, &sent, err) {
		return
	}
	w.Header().Set("Location", "requests/"+url.PathEscape(string(sent.ID)))
	if !follow { // how it stands is for those who may read
		h.answer(w, r, http.StatusAccepted, map[string]quire.MessageID{"id": sent.ID})
		return
	}
	if _, ok := h.stands(w, r, addr, sent.ID); ok {
		h.followRequest(w, r, addr, sent.ID, "")
	}
}

// wantsEvents says whether a client asks to be answered with a stream.
func wantsEvents(r *http.Request) bool {
	for _, accept := range r.Header.Values("Accept") {
		for one := range strings.SplitSeq(accept, ",") {
			if kind, args, err := mime.ParseMediaType(one); err == nil && kind == "text/event-stream" && args["q"] != "0" {
				return true
			}
		}
	}
	return false
}

// readPosted reads what is posted, and answers when it can't be meant.
func readPosted(w http.ResponseWriter, r *http.Request, from, to quire.Address) (quire.Draft, bool) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		http.Error(w, `post a mail as application/json: {"subject":"…","text":"…"}`, http.StatusUnsupportedMediaType)
		return quire.Draft{}, false
	}
	var p posted
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPost))
	in.DisallowUnknownFields()
	err := in.Decode(&p)
	if _, after := in.Token(); err == nil && after != io.EOF {
		err = errors.Join(errors.New("more than one value"), after)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		http.Error(w, "a mail has at most 1 MiB", http.StatusRequestEntityTooLarge)
	case err != nil:
		http.Error(w, `a mail is {"id","subject","text","inReplyTo"}, of which text is needed: `+err.Error(), http.StatusBadRequest)
	case p.Text == "":
		http.Error(w, "a mail wants a text", http.StatusBadRequest)
	default:
		d := quire.Mail(to, p.Subject, p.Text)
		if d.InReplyTo = p.InReplyTo; p.ID != "" {
			d.ID = quire.MessageID(string(from) + "~" + p.ID) // ids are those of the whole store
		}
		return d, true
	}
	return quire.Draft{}, false
}

// taken says whether a mail reached the agent, and answers when it did not.
func (h *Handler) taken(w http.ResponseWriter, r *http.Request, sent *mailbox.Sent, err error) bool {
	switch {
	case err == nil && len(sent.Bounced) == 0:
		return true
	case err == nil:
		http.Error(w, "it was not delivered: "+sent.Bounced[0].Reason, http.StatusUnprocessableEntity)
	case errors.Is(err, mailbox.ErrConflict):
		http.Error(w, "another mail was posted under this id", http.StatusConflict)
	case errors.Is(err, mailbox.ErrInvalid):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case errors.Is(err, mailbox.ErrForbidden):
		http.Error(w, "not allowed", http.StatusForbidden)
	case errors.Is(err, mailbox.ErrOutcomeUnknown):
		h.failed(r, err)
		http.Error(w, "nobody knows whether it was taken: ask after it, and post it again if it was not; under an id of your own it is taken once", http.StatusServiceUnavailable)
	default:
		h.failed(r, err)
		http.Error(w, "it was not taken: the store can't be written now; post it again", http.StatusServiceUnavailable)
	}
	return false
}
