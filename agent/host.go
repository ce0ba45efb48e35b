package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
)

// hostVersion is the format of an encoded host. Version 1 knew one hour's tokens only.
const hostVersion = 2

// host is what the loop itself must remember from step to step. It travels in
// the composer's state, so that it is committed with everything else and a new
// process goes on exactly where the old one stood.
type host struct {
	V        int       `json:"v"`
	Turns    uint64    `json:"turns,omitzero"`    // turns that have begun
	Open     bool      `json:"open,omitzero"`     // a turn is under way
	Steps    int       `json:"steps,omitzero"`    // model calls of the open turn
	Ending   bool      `json:"ending,omitzero"`   // the step in the journal ends the turn
	Calls    string    `json:"calls,omitzero"`    // of the open turn: 16 digits for the tool calls of each reply, the last ones
	Same     int       `json:"same,omitzero"`     // how often its last replies came round
	Room     int       `json:"room,omitzero"`     // tokens of the log in the last plan
	Refused  string    `json:"refused,omitzero"`  // why the last pull of the open turn was refused
	Stalled  int       `json:"stalled,omitzero"`  // turns in a row that did not end normally
	Parked   quire.UID `json:"parked,omitzero"`   // only mail from this number on wakes the agent
	Why      string    `json:"why,omitzero"`      // it is parked
	Again    time.Time `json:"again,omitzero"`    // when it goes on though no mail came
	Tried    int       `json:"tried,omitzero"`    // how often it went on so, since a turn ended normally
	Ends     int       `json:"ends,omitzero"`     // turns in a row, parked or not, that did not end normally
	IllTold  time.Time `json:"illTold,omitzero"`  // when the owner was told of an outage last
	EndTold  time.Time `json:"endTold,omitzero"`  // when the owner was told of one last
	Told     string    `json:"told,omitzero"`     // digest of what the notice last said
	Times    int       `json:"times,omitzero"`    // how often it said that
	Tight    int       `json:"tight,omitzero"`    // budget that the model really takes, when it found a prompt too long
	TightFor string    `json:"tightFor,omitzero"` // the model that did
	TightTo  time.Time `json:"tightTo,omitzero"`  // until it is tried again whether it takes more
	TightAge int       `json:"tightAge,omitzero"` // how often that was so
	Asked    []asked   `json:"asked,omitzero"`    // questions of this agent, oldest first
	Scanned  quire.UID `json:"scanned,omitzero"`  // replies to them were looked for up to here

	Thread  quire.MessageID `json:"thread,omitzero"`  // of the mail that began the turn
	Hour    account         `json:"anHour,omitzero"`  // what was spent in the hour that is counted
	Day     account         `json:"aDay,omitzero"`    // in the day
	All     account         `json:"all,omitzero"`     // ever
	Threads []threadAccount `json:"threads,omitzero"` // on each thread, worked on last comes last
	Ask     *permission     `json:"asking,omitzero"`  // the limit that the owner was asked about

	Model      string    `json:"model,omitzero"`      // the fallback that is in use; "": none
	ModelSince time.Time `json:"modelSince,omitzero"` // since when
	ModelTold  bool      `json:"modelTold,omitzero"`  // the owner knows

	Quarantine []quarantine `json:"quarantine,omitzero"` // what models' servers refused
	CutOff     int          `json:"cutOff,omitzero"`     // replies in a row that broke off, or were paused
	Ill        *illness     `json:"ill,omitzero"`        // no model can be reached
	HungTold   time.Time    `json:"hungTold,omitzero"`   // when the owner was told last of a tool that does not end

	Handed  handed   `json:"handed,omitzero"`  // how far the work of the open turn came
	Origins []origin `json:"origins,omitzero"` // work that came far
	Quiet   []quiet  `json:"quiet,omitzero"`   // peers whose mail waits, the newest last

	Recalled quire.MessageID `json:"recalled,omitzero"` // the note of what was found for the last turn

	awoke    bool // its wait for Again is over, since it was read
	answered bool // a question was, since it was read
	moved    bool // deadlines of questions, since they were read: see righted
}

// decodeHost reads what encode wrote. Empty bytes are a new agent.
func decodeHost(b json.RawMessage) (host, error) {
	if len(b) == 0 || string(b) == "null" {
		return host{V: hostVersion}, nil
	}
	var h host
	if err := json.Unmarshal(b, &h); err != nil {
		return host{}, fmt.Errorf("agent: stored state: %w", err)
	}
	if h.V < 1 || h.V > hostVersion {
		return host{}, fmt.Errorf("agent: stored state has format %d, this program knows %d: use the program that wrote it or a newer one", h.V, hostVersion)
	}
	if h.V == 1 {
		var old struct {
			Hour   time.Time `json:"hour"`
			Tokens int       `json:"tokens"`
		}
		if err := json.Unmarshal(b, &old); err != nil {
			return host{}, fmt.Errorf("agent: stored state: %w", err)
		}
		h.Hour = account{Since: old.Hour, Tokens: old.Tokens}
		h.V = hostVersion
	}
	return h, nil
}

func (h host) encode() (json.RawMessage, error) {
	h.V = hostVersion
	return json.Marshal(h)
}

// goOn ends the wait of an agent that is parked.
func (h *host) goOn() {
	h.Parked, h.Why, h.Stalled, h.Again = 0, "", 0, time.Time{}
}

// endTurn ends the turn.
func (m *moment) endTurn() {
	h := &m.host
	h.Open, h.Ending, h.Steps, h.Calls, h.Same, h.Thread, h.Refused, h.CutOff = false, false, 0, "", 0, "", "", 0
	h.Quarantine = slices.Clone(h.Quarantine)
	for i := range h.Quarantine {
		h.Quarantine[i].endTurn()
	}
	m.state.EndTurn()
}

const (
	callDigits = 16 // of the digest of a reply's tool calls
	maxTrail   = 96 // replies whose calls are remembered
)

// called notes the tool calls of a reply, by their digest; "" is none.
func (h *host) called(key string) {
	if key == "" {
		h.Calls, h.Same = "", 0
		return
	}
	h.Calls += key
	h.Calls = h.Calls[max(0, len(h.Calls)-maxTrail*callDigits):]
	h.Same = rounds(h.Calls)
}

// rounds is how often a trail of calls goes round at its end: 3 for "ab ab ab" and
// for "a a a". Of several circles that go round equally often any will do.
func rounds(trail string) int {
	most := 0
	for p := callDigits; p <= len(trail); p += callDigits {
		last := trail[len(trail)-p:]
		n := 1
		for (n+1)*p <= len(trail) && trail[len(trail)-(n+1)*p:len(trail)-n*p] == last {
			n++
		}
		most = max(most, n)
	}
	return most
}
