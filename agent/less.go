package agent

import (
	"context"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// commitLess is commit A for a store that does not accept all of it: without the mail
// that goes with the reply, and if need be without what the reply says. It was paid for,
// and what can't be stored now can't be stored after a restart either.
func (a *Agent) commitLess(ctx context.Context, m *moment, c mailbox.Commit, s *step, cause error) (mailbox.Committed, error) {
	why := oneLine(cause.Error(), 300)
	var own []quire.Draft
	for _, d := range c.Sends {
		if len(d.To) == 1 && d.To[0] == a.o.Address {
			own = append(own, d)
		}
	}
	less := c
	less.ID += "/less"
	less.Flags = nil
	for _, f := range c.Flags {
		f.Set &^= quire.FlagAnswered
		less.Flags = append(less.Flags, f)
	}
	if len(own) < len(c.Sends) {
		note := a.event(m, a.o.Address, notDelivered, "What this turn would have mailed can't be sent: "+why)
		note.Kind = quire.KindNote
		less.Sends = append(own, note)
		less.Sends = append(less.Sends, a.tellOwner(m, notDelivered, fmt.Sprintf("What turn %d of %s would have mailed can't be sent: %s", m.host.Turns, a.o.Address, why))...)
		done, err := a.commit(ctx, m, less)
		if !unacceptable(err) {
			return done, err
		}
	}
	if len(c.Sends) == 0 || string(c.Sends[0].ID) != s.id {
		return mailbox.Committed{}, cause
	}
	bare := c.Sends[0]
	bare.Headers = bare.Headers[:1] // the turn's number
	bare.Parts = []quire.Part{quire.Text{Text: "(This reply can't be stored: " + why + ")"}}
	less.ID, less.Journal, less.Sends = c.ID+"/bare", nil, []quire.Draft{bare}
	note := a.event(m, a.o.Address, notWhole, "Your last reply can't be stored, and none of its calls ran: "+why)
	note.Kind = quire.KindNote
	less.Sends = append(less.Sends, note)
	s.entries = nil
	return a.commit(ctx, m, less)
}

// The subjects of the agent's notes to itself about what it would have mailed.
const (
	notWhole     = "Reply not whole"
	notDelivered = "Not delivered" // as a store has it of mail that bounced
)
