package agent

import (
	"fmt"
	"slices"
	"strconv"
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
	Times  int             `json:"times,omitzero"`
	Person bool            `json:"person,omitzero"` // who began it; else an agent or a program did
	From   quire.MessageID `json:"from,omitzero"`   // the message with which it began
}

// origin is work, and how many turns of this agent were about it that came far: mail that
// multiplies comes no further than other mail.
type origin struct {
	ID    quire.MessageID `json:"id"`
	Turns int             `json:"turns"`
}

const (
	far        = 4  // hand-overs from which turns are counted: what is handed out in pieces comes less far
	maxOrigins = 64 // that are remembered, the newest last
)

// next is the header of mail that a turn about such work sends.
func (h handed) next() quire.Header {
	by := "nobody"
	if h.Person {
		by = "person"
	}
	return quire.Header{Name: headerHanded, Value: strings.TrimSpace(fmt.Sprintf("%d %s %s", h.Times+1, by, h.From))}
}

// handedOf reads how far a message came. A person's, and what came from outside, begins
// anew; so does an agent's of which nothing is known.
func handedOf(it *quire.Item) handed {
	h := handed{Person: it.Trust != quire.TrustAgent, From: it.ID}
	if h.Person {
		return h
	}
	for _, header := range it.Headers {
		words := strings.Fields(header.Value)
		if header.Name != headerHanded || len(words) != 3 {
			continue
		}
		if n, err := strconv.Atoi(words[0]); err == nil && n > 0 {
			h = handed{min(n, 1<<30), words[1] == "person", quire.MessageID(words[2])}
		}
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
		if slices.ContainsFunc(m.snap.Arrived, func(it quire.Item) bool { return wakes(&it) }) {
			m.host.Handed = handed{From: m.snap.Arrived[0].ID}
		}
		return
	}
	all := handed{Times: -1}
	for i := range m.wake {
		h := m.host.handedOf(&m.wake[i])
		if m.wake[i].Trust != quire.TrustAgent {
			all = h
			break
		}
		if h.Times > all.Times {
			all.Times, all.From = h.Times, h.From
		}
		all.Person = all.Person || h.Person
	}
	m.host.Handed = all
	m.host.about(all)
}

// about counts a turn about work that came far.
func (h *host) about(w handed) {
	if w.Times <= far {
		return
	}
	o := origin{ID: w.From}
	if i := slices.IndexFunc(h.Origins, func(o origin) bool { return o.ID == w.From }); i >= 0 {
		o = h.Origins[i]
		h.Origins = slices.Delete(slices.Clone(h.Origins), i, i+1)
	}
	o.Turns++
	h.Origins = append(h.Origins[max(0, len(h.Origins)-maxOrigins+1):], o)
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
	w := h.handedOf(it)
	if w.Person {
		limit *= personsShare
	}
	i := slices.IndexFunc(h.Origins, func(o origin) bool { return o.ID == w.From })
	return w.Times > limit || w.Times > far && i >= 0 && h.Origins[i].Turns >= limit
}

// handedOf is how far a message came since somebody let it go on.
func (h *host) handedOf(it *quire.Item) handed {
	w := handedOf(it)
	if q := h.quietOf(it.From); q != nil && contains(q.Free, it.UID) {
		w.Times, w.From = 0, it.ID
	}
	return w
}

// hushed says whether a message is put off for that.
func (h *host) hushed(uid quire.UID) bool {
	return slices.ContainsFunc(h.Quiet, func(q quiet) bool { return contains(q.Off, uid) })
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
