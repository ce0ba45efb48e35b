package look

import (
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
)

// How an agent stands.
const (
	Parked  = "parked"  // it gave up until new mail comes
	Ill     = "ill"     // its model can't be reached
	Paused  = "paused"  // it is at a limit
	Waiting = "waiting" // for answers
	Awake   = "awake"   // a turn is under way, or mail waits for it
	Asleep  = "asleep"  // there is nothing to do
)

// Stands says in a word how an agent stands: the most urgent of it.
func Stands(s *agent.Status, b *mailbox.Mailbox) string {
	switch {
	case !s.Health.OK:
		return Ill
	case s.Paused != "":
		return Paused
	case s.Parked != "":
		return Parked
	case s.Open || b.Pending > 0:
		return Awake
	case s.Questions > 0:
		return Waiting
	}
	return Asleep
}
