package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// asked is a question of this agent with a deadline.
type asked struct {
	ID         quire.MessageID `json:"id"`
	To         []quire.Address `json:"to"`
	Subject    string          `json:"subject,omitzero"`
	ReplyBy    time.Time       `json:"by"`
	Default    string          `json:"default,omitzero"`
	Reversible bool            `json:"reversible,omitzero"`
	Closed     bool            `json:"closed,omitzero"` // the deadline passed: an answer now is a correction
	Turn       uint64          `json:"turn,omitzero"`   // in which it was asked
	Asked      time.Time       `json:"asked,omitzero"`

	// What asking somebody else takes; only of a question that names him.
	Escalate quire.Address   `json:"escalate,omitzero"` // empty: nobody, or he was asked
	Text     string          `json:"text,omitzero"`
	Options  []string        `json:"options,omitzero"`
	Again    quire.MessageID `json:"again,omitzero"` // the question to him, once he was asked
}

// maxEscalated is how many bytes the text of a question may have that may have to
// be asked again: it is kept with the agent's state.
const maxEscalated = 8 << 10

// repliedBy says whether a message replies to the question. What came through a gateway
// only claims its sender.
func (q *asked) repliedBy(row *mailbox.Row) bool {
	id := row.InReplyTo
	return id != "" && (q.ID == id || q.Again == id) && !row.Self && row.Trust != quire.TrustExternal
}

// reached says whether a question got to an address: under its name, or in its mailbox,
// through a group say.
func (a *Agent) reached(ctx context.Context, q *asked, from quire.Address) (bool, error) {
	if slices.ContainsFunc(q.To, func(to quire.Address) bool { return to.Base() == from.Base() }) {
		return true, nil
	}
	items, err := a.mail.Get(ctx, from.Base(), mailbox.Get{IDs: []quire.MessageID{q.ID}})
	if errors.Is(err, mailbox.ErrForbidden) { // it may see its own mailbox only
		return false, nil
	}
	return slices.ContainsFunc(items, func(it quire.Item) bool { return !it.Self }), err
}

// keepClosed is how many closed questions are remembered, to know a late answer.
const keepClosed = 32

// open lists the questions that still wait.
func (h *host) open() []asked {
	var out []asked
	for _, q := range h.Asked {
		if !q.Closed {
			out = append(out, q)
		}
	}
	return out
}

// nextDue is the earliest deadline of an open question; zero for none.
func (h *host) nextDue() time.Time {
	var due time.Time
	for _, q := range h.open() {
		if due.IsZero() || q.ReplyBy.Before(due) {
			due = q.ReplyBy
		}
	}
	return due
}

// wakeAt is when there is something to do without new mail; zero: never.
func (h *host) wakeAt() time.Time {
	due := h.nextDue()
	if h.Parked != 0 && !h.Again.IsZero() && (due.IsZero() || h.Again.Before(due)) {
		due = h.Again
	}
	return due
}

// settle deals with this agent's questions when a turn begins: answered ones
// are closed, a due one is passed on, takes its default or is parked, and a late
// answer is announced as a correction. Both sides get an event, in one commit.
func (a *Agent) settle(ctx context.Context, m *moment) error {
	if len(m.host.Asked) == 0 {
		return nil
	}
	replies, err := a.repliesTo(ctx, m)
	if err != nil {
		return err
	}
	var events []quire.Draft
	var left []asked
	for _, q := range m.host.Asked {
		reply, answered := replies[q.ID]
		switch {
		case answered && q.Closed:
			events = append(events, a.about(m, &q, a.o.Address, "Late answer", lateSays(&q, reply)))
			continue
		case answered:
			m.host.answered = true
			continue
		case !q.Closed && !m.now.Before(q.ReplyBy) && q.Escalate != "":
			events = append(events, a.escalate(m, &q)...)
		case !q.Closed && !m.now.Before(q.ReplyBy):
			q.Closed = true
			events = append(events, a.dueEvents(m, &q)...)
		}
		left = append(left, q)
	}
	m.host.Asked = forget(left)
	if len(events) == 0 && !m.host.moved {
		return nil
	}
	if _, err := a.commit(ctx, m, mailbox.Commit{Sends: events, TellBounces: true}); err != nil { // who is asked next may never hear of it
		return err
	}
	fresh, err := a.look(ctx)
	if err == nil {
		*m = *fresh
	}
	return err
}

// repliesTo finds the first reply to each question among what came since it last
// looked.
func (a *Agent) repliesTo(ctx context.Context, m *moment) (map[quire.MessageID]quire.UID, error) {
	found := map[quire.MessageID]quire.UID{}
	q := mailbox.Query{Incoming: true, Kinds: []quire.Kind{quire.KindAnswer, quire.KindMail, quire.KindQuestion},
		Above: m.host.Scanned, Oldest: true, Limit: 1000, Now: m.now}
	held := false
	for {
		page, err := a.mail.Query(ctx, a.o.Address, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			row := &page.Rows[i]
			k := slices.IndexFunc(m.host.Asked, func(q asked) bool { return q.repliedBy(row) })
			if k >= 0 {
				if ok, err := a.reached(ctx, &m.host.Asked[k], row.From); err != nil {
					return nil, err
				} else if !ok {
					k = -1
				}
			}
			held = held || k >= 0 && row.Flags.Has(quire.FlagHeld)
			if !held { // else it is looked at again: it may be accepted yet
				m.host.Scanned = max(m.host.Scanned, row.UID)
			}
			if k < 0 || !stands(row.Flags) {
				continue
			}
			if id := m.host.Asked[k].ID; found[id] == 0 {
				found[id] = row.UID
			}
		}
		if !page.More {
			return found, nil
		}
		q.Cursor = page.Next
	}
}

// stands says whether what a message says counts: not what was taken back or replaced,
// nor what is held until its sender is accepted.
func stands(f quire.Flags) bool {
	return f&(quire.FlagRetracted|quire.FlagSuperseded|quire.FlagHeld) == 0
}

// dueEvents tells both sides what became of a question that nobody answered.
func (a *Agent) dueEvents(m *moment, q *asked) []quire.Draft {
	what := fmt.Sprintf("Nobody answered the question %q in time. ", q.Subject)
	if q.Reversible {
		what += fmt.Sprintf("Its default is taken: %s. It can be undone: a late answer is a correction.", q.Default)
	} else {
		what += "It is about something that can't be undone, so nothing is decided: leave it, do other work, and ask again if it still matters."
	}
	return a.tell(m, q, "Question due", what)
}

// tell makes an event about a question for both sides.
func (a *Agent) tell(m *moment, q *asked, subject, what string) []quire.Draft {
	events := []quire.Draft{a.about(m, q, a.o.Address, subject, what)}
	for _, to := range q.To {
		if to == a.o.Address {
			continue
		}
		e := a.about(m, q, to, subject, what)
		e.InReplyTo = q.ID
		if q.Again != "" && to == q.To[len(q.To)-1] {
			e.InReplyTo = q.Again
		}
		e.References = []quire.MessageID{e.InReplyTo}
		events = append(events, e)
	}
	return events
}

// about writes an event about a question: of two that say the same words each has an id
// of its own.
func (a *Agent) about(m *moment, q *asked, to quire.Address, subject, what string) quire.Draft {
	e := a.event(m, to, subject, what)
	e.ID = messageID(m.now, string(e.ID), string(q.ID))
	return e
}

// escalate asks who is next, for as long as the first ones had, and tells them. They
// can still answer: the first answer counts.
func (a *Agent) escalate(m *moment, q *asked) []quire.Draft {
	by := m.now.Add(q.ReplyBy.Sub(q.Asked))
	what := fmt.Sprintf("Nobody answered the question %q in time. It is passed on to %s, who has until %s.", q.Subject, q.Escalate, by.UTC().Format(time.RFC3339))
	out := a.tell(m, q, "Question passed on", what)
	asking := quire.Draft{
		ID: messageID(m.now, string(a.o.Address), "escalate", string(q.ID)), To: []quire.Address{q.Escalate}, Kind: quire.KindQuestion,
		Subject: q.Subject, Auto: quire.AutoGenerated, References: []quire.MessageID{q.ID},
		Parts:    []quire.Part{quire.Text{Text: fmt.Sprintf("%s did not answer this in time; it is up to you now.\n\n%s", addresses(q.To), q.Text)}},
		Question: &quire.Question{Options: q.Options, ReplyBy: by, Default: q.Default, Reversible: q.Reversible},
	}
	q.To = append(slices.Clone(q.To), q.Escalate)
	q.ReplyBy, q.Again, q.Escalate, q.Text, q.Options = by, asking.ID, "", "", nil
	q.Asked = m.now
	return append(out, asking)
}

func lateSays(q *asked, reply quire.UID) string {
	if q.Reversible {
		return fmt.Sprintf("%s answers the question %q after its deadline, when the default %q had been taken. Take it as a correction of what was done since.", reply, q.Subject, q.Default)
	}
	return fmt.Sprintf("%s answers the question %q, which had been left undecided at its deadline.", reply, q.Subject)
}

// forget drops the oldest closed questions.
func forget(qs []asked) []asked {
	closed := 0
	for _, q := range qs {
		if q.Closed {
			closed++
		}
	}
	return slices.DeleteFunc(qs, func(q asked) bool {
		if q.Closed && closed > keepClosed {
			closed--
			return true
		}
		return false
	})
}
