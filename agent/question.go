package agent

import (
	"context"
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

// settle deals with this agent's questions when a turn begins: answered ones
// are closed, a due one takes its default or is parked, and a late answer is
// announced as a correction. Both sides get an event, in one commit.
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
			events = append(events, a.event(m, a.o.Address, "Late answer", lateSays(&q, reply)))
			continue
		case answered:
			continue
		case !q.Closed && !m.now.Before(q.ReplyBy):
			q.Closed = true
			events = append(events, a.dueEvents(m, &q)...)
		}
		left = append(left, q)
	}
	m.host.Asked = forget(left)
	if len(events) == 0 {
		return nil
	}
	if _, err := a.commit(ctx, m, mailbox.Commit{Sends: events}); err != nil {
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
		Above: m.host.Scanned, Sort: mailbox.SortOldest, Limit: 1000, Now: m.now}
	for {
		page, err := a.o.Store.Query(ctx, a.o.Address, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			row := &page.Rows[i]
			m.host.Scanned = max(m.host.Scanned, row.UID)
			k := slices.IndexFunc(m.host.Asked, func(q asked) bool { return q.ID == row.InReplyTo && slices.Contains(q.To, row.From) })
			if _, seen := found[row.InReplyTo]; k >= 0 && !seen {
				found[row.InReplyTo] = row.UID
			}
		}
		if !page.More {
			return found, nil
		}
		q.Cursor = page.Next
	}
}

// dueEvents tells both sides what became of a question that nobody answered.
func (a *Agent) dueEvents(m *moment, q *asked) []quire.Draft {
	what := fmt.Sprintf("Nobody answered the question %q in time. ", q.Subject)
	if q.Reversible {
		what += fmt.Sprintf("Its default is taken: %s. It can be undone: a late answer is a correction.", q.Default)
	} else {
		what += "It is about something that can't be undone, so nothing is decided: leave it, do other work, and ask again if it still matters."
	}
	events := []quire.Draft{a.event(m, a.o.Address, "Question due", what)}
	for _, to := range q.To {
		if to == a.o.Address {
			continue
		}
		e := a.event(m, to, "Question due", what)
		e.InReplyTo = q.ID
		e.References = []quire.MessageID{q.ID}
		events = append(events, e)
	}
	return events
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
