package mailbox

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/quire-dev/quire"
)

// checked is a copy of s as stores keep it, in which Holds has each UID once.
func (s *AgentState) checked() (*AgentState, error) {
	if len(s.Seen) > maxID || !storable(string(s.Seen)) {
		return nil, invalid("%.40q is no state of a mailbox that an agent has seen", s.Seen)
	}
	c := *s
	c.State, c.Holds = bytes.Clone(s.State), make([]quire.UID, 0, len(s.Holds))
	known := make(map[quire.UID]bool, len(s.Holds)+1)
	known[0] = true
	for _, uid := range s.Holds {
		if !known[uid] {
			known[uid] = true
			c.Holds = append(c.Holds, uid)
		}
	}
	return &c, nil
}

func (s *AgentState) clone() AgentState {
	c := *s
	c.State, c.Holds = bytes.Clone(s.State), slices.Clone(s.Holds)
	return c
}

// digest is of all but State.
func (s *AgentState) digest() quire.Digest {
	b := strconv.AppendQuote(strconv.AppendUint(nil, uint64(s.Through), 10), string(s.Seen))
	for _, uid := range s.Holds {
		b = strconv.AppendUint(append(b, ','), uint64(uid), 10)
	}
	return quire.DigestOf(b)
}
