package mcp

import (
	"context"
	"errors"
	"fmt"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

const (
	actionAccept  = "accept"
	actionDecline = "decline"
	actionCancel  = "cancel"
)

// tries is how often an answer that does not fit is asked for again.
const tries = 3

// elicit asks the owner what a server wants to know, by mail, and waits for the answer. What
// is not answered in time is declined; what can't be asked is an error to the server.
func (l *link) elicit(ctx context.Context, req *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
	x, _ := ctx.Value(flightKey{}).(*flight)
	if x == nil { // older servers ask beside the call, and don't say which one
		x = l.calls.newest()
	}
	if x == nil {
		return nil, errors.New("no call is under way that a person could be asked for")
	}
	n := x.ask()
	if n > maxQuestions {
		return nil, fmt.Errorf("a call may ask %d times", maxQuestions)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(x.ctx, cancel)() // who is not waited for needs no answer
	f, err := formOf(req.Params)
	if err != nil {
		return nil, err
	}
	l.log.Info(logAsked, "owner", string(l.c.o.Owner), "tool", x.call.Name)
	a := asking{link: l, flight: x, key: fmt.Sprintf("%s/%d", x.call.Key, n), form: f,
		box: l.c.o.Box, owner: l.c.o.Owner, by: l.c.o.Now().Add(l.c.o.AskFor)}
	return a.ask(ctx)
}

// maxQuestions is how often one call may ask: a server must not fill a person's mailbox.
const maxQuestions = 16

// asking is one question of a server's.
type asking struct {
	link   *link
	flight *flight
	key    string // the same when the call is run again after a crash
	form   *form
	box    *mailbox.Box
	owner  quire.Address
	by     time.Time

	above quire.UID // answers have higher numbers
}

// ask asks until an answer fits. All of it takes as long as one question may.
func (a *asking) ask(ctx context.Context) (*sdk.ElicitResult, error) {
	why := ""
	for try := range tries {
		id, err := a.send(ctx, try, why)
		if err != nil {
			return nil, err
		}
		answer, came, err := a.wait(ctx, id)
		switch {
		case a.flight.ctx.Err() != nil: // a call that is run again finds the question, and its answer
			return nil, a.flight.ctx.Err()
		case err != nil || !came:
			return &sdk.ElicitResult{Action: actionDecline}, errors.Join(err, a.takeBack(ctx, id))
		}
		res, err := a.form.read(answer)
		if err == nil {
			return res, nil
		}
		why = err.Error()
	}
	return &sdk.ElicitResult{Action: actionDecline}, nil
}

// send sends the question. The call that is run again after a crash finds the one that it
// sent before, and its answer.
func (a *asking) send(ctx context.Context, try int, why string) (quire.MessageID, error) {
	id := quire.MessageID("mcp-" + quire.DigestOf(fmt.Appendf(nil, "%q %q %q %d", a.box.Address(), a.key, a.link.s.Name, try)).String())
	if a.above == 0 {
		status, err := a.box.Status(ctx)
		if err != nil {
			return "", err
		}
		a.above = max(status.NextUID, 1) - 1
	}
	d := quire.Draft{ID: id, To: []quire.Address{a.owner}, Subject: fmt.Sprintf("%s asks, for a call of %s", a.link.s.Name, a.flight.call.Name),
		Parts: []quire.Part{quire.Text{Text: a.form.text(a.link.s.Name, a.flight.call.Name, why)}}}
	sent, err := a.box.Ask(ctx, d, quire.Question{Options: a.form.options, ReplyBy: a.by, Default: actionDecline, Reversible: true})
	switch {
	case errors.Is(err, mailbox.ErrConflict): // asked before the crash, until another time
		a.above = 0
	case err != nil:
		return "", err
	case sent.Duplicate:
		a.above = 0
	case len(sent.Bounced) > 0:
		return "", fmt.Errorf("%s can't be asked: %s", a.owner, sent.Bounced[0].Reason)
	}
	return id, nil
}

// wait is what the owner answers; false when the time is over.
func (a *asking) wait(ctx context.Context, id quire.MessageID) (string, bool, error) {
	w := mailbox.Wait{Match: mailbox.Query{From: a.owner, Incoming: true, Above: a.above}, Deadline: a.by, Now: a.link.c.o.Now}
	for {
		it, err := a.answer(ctx, id)
		if err != nil {
			return "", false, err
		}
		if it != nil {
			a.above = it.UID
			return quire.PlainText(it.Parts), true, a.box.Done(ctx, it.UID)
		}
		if !a.link.c.o.Now().Before(a.by) {
			return "", false, nil
		}
		woken, err := a.box.Wait(ctx, w)
		if err != nil {
			return "", false, err
		}
		w.Since = woken.State
	}
}

// answer looks for the first answer to a question: of the owner's own, since what came
// through a gateway only claims its sender.
func (a *asking) answer(ctx context.Context, id quire.MessageID) (*quire.Item, error) {
	q := mailbox.Query{From: a.owner, Incoming: true, Above: a.above, Oldest: true, Limit: 1000, Now: a.link.c.o.Now(),
		Not: quire.FlagHeld, Kinds: []quire.Kind{quire.KindAnswer, quire.KindMail}}
	for {
		page, err := a.box.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			row := &page.Rows[i]
			if row.InReplyTo != id || row.Trust == quire.TrustExternal || row.Flags&(quire.FlagRetracted|quire.FlagSuperseded) != 0 {
				continue
			}
			items, err := a.box.Read(ctx, row.UID)
			if err != nil {
				return nil, err
			}
			return &items[0], nil
		}
		if !page.More {
			return nil, nil
		}
		q.Cursor = page.Next
	}
}

// takeBack takes a question back that nobody waits for any more, also when that is because
// the server called it off.
func (a *asking) takeBack(ctx context.Context, id quire.MessageID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return a.box.Retract(ctx, id)
}
