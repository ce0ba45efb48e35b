package mailbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
)

// replyReferences is how many messages a reply names as what led to it: the first
// of its thread and the newest.
const replyReferences = 20

// Reply sends d as a reply to a delivery of this mailbox: to its sender unless d
// names somebody, in its thread, under its subject unless d has one. The delivery
// is then answered; it is pending until Done. About ids see Send.
func (b *Box) Reply(ctx context.Context, uid quire.UID, d quire.Draft) (Sent, error) {
	it, err := b.one(ctx, "reply", uid)
	if err != nil {
		return Sent{ID: d.ID}, err
	}
	return b.post(ctx, replyTo(it, d), nil)
}

// one reads a delivery.
func (b *Box) one(ctx context.Context, op string, uid quire.UID) (*quire.Item, error) {
	items, err := b.store.Get(ctx, b.addr, Get{UIDs: []quire.UID{uid}})
	if err == nil && len(items) == 0 {
		err = fmt.Errorf("%s: %w in this mailbox", uid, ErrNotFound)
	}
	if err != nil {
		return nil, fail(op, b.addr, err)
	}
	return &items[0], nil
}

// replyTo fills in what a reply takes from the message that it answers.
func replyTo(it *quire.Item, d quire.Draft) quire.Draft {
	if len(d.To) == 0 && len(d.CC) == 0 {
		d.To = []quire.Address{it.From}
	}
	d.InReplyTo = it.ID
	d.References = slices.Clone(it.References)
	if n := len(d.References); n >= replyReferences {
		d.References = slices.Delete(d.References, 1, n-replyReferences+2)
	}
	d.References = append(d.References, it.ID)
	if d.Subject == "" && it.Subject != "" {
		d.Subject = it.Subject
		if len(d.Subject) < 3 || !strings.EqualFold(d.Subject[:3], "re:") {
			d.Subject = cutSubject("Re: " + d.Subject)
		}
	}
	return d
}

// Ask sends d as a question, which its recipients are asked to answer by
// q.ReplyBy. When nobody did, a reversible question takes its default and an
// irreversible one stays undecided: silence is never consent. So a deadline with
// a reversible question needs a default, and a default needs a deadline and must
// be one of the options, if there are any; else it is [ErrInvalid], as is a
// deadline before BoxOptions.Now. The answers
// arrive as mail of [quire.KindAnswer] that has the question's id in InReplyTo.
// About ids see Send.
func (b *Box) Ask(ctx context.Context, d quire.Draft, q quire.Question) (Sent, error) {
	d.Kind, d.Question = quire.KindQuestion, &q
	if err := askable(&q, b.now()); err != nil {
		return Sent{ID: d.ID}, fail("ask", b.addr, err)
	}
	return b.post(ctx, d, nil)
}

func askable(q *quire.Question, now time.Time) error {
	switch {
	case !q.ReplyBy.IsZero() && !now.IsZero() && !q.ReplyBy.After(now):
		return invalid("the question is due at %s, which is over: give its recipients time to answer", q.ReplyBy.Format(time.RFC3339))
	case q.Default != "" && q.ReplyBy.IsZero():
		return invalid("the question has a default and no deadline: say until when to wait for an answer")
	case q.Default != "" && len(q.Options) > 0 && !slices.Contains(q.Options, q.Default):
		return invalid("the default %.80q is not one of the options", q.Default)
	case q.Reversible && !q.ReplyBy.IsZero() && q.Default == "":
		return invalid("the question can be undone and has a deadline: give the default to take when nobody answers")
	}
	return nil
}

// Answer sends d as the answer to a question in this mailbox, as Reply does, and
// marks the question as handled, both or neither. What is no question is
// [ErrInvalid]: reply to it. An answer after the deadline is sent like any other:
// whoever asked takes it as a correction. One through a gateway (BoxOptions.Via) is
// sent and marks nothing. About ids see Send.
func (b *Box) Answer(ctx context.Context, uid quire.UID, d quire.Draft) (Sent, error) {
	it, err := b.one(ctx, "answer", uid)
	if err != nil {
		return Sent{ID: d.ID}, err
	}
	if it.Kind != quire.KindQuestion {
		return Sent{ID: d.ID}, fail("answer", b.addr, invalid("%s is a %s and no question: reply to it", uid, it.Kind))
	}
	d.Kind = quire.KindAnswer
	if len(b.o.Via) > 0 { // a claim closes nothing
		return b.post(ctx, replyTo(it, d), nil)
	}
	return b.post(ctx, replyTo(it, d), []FlagChange{{UID: uid, Set: quire.FlagHandled}})
}
