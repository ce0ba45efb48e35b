package inspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// maxForm is how many bytes a form may have.
const maxForm = 256 << 10

// act carries out what a form asks for, and shows the page that the form was on again.
func (h *Handler) act(w http.ResponseWriter, r *http.Request, action string) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := h.guard.Check(r)
	if err != nil {
		err = &httpError{http.StatusForbidden, "this request came from another site's page, so nothing was done: " + err.Error()}
	} else if err = r.ParseForm(); err != nil {
		err = &httpError{http.StatusBadRequest, "the form can't be read: " + err.Error()}
	}
	if err == nil {
		q := &query{r: r, values: r.PostForm, now: h.o.Now()}
		box, uid := q.box(), quire.UID(q.number("n"))
		if err = q.err; err == nil {
			err = h.allowed(r, box, action)
		}
		if err == nil {
			err = h.do(r.Context(), box, uid, action, r.PostForm.Get("text"))
		}
		if err == nil {
			http.Redirect(w, r, back(r.PostForm.Get("back"), box, uid), http.StatusSeeOther)
			return
		}
	}
	h.fail(w, r, err)
}

func (h *Handler) allowed(r *http.Request, box quire.Address, action string) error {
	if h.o.Allow == nil {
		return &httpError{http.StatusForbidden, "these pages only read: who serves them allows no actions"}
	}
	if err := h.o.Allow(r, box, action); err != nil {
		return &httpError{http.StatusForbidden, err.Error()}
	}
	return nil
}

// back is the page that a form was on: one of ours, whatever the form says.
func back(page string, box quire.Address, uid quire.UID) string {
	switch page {
	case "questions", "dead":
		return to(page)
	}
	return to("message", "box", box, "n", uid)
}

// do carries out an action on a message.
func (h *Handler) do(ctx context.Context, box quire.Address, uid quire.UID, action, text string) error {
	b := h.store.Box(box).With(mailbox.BoxOptions{Now: h.o.Now})
	items, err := b.Read(ctx, uid)
	if err != nil {
		return err
	}
	it := &items[0]
	switch action {
	case actDone:
		return b.Done(ctx, uid)
	case actRetry:
		return h.retry(ctx, box, it)
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case it.Question == nil:
		return &httpError{http.StatusBadRequest, fmt.Sprintf("%s is no question, so nothing was sent", uid)}
	case text == "":
		return &httpError{http.StatusBadRequest, "the answer is empty, so nothing was sent"}
	case it.Flags&quire.FlagsSettled != 0:
		return &httpError{http.StatusConflict, fmt.Sprintf("%s does not wait any more (%s): somebody dealt with it before, so nothing was sent", uid, it.Flags)}
	}
	sent, err := b.Answer(ctx, uid, quire.Draft{ID: look.AnswerID(box, it.ID), Parts: []quire.Part{quire.Text{Text: text}}})
	if errors.Is(err, mailbox.ErrConflict) {
		return &httpError{http.StatusConflict, fmt.Sprintf("%s was answered here before, with other words: nothing was sent", uid)}
	}
	return delivered(sent, err)
}

// retry sends a dead letter again, as its sender had sent it to this mailbox, in place of
// the one that was given up: that one's attempts are used up.
func (h *Handler) retry(ctx context.Context, box quire.Address, it *quire.Item) error {
	if !it.Flags.Has(quire.FlagDead) || it.Flags.Has(quire.FlagSuperseded) {
		return &httpError{http.StatusConflict, fmt.Sprintf("%s is no dead letter that waits for anything", it.UID)}
	}
	d := it.Draft
	d.ID, d.CC, d.To = look.IDOf("retry", box, it.ID), nil, []quire.Address{box}
	if it.SentTo != "" {
		d.To = []quire.Address{it.SentTo}
	}
	if !it.Claimed() {
		d.Supersedes = []quire.MessageID{it.ID}
	}
	done, err := h.store.Commit(ctx, mailbox.Commit{Address: it.From, Sends: []quire.Draft{d}, Via: it.Via, Now: h.o.Now()})
	if err != nil {
		return err
	}
	if err := delivered(done.Sent[0], nil); err != nil || !it.Claimed() {
		return err
	}
	// A claimed sender replaces nothing: that it was sent again is noted here.
	_, err = h.store.Commit(ctx, mailbox.Commit{Address: box, Flags: []mailbox.FlagChange{{UID: it.UID, Set: quire.FlagSuperseded}}, Now: h.o.Now()})
	return err
}

// delivered is an error when a message reached nobody.
func delivered(sent mailbox.Sent, err error) error {
	if err == nil && len(sent.Bounced) > 0 {
		err = &httpError{http.StatusConflict, fmt.Sprintf("it did not reach %s: %s", sent.Bounced[0].To, sent.Bounced[0].Reason)}
	}
	return err
}
