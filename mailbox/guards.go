package mailbox

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// chainBounce ends a conversation that no person takes part in.
func (a *applying) chainBounce(d *accepted, _ quire.Address) (*driver.Bounce, error) {
	if d.Chain <= a.limits.Chain {
		return nil, nil
	}
	return &driver.Bounce{Limit: limitChain, Reason: fmt.Sprintf("agents wrote the last %d replies to each other and at most %d are delivered: a person has to write in between, or begin a new thread", d.Chain, a.limits.Chain)}, nil
}

// quotaBounce keeps a mailbox from filling up with what its owner never handles.
func (a *applying) quotaBounce(d *accepted, box quire.Address) (*driver.Bounce, error) {
	meta, err := a.meta(box)
	if err != nil {
		return nil, err
	}
	l := &a.limits
	for _, q := range []struct {
		have, more, limit int64
		of                string
	}{
		{int64(meta.Open), 1, int64(l.Pending), "messages"},
		{meta.OpenBytes, sizeOf(&d.Message), l.PendingBytes, "bytes"},
		{meta.OpenTokens, int64(d.Tokens), l.PendingTokens, "tokens"},
	} {
		if plus(max(q.have, 0), max(q.more, 0)) > q.limit {
			return &driver.Bounce{Limit: limitQuota, Reason: fmt.Sprintf("%d %s wait there unhandled, this one would be %d more, and at most %d may: send it when its owner has dealt with some", q.have, q.of, q.more, q.limit)}, nil
		}
	}
	return nil, nil
}

// rateBounce slows an agent, or a program, that writes to one mailbox only.
func (a *applying) rateBounce(d *accepted, box quire.Address) (*driver.Bounce, error) {
	if d.Auto == "" {
		if agent, err := a.agent(); !agent || err != nil {
			return nil, err
		}
	}
	trust, err := a.trust(box)
	if err != nil {
		return nil, err
	}
	// What others send in an agent's name does not use up what it may send itself.
	nth, err := a.tx.Recent(box, a.p.Mailbox, trust == quire.TrustExternal, a.limits.Rate)
	if err != nil || nth.IsZero() || !nth.After(a.p.Now.Add(-a.limits.Window)) || nth.After(a.p.Now.Add(quire.MaxSkew)) {
		return nil, err
	}
	return &driver.Bounce{Limit: limitRate, Reason: fmt.Sprintf("%d messages went there within %s: put what is left into one message, or wait", a.limits.Rate, a.limits.Window)}, nil
}

// wanted is what the owner of a mailbox says to mail of the sender. A claimed sender
// gets what both he and a stranger get: a name alone opens no door, and shuts one.
func (a *applying) wanted(box quire.Address) Contact {
	if a.rules.Contact == nil {
		return ContactAllow
	}
	says := a.rules.Contact(a.p.Address, box)
	if !a.viaGateway() || says == ContactRefuse {
		return says
	}
	if stranger := a.rules.Contact("", box); stranger != ContactAllow {
		return stranger
	}
	return says
}

// contactBounce refuses for the owner of a mailbox.
func (a *applying) contactBounce(_ *accepted, box quire.Address) (*driver.Bounce, error) {
	if a.wanted(box) != ContactRefuse {
		return nil, nil
	}
	return &driver.Bounce{Limit: limitContact, Reason: "its owner takes no mail from this sender"}, nil
}

// contact holds mail that the owner of a mailbox wants to be asked about first,
// and tells him, once for each sender.
func (a *applying) contact(d *accepted, box quire.Address) (quire.Flags, error) {
	if a.self(box) || a.wanted(box) != ContactAsk {
		return 0, nil
	}
	err := a.event(box, box, &quire.Draft{
		ID: a.eventID("held", quire.MessageID(box)), Subject: "Somebody new writes",
		Parts: []quire.Part{quire.Text{Text: fmt.Sprintf("%s wants to write to you. Its mail is held: find it by the flag held; clearing the flag accepts a message, marking it as handled refuses it.", a.p.Address)}},
	})
	return quire.FlagHeld, err
}
