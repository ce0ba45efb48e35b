package agent

import (
	"fmt"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// headerHanded says of an agent's mail how often work was handed from agent to agent to
// get here, replies and new mail alike, and whether a person began that. The loop writes
// it, no model can.
const headerHanded = "handed"

// personsShare is how many times as often work may be handed over that a person began.
const personsShare = 4

// handed is how far work came.
type handed struct {
	Times  int  `json:"times,omitzero"`
	Person bool `json:"person,omitzero"` // who began it; else an agent or a program did
}

// next is the header of mail that a turn about such work sends.
func (h handed) next() quire.Header {
	by := "nobody"
	if h.Person {
		by = "person"
	}
	return quire.Header{Name: headerHanded, Value: fmt.Sprintf("%d %s", h.Times+1, by)}
}

// handedOf reads how far a message came. A person's, and what came from outside, begins
// anew; so does an agent's of which nothing is known.
func handedOf(it *quire.Item) handed {
	if it.Trust != quire.TrustAgent {
		return handed{Person: true}
	}
	var h handed
	for _, header := range it.Headers {
		if header.Name != headerHanded {
			continue
		}
		var by string
		if _, err := fmt.Sscanf(header.Value, "%d %s", &h.Times, &by); err != nil || h.Times < 0 {
			return handed{}
		}
		h.Times, h.Person = min(h.Times, 1<<30), by == "person"
	}
	return h
}

// attend notes how far the work came that a turn begins with. A person's mail among it
// means that somebody takes part. A turn that only the agent's own events began is a
// beginning; one that is tried again is not.
func (m *moment) attend() {
	if m.host.Steps != 1 {
		return
	}
	if len(m.wake) == 0 {
		if news(m.snap.Arrived) {
			m.host.Handed = handed{}
		}
		return
	}
	var all handed
	for i := range m.wake {
		h := m.host.handedOf(&m.wake[i])
		if m.wake[i].Trust != quire.TrustAgent {
			all = h
			break
		}
		all.Times, all.Person = max(all.Times, h.Times), all.Person || h.Person
	}
	m.host.Handed = all
}

// quiet is a peer whose mail waits, since work went back and forth too often and no
// person took part.
type quiet struct {
	Peer  quire.Address   `json:"peer"`
	Times int             `json:"times"`          // the furthest that its mail came
	Free  []quire.UID     `json:"free,omitzero"`  // mail that may go on: it begins anew
	Until int64           `json:"until,omitzero"` // Unix seconds: its mail is put off until then
	Ask   quire.MessageID `json:"ask,omitzero"`   // the question to the owner
	Above quire.UID       `json:"above,omitzero"` // answers have a higher number
	Off   []quire.UID     `json:"off,omitzero"`   // what was put off
	Over  bool            `json:"over,omitzero"`  // it is to stop: until then its mail is set aside
}

// maxQuiet is how many peers are remembered, and how much of their mail.
const (
	maxQuiet = 16
	maxOff   = 100
)

// waits says whether the peer's mail is put off now.
func (q *quiet) waits() bool { return q.Until != 0 && !q.Over }

// tooFar says whether a message came too far to be taken up without asking.
func (a *Agent) tooFar(h *host, it *quire.Item) bool {
	limit := a.o.Limits.Unattended
	if limit < 0 || it.Self || it.Trust != quire.TrustAgent {
		return false
	}
	far := h.handedOf(it)
	if far.Person {
		limit *= personsShare
	}
	return far.Times > limit
}

// handedOf is how far a message came since somebody let it go on.
func (h *host) handedOf(it *quire.Item) handed {
	far := handedOf(it)
	if q := h.quietOf(it.From); q != nil && contains(q.Free, it.UID) {
		far.Times = 0
	}
	return far
}

func (h *host) quietOf(peer quire.Address) *quiet {
	if i := slices.IndexFunc(h.Quiet, func(q quiet) bool { return q.Peer == peer }); i >= 0 {
		return &h.Quiet[i]
	}
	return nil
}

// asksAbout is the question to the owner. Silence stops it.
func (a *Agent) asksAbout(m *moment, q *quiet) quire.Draft {
	text := fmt.Sprintf("%s and other agents handed work to each other %d times, and no person took part in it. The last mail of that kind is of %s; it waits.\nAnswer %q to let it go on for as long again, or %q. Without an answer its mail is set aside.",
		a.o.Address, q.Times, q.Peer, sayGoOn, sayStop)
	d := a.event(m, a.o.Owner, "Agents among themselves: "+oneLine(string(q.Peer), 60), text)
	d.Kind = quire.KindQuestion
	d.Question = &quire.Question{Options: []string{sayGoOn, sayStop}, ReplyBy: m.now.Add(aDay), Default: sayStop, Reversible: true}
	return d
}

const sayStop = "stop"

// setAside is the agent's note about mail that no model saw.
func (a *Agent) setAside(m *moment, q *quiet, uids []quire.UID) quire.Draft {
	d := a.event(m, a.o.Address, "Set aside", strings.TrimSpace(fmt.Sprintf("Mail of %s was set aside, since agents had written to each other for too long: %s.", q.Peer, numbers(uids))))
	d.Kind = quire.KindNote
	return d
}
