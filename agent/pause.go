package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// paused says whether a limit holds the agent. A window that ends later than any can has
// a clock's mistake for its beginning.
func (h *host) paused(now time.Time) bool {
	return h.Ask != nil && (h.Ask.Until.IsZero() || now.Before(h.Ask.Until) && !h.Ask.Until.After(now.Add(aDay)))
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
	m.host.Ask = &permission{ID: draft.ID, Limit: cause.Limit, Thread: threadIf(cause, a.threadOf(m)), Until: cause.Until, Above: m.state.Through()}
	c := mailbox.Commit{}
	if !a.nobody() {
		c.Sends = []quire.Draft{draft}
	}
	done, err := a.commit(ctx, m, c)
	if err != nil {
		return errors.Join(cause, err)
	}
	a.idle = m.snap.State
	if cause.Until.IsZero() && slices.ContainsFunc(done.Sent, func(s mailbox.Sent) bool { return len(s.Bounced) > 0 }) {
		m.host.Ask = nil // the owner does not know of it, so that nobody would end it
		return a.stop(ctx, m, cause)
	}
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

// consent looks for the owner's answer to the open question, and handles it: of
// several the last one counts, since the owner may have thought better of it. Only one
// of the options counts; what else the owner writes is mail like any other. So is what
// came through a gateway: whoever knows the question's id could have written it.
func (a *Agent) consent(ctx context.Context, m *moment) error {
	ask := m.host.Ask
	if ask == nil || a.nobody() {
		return nil
	}
	q := mailbox.Query{Incoming: true, From: a.o.Owner, Above: ask.Above,
		Kinds: []quire.Kind{quire.KindAnswer, quire.KindMail}, Oldest: true, Limit: 100, Now: m.now}
	var heard said
	for {
		page, err := a.mail.Query(ctx, a.o.Address, q)
		if err != nil {
			return err
		}
		for i := range page.Rows {
			if row := &page.Rows[i]; row.InReplyTo == ask.ID && row.Trust != quire.TrustExternal && stands(row.Flags) {
				if err := a.hear(ctx, row.UID, &heard); err != nil {
					return err
				}
			}
		}
		if !page.More {
			break
		}
		q.Cursor = page.Next
	}
	if len(heard.uids) == 0 {
		return nil
	}
	return a.allow(ctx, m, &heard)
}

// said are the answers to the open question, and what the last of them says.
type said struct {
	uids []quire.UID
	yes  bool
}

// hear adds an answer, if it is one of the options.
func (a *Agent) hear(ctx context.Context, uid quire.UID, s *said) error {
	items, err := a.mail.Get(ctx, a.o.Address, mailbox.Get{UIDs: []quire.UID{uid}})
	if err != nil || len(items) == 0 {
		return err
	}
	words := strings.ToLower(strings.TrimSpace(quire.PlainText(items[0].Parts)))
	if words == sayGoOn || words == sayWait {
		s.uids, s.yes = append(s.uids, uid), words == sayGoOn
	}
	return nil
}

// allow carries out what the owner said, and handles the answers.
func (a *Agent) allow(ctx context.Context, m *moment, s *said) error {
	ask := m.host.Ask
	ask.Above = s.uids[len(s.uids)-1] // the owner may think better of it
	if s.yes {
		m.host.Ask = nil
		for _, b := range a.bounds(&m.host, ask.Thread) {
			if b.name == ask.Limit {
				b.more()
			}
		}
	}
	flags := flagSet{}
	for _, uid := range s.uids {
		flags.set(uid, quire.FlagPulled|quire.FlagHandled)
	}
	if _, err := a.commit(ctx, m, mailbox.Commit{Flags: flags.changes()}); err != nil {
		return err
	}
	fresh, err := a.look(ctx) // what others did meanwhile stands behind the commit
	if err == nil {
		*m = *fresh
	}
	return err
}
