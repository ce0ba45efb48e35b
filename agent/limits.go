package agent

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire"
)

// Limits keep an agent from spinning. Zero values take the defaults named here;
// a negative value means no limit.
type Limits struct {
	Steps         int // model calls in one turn: 40
	Repeats       int // replies in a row that make exactly the same tool calls: 3
	Stalled       int // turns in a row that did not end normally: 3
	TokensPerHour int // input and output as reported, else as planned: no limit
	Retries       int // attempts after a rate limit or an unavailable server: 5
	Wake          int // messages that are delivered whole when a turn begins: 3
	Questions     int // open questions: 32

	// WakeShare and PullShare are the parts of the budget, in percent, that the
	// mail of one waking and the pulls of one step may take: 25 and 40.
	WakeShare int
	PullShare int

	Backoff time.Duration // before the first retry, doubled each time, when the provider names no time: a second
	Poll    time.Duration // between looks at a store that can't wait: a second
}

// filled returns the limits with the defaults in place.
func (l Limits) filled() Limits {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
		if *v < 0 {
			*v = 1 << 40
		}
	}
	def(&l.Steps, 40)
	def(&l.Repeats, 3)
	def(&l.Stalled, 3)
	def(&l.TokensPerHour, -1)
	def(&l.Retries, 5)
	def(&l.Wake, 3)
	def(&l.Questions, 32)
	def(&l.WakeShare, 25)
	def(&l.PullShare, 40)
	l.WakeShare, l.PullShare = min(l.WakeShare, 100), min(l.PullShare, 100)
	if l.Backoff <= 0 {
		l.Backoff = time.Second
	}
	if l.Poll <= 0 {
		l.Poll = time.Second
	}
	return l
}

// The limits that a LimitError names.
const (
	LimitSteps   = "steps"           // the turn made too many model calls
	LimitRepeats = "repeats"         // the same tool calls again and again
	LimitEmpty   = "empty reply"     // the model answered nothing
	LimitTokens  = "tokens per hour" // the hour's tokens are used up
)

// LimitError says that a limit ended or paused a turn.
type LimitError struct {
	Address quire.Address
	Limit   string // one of the Limit constants
	Max     int
	Until   time.Time // when to try again; zero: when something new arrives
}

// Error names the agent, the limit and what happens next.
func (e *LimitError) Error() string {
	s := fmt.Sprintf("agent %s: limit reached: %s", e.Address, e.Limit)
	if e.Max > 0 {
		s += fmt.Sprintf(" (%d)", e.Max)
	}
	if !e.Until.IsZero() {
		s += "; goes on at " + e.Until.UTC().Format(time.RFC3339)
	}
	return s
}
