package agent

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
)

// hostVersion is the format of an encoded host.
const hostVersion = 1

// host is what the loop itself must remember from step to step. It travels in
// the composer's state, so that it is committed with everything else and a new
// process goes on exactly where the old one stood.
type host struct {
	V        int       `json:"v"`
	Turns    uint64    `json:"turns,omitzero"`    // turns that have begun
	Open     bool      `json:"open,omitzero"`     // a turn is under way
	Steps    int       `json:"steps,omitzero"`    // model calls of the open turn
	Ending   bool      `json:"ending,omitzero"`   // the step in the journal ends the turn
	Calls    string    `json:"calls,omitzero"`    // digest of the last reply's tool calls
	Same     int       `json:"same,omitzero"`     // replies in a row with these calls
	Stalled  int       `json:"stalled,omitzero"`  // turns in a row that did not end normally
	Parked   quire.UID `json:"parked,omitzero"`   // only mail from this number on wakes the agent
	Why      string    `json:"why,omitzero"`      // it is parked
	Told     string    `json:"told,omitzero"`     // digest of what the notice last said
	Times    int       `json:"times,omitzero"`    // how often it said that
	Hour     time.Time `json:"hour,omitzero"`     // when the counted hour began
	Tokens   int       `json:"tokens,omitzero"`   // used in it
	HourTold bool      `json:"hourTold,omitzero"` // the owner knows that it is used up
	Tight    int       `json:"tight,omitzero"`    // budget that the model really takes, when it found a prompt too long
	TightFor string    `json:"tightFor,omitzero"` // the model that did
	Asked    []asked   `json:"asked,omitzero"`    // questions of this agent, oldest first
	Scanned  quire.UID `json:"scanned,omitzero"`  // replies to them were looked for up to here
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
	if h.V != hostVersion {
		return host{}, fmt.Errorf("agent: stored state has format %d, this program knows %d: use the program that wrote it or a newer one", h.V, hostVersion)
	}
	return h, nil
}

func (h host) encode() (json.RawMessage, error) {
	h.V = hostVersion
	return json.Marshal(h)
}

// close ends the turn.
func (h *host) close() {
	h.Open, h.Ending, h.Steps, h.Calls, h.Same = false, false, 0, "", 0
}

// spend adds tokens to the counted hour.
func (h *host) spend(now time.Time, tokens int) {
	if h.Hour.IsZero() || now.Sub(h.Hour) >= time.Hour || now.Before(h.Hour) {
		h.Hour, h.Tokens, h.HourTold = now, 0, false
	}
	h.Tokens += tokens
}

// spent is what the counted hour has used by now.
func (h *host) spent(now time.Time) int {
	if h.Hour.IsZero() || now.Sub(h.Hour) >= time.Hour || now.Before(h.Hour) {
		return 0
	}
	return h.Tokens
}
