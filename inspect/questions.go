package inspect

import (
	"context"
	"net/http"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// openRows is how many open questions of one mailbox are shown: those that are due first.
const openRows = 50

// boxRow is a message of one of many mailboxes.
type boxRow struct {
	Box quire.Address
	mailbox.Row
	May bool // the request may act on it
	Now time.Time
}

// Late says that the deadline is over: whoever asked waits no more.
func (r *boxRow) Late() bool { return look.Late(r.Question, r.Now) }

// rows is a page of messages of many mailboxes.
type rows struct {
	Rows []boxRow
	Next quire.Address // the page behind this one begins behind it
}

// may says whether a request may act in the name of a mailbox.
func (h *Handler) may(r *http.Request, box quire.Address, action string) bool {
	return h.o.Allow != nil && h.o.Allow(r, box, action) == nil
}

// eachOpen hands the open questions of the first mailboxes behind an address to do, those
// that are due first of each.
func (h *Handler) eachOpen(ctx context.Context, now time.Time, behind quire.Address, do func(*mailbox.Mailbox, *mailbox.Row)) error {
	boxes, err := h.store.Mailboxes(ctx, mailbox.MailboxQuery{Pending: true, Behind: behind, Limit: boxesAtOnce, Now: now})
	if err != nil {
		return err
	}
	for i := range boxes {
		page, err := h.store.Query(ctx, boxes[i].Address, mailbox.Query{Kinds: []quire.Kind{quire.KindQuestion}, Pending: true, Due: true, Limit: openRows, Now: now})
		if err != nil {
			return err
		}
		for j := range page.Rows {
			do(&boxes[i], &page.Rows[j])
		}
	}
	return nil
}

func (h *Handler) questions(ctx context.Context, q *query) (*page, error) {
	behind := quire.Address(q.values.Get("behind"))
	var out rows
	err := h.eachOpen(ctx, q.now, behind, func(b *mailbox.Mailbox, row *mailbox.Row) {
		out.Rows = append(out.Rows, boxRow{b.Address, *row, h.may(q.r, b.Address, actAnswer), q.now})
	})
	if err == nil {
		out.Next, err = h.nextBoxes(ctx, mailbox.MailboxQuery{Pending: true, Behind: behind, Now: q.now})
	}
	return &page{Name: "questions", Title: "Open questions", Live: to("live", "behind", behind), Now: q.now, Body: &out}, err
}

// nextBoxes is the last mailbox of a page; "" when none comes behind it.
func (h *Handler) nextBoxes(ctx context.Context, q mailbox.MailboxQuery) (quire.Address, error) {
	q.Limit = boxesAtOnce + 1
	list, err := h.store.Mailboxes(ctx, q)
	if err != nil || len(list) <= boxesAtOnce {
		return "", err
	}
	return list[boxesAtOnce-1].Address, nil
}

func (h *Handler) dead(ctx context.Context, q *query) (*page, error) {
	behind := quire.Address(q.values.Get("behind"))
	list, err := h.store.Mailboxes(ctx, mailbox.MailboxQuery{Behind: behind, Limit: boxesAtOnce, Now: q.now})
	if err != nil {
		return nil, err
	}
	var out rows
	for i := range list {
		b := list[i].Address
		page, err := h.store.Query(ctx, b, mailbox.Query{Has: quire.FlagDead, Not: quire.FlagSuperseded, Limit: openRows, Now: q.now})
		if err != nil {
			return nil, err
		}
		for j := range page.Rows {
			out.Rows = append(out.Rows, boxRow{b, page.Rows[j], h.may(q.r, b, actRetry), q.now})
		}
	}
	out.Next, err = h.nextBoxes(ctx, mailbox.MailboxQuery{Behind: behind, Now: q.now})
	return &page{Name: "dead", Title: "Dead letters", Live: to("live", "behind", behind), Now: q.now, Body: &out}, err
}
