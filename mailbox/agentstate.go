package mailbox

import (
	"bytes"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// checkedState is a copy of s as stores keep it, in which Holds has each UID once.
func checkedState(s *driver.AgentState) (*driver.AgentState, error) {
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

// digestOfState is of all but State.
func digestOfState(s *driver.AgentState) quire.Digest {
	b := strconv.AppendQuote(strconv.AppendUint(nil, uint64(s.Through), 10), string(s.Seen))
	for _, uid := range s.Holds {
		b = strconv.AppendUint(append(b, ','), uint64(uid), 10)
	}
	return quire.DigestOf(b)
}
