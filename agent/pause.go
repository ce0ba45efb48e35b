package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// permission is the question to the owner whether the agent may spend more.
type permission struct {
	ID     quire.MessageID `json:"id"`
	Limit  string          `json:"limit"`
	Thread quire.MessageID `json:"thread,omitzero"` // of a limit for one
	Until  time.Time       `json:"until,omitzero"`  // when the limit's window ends; zero: never
	Above  quire.UID       `json:"above"`           // answers have a higher number
}

// paused says whether a limit holds the agent.
func (h *host) paused(now time.Time) bool {
	return h.Ask != nil && (h.Ask.Until.IsZero() || now.Before(h.Ask.Until))
}

// The options of the question. Silence is the second: never consent.
const (
	sayGoOn = "go on"
	sayWait = "wait"
)

// pause tells the owner once that a limit is reached, and asks whether the agent
// may go on. The turn stays open. Without anybody to ask, a limit that no window
// ends ends the turn.
func (a *Agent) pause(ctx context.Context, m *moment, cause *LimitError) error {
	a.idle = m.snap.State
	if a.nobody() && cause.Until.IsZero() {
		return a.stop(ctx, m, cause)
	}
	if ask := m.host.Ask; ask != nil && ask.Limit == cause.Limit && ask.Until.Equal(cause.Until) && ask.Thread == threadIf(cause, a.threadOf(m)) {
		return cause
	}
	draft := a.mayI(m, cause)
	m.host.Ask = &permission{ID: draft.ID, Limit: cause.Limit, Thread: threadIf(cause, a.threadOf(m)), Until: cause.Until, Above: m.state.Set.Through}
	c := mailbox.Commit{}
	if !a.nobody() {
		c.Sends = []quire.Draft{draft}
	}
	if _, err := a.commit(ctx, m, c); err != nil {
		return errors.Join(cause, err)
	}
	a.idle = m.snap.State
	return cause
}

// nobody says that there is no owner who could be asked.
func (a *Agent) nobody() bool { return a.o.Owner == "" || a.o.Owner == a.o.Address }

func threadIf(cause *LimitError, thread quire.MessageID) quire.MessageID {
	if cause.Until.IsZero() {
		return thread
	}
	return ""
}

// mayI is the question. Who does not answer is taken to want that the agent waits.
func (a *Agent) mayI(m *moment, cause *LimitError) quire.Draft {
	text := cause.Error() + "\n" + fmt.Sprintf("Answer %q to allow as much once more, or %q.", sayGoOn, sayWait)
	d := a.event(m, a.o.Owner, "Paused: "+cause.Limit, text)
	d.Kind = quire.KindQuestion
	d.Question = &quire.Question{Options: []string{sayGoOn, sayWait}}
	if cause.Until.After(m.now) {
		d.Question.ReplyBy, d.Question.Default, d.Question.Reversible = cause.Until, sayWait, true
	}
	return d
}

// consent looks for the owner's answer to the open question, and handles it. Only
// one of the options counts; what else the owner writes is mail like any other.
func (a *Agent) consent(ctx context.Context, m *moment) error {
	ask := m.host.Ask
	if ask == nil || a.nobody() {
		return nil
	}
	page, err := a.o.Store.Query(ctx, a.o.Address, mailbox.Query{Incoming: true, From: a.o.Owner, Above: ask.Above,
		Kinds: []quire.Kind{quire.KindAnswer, quire.KindMail}, Sort: mailbox.SortOldest, Limit: 100, Now: m.now})
	if err != nil {
		return err
	}
	for i := range page.Rows {
		if page.Rows[i].InReplyTo != ask.ID {
			continue
		}
		items, err := a.o.Store.Get(ctx, a.o.Address, mailbox.Get{UIDs: []quire.UID{page.Rows[i].UID}})
		if err != nil {
			return err
		}
		if len(items) == 0 {
			continue
		}
		said := strings.ToLower(strings.TrimSpace(quire.PlainText(items[0].Parts)))
		if said != sayGoOn && said != sayWait {
			continue
		}
		return a.allow(ctx, m, items[0].UID, said == sayGoOn)
	}
	return nil
}

// allow carries out what the owner said, and handles the answer.
func (a *Agent) allow(ctx context.Context, m *moment, uid quire.UID, yes bool) error {
	ask := m.host.Ask
	ask.Above = uid // the owner may think better of it
	if yes {
		m.host.Ask = nil
		for _, b := range a.bounds(&m.host, ask.Thread) {
			if b.name == ask.Limit {
				b.more()
			}
		}
	}
	flags := flagSet{}
	flags.set(uid, quire.FlagPulled|quire.FlagHandled)
	_, err := a.commit(ctx, m, mailbox.Commit{Flags: flags.changes()})
	return err
}
