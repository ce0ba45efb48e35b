package work

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

const pinAbout = "Keep a message that you were sent among your instructions, by its number."

// talks is a loop that keeps one list of messages and lets a [compose.Session] choose
// what of it each call sees: with the session's tools, or without. The loop's own are
// the one that sends, and one that adds mail to the list as a message of the system.
func talks(name string, tools bool) Strategy {
	return Strategy{Name: name, Tools: tools, live: livesIn(func(t *town, a *Agent) *one {
		o := &one{name: a.Address, system: a.System, desk: newDesk(a.Address, t, false)}
		so := compose.SessionOptions{System: a.System, Budget: t.set.Budget, Now: t.clock.now}
		if t.set.Keep || t.set.Budget == Unlimited {
			so.Composer = compose.New(&compose.Options{Policy: keepAll{}})
		}
		o.session = compose.NewSession(t.set.info(), &so)
		o.tools = append(sending(), quire.Tool{Name: toolPin, Description: pinAbout, Schema: []byte(`{"type":"object","properties":{"uids":{"type":"array","items":{"type":"integer"}}},"required":["uids"]}`)})
		if tools {
			o.tools = append(o.tools, o.session.Tools()...)
		}
		return o
	})}
}

// callSession makes a call with what the session makes of the list. A list that does not
// fit ends the turn.
func (o *one) callSession(ctx context.Context) (*quire.Reply, error) {
	o.session.Options.Tools = o.tools
	o.session.Options.Model.Cache = o.model.purse.cost
	plan, err := o.session.Next(o.list)
	if err != nil {
		if goesOn(err) || errors.Is(err, compose.ErrNothingToSend) {
			return nil, nil
		}
		return nil, err
	}
	r, err := o.model.Generate(ctx, &plan.Prompt)
	if err != nil {
		return nil, errors.Join(err, o.session.Failed(plan))
	}
	return r, o.session.Sent(plan, r.Usage)
}

// pin adds mail to the list as a message of the system: a session keeps these.
func (o *one) pin(raw string) (string, error) {
	var a deskArgs
	if err := json.Unmarshal([]byte(raw), &a); err != nil {
		return "", err
	}
	for _, uid := range a.UIDs {
		m, ok := o.desk.mail[uid]
		if !ok {
			return "There is no such message.", nil
		}
		o.said = append(o.said, quire.PromptMessage{Role: "system", Parts: []quire.Part{quire.Text{Text: o.desk.show(uid, &m)}}})
	}
	return "It stays.", nil
}
