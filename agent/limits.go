package agent

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

// Limits keep an agent from spinning. Zero values take the defaults named here;
// a negative value means no limit.
type Limits struct {
	Steps     int // model calls in one turn: 100
	Repeats   int // times that the same tool calls go round: "a a a", or "a b a b a b": 3
	Stalled   int // turns in a row that did not end normally: 3
	Retries   int // attempts after a rate limit or an unavailable server: 5
	Wake      int // messages that are delivered whole when a turn begins: 3
	Questions int // open questions: 32

	// Unattended is how often agents may hand work to each other, by replies or by new
	// mail, when no person began it: 20; four times as often when one did. Mail that came
	// further is put off, and Options.Owner asked whether it may go on; without an answer
	// in a day it is set aside. Without an owner it is put off for an hour, and then goes
	// on. A person's mail begins anew. Negative: for ever.
	Unattended int

	// WakeShare and PullShare are the parts of the budget, in percent, that the
	// mail of one waking and the pulls of one step may take: 25 and 40.
	WakeShare int
	PullShare int

	// What may be spent, in tokens (input and output as reported, else as counted) and
	// in money by the models' tariffs: in an hour, in a day, and on the thread of the
	// mail that began the turn; no limit. A call is made when all that it may take is
	// within each limit, so that none is passed. When one is not, the agent pauses and
	// asks Options.Owner: it goes on when the window ends, or when the owner allows as
	// much once more. A limit for a thread has no window.
	TokensPerHour   int
	TokensPerDay    int
	TokensPerThread int
	MoneyPerHour    price.Money
	MoneyPerDay     price.Money
	MoneyPerThread  price.Money

	// FallbackFor is how long a fallback is asked before the first model is tried
	// again: 10 minutes. FallbackWait is the longest delay that a rate limit may name
	// for it to be waited out while another model could be asked: a minute.
	FallbackFor  time.Duration
	FallbackWait time.Duration

	// CountWithin is how near to the budget, in percent of it, the bound of a prompt
	// must be for the provider to be asked to count it, where it can
	// ([providers.TokenCounter]): 2; negative: it is never asked. It is asked also where
	// only doubt about the count made something leave.
	CountWithin int

	// CallFor is how long a model call may take in all, ToolFor a call of a tool: 10
	// minutes each; negative: for ever. What does not end then is abandoned, also if it
	// does not heed its context: the call has failed as a server that is unavailable has,
	// the tool's outcome is unknown. StoreFor is how long a commit, or a look into the
	// store, may take: a minute.
	CallFor  time.Duration
	ToolFor  time.Duration
	StoreFor time.Duration

	// TellAfter is how long no model must have answered for Options.Owner to be told: 10
	// minutes; negative: never. He is told at once of a key that is not accepted, and once
	// more when a model answers again.
	TellAfter time.Duration

	// Before the first retry, when the provider names no time: a second. It doubles each
	// time, up to 5 minutes, less up to a quarter that differs from agent to agent. A time
	// that a provider names is waited, but never more than an hour.
	Backoff time.Duration
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
	def(&l.Steps, 100)
	def(&l.Repeats, 3)
	def(&l.Stalled, 3)
	def(&l.Retries, 5)
	def(&l.Wake, 3)
	if l.Unattended == 0 {
		l.Unattended = 20
	}
	l.Unattended = min(l.Unattended, 1<<30)
	def(&l.Questions, 32)
	def(&l.WakeShare, 25)
	def(&l.PullShare, 40)
	l.WakeShare, l.PullShare = min(l.WakeShare, 100), min(l.PullShare, 100)
	if l.Backoff <= 0 {
		l.Backoff = time.Second
	}
	if l.CountWithin == 0 {
		l.CountWithin = 2
	}
	if l.FallbackFor <= 0 {
		l.FallbackFor = 10 * time.Minute
	}
	if l.FallbackWait <= 0 {
		l.FallbackWait = time.Minute
	}
	return l.patient()
}

// noLimit stands for a time that has none.
const noLimit = 100 * 365 * 24 * time.Hour

// patient fills in how long what is waited for may take.
func (l Limits) patient() Limits {
	def := func(v *time.Duration, d, never time.Duration) {
		switch {
		case *v == 0:
			*v = d
		case *v < 0:
			*v = never
		}
	}
	def(&l.CallFor, 10*time.Minute, noLimit)
	def(&l.ToolFor, 10*time.Minute, noLimit)
	def(&l.StoreFor, time.Minute, noLimit)
	def(&l.TellAfter, 10*time.Minute, -1)
	return l
}

// The limits that a LimitError names.
const (
	limitSteps   = "steps"           // the turn made too many model calls
	limitRepeats = "repeats"         // the same tool calls round and round
	limitEmpty   = "empty reply"     // the model answered nothing
	limitCutOff  = "replies cut off" // replies in a row broke off, at the limit of the output say

	limitUnattended = "agents among themselves" // no person took part for too long

	// Another call might go past what may be spent.
	limitTokens       = "tokens per hour"
	limitTokensDay    = "tokens per day"
	limitTokensThread = "tokens per thread"
	limitMoney        = "money per hour"
	limitMoneyDay     = "money per day"
	limitMoneyThread  = "money per thread"
)

// inMoney says whether something may be spent in money only.
func (l *Limits) inMoney() bool {
	return l.MoneyPerHour > 0 || l.MoneyPerDay > 0 || l.MoneyPerThread > 0
}

// LimitError says that a limit ended or paused a turn.
type LimitError struct {
	Address quire.Address
	// Limit is which one: "steps" (the turn made too many model calls), "repeats" (the same
	// tool calls round and round), "empty reply", "replies cut off" (in a row), "agents
	// among themselves" (no person took part for too long), and, when another call might
	// go past what may be spent, "tokens per hour", "tokens per day", "tokens per thread",
	// "money per hour", "money per day" or "money per thread".
	Limit   string
	Max     int
	Money   price.Money // of a limit in money
	Until   time.Time   // when to try again; zero: when something new arrives
	Refused string      // why the last pull of the turn was refused, with the sizes; "": none was

	// Paused: the turn is not ended. Spent is what was spent already, Next what the
	// next call may take.
	Paused      bool
	Spent, Next Spent
}

// Error names the agent, the limit and what happens next.
func (e *LimitError) Error() string {
	s := fmt.Sprintf("agent %s: %s", e.Address, e.reason())
	if !e.Until.IsZero() {
		s += "; goes on at " + e.Until.UTC().Format(time.RFC3339)
	}
	return s
}

// reason names the limit, and what the last pull lacked.
func (e *LimitError) reason() string {
	s := "limit reached: " + e.Limit
	switch {
	case e.Money > 0:
		s += fmt.Sprintf(" (%s): %s spent, and the next call may cost %s", e.Money, e.Spent.Money, e.Next.Money)
		if e.Spent.Unknown > 0 {
			s += fmt.Sprintf("; what %d calls cost is not known", e.Spent.Unknown)
		}
	case e.Paused:
		s += fmt.Sprintf(" (%d): %d spent, and the next call may take %d", e.Max, e.Spent.Tokens, e.Next.Tokens)
	case e.Max > 0:
		s += fmt.Sprintf(" (%d)", e.Max)
	}
	if e.Refused != "" {
		s += "; its last pull was refused: " + e.Refused
	}
	return s
}
