package work

import (
	"iter"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// Setting is what a life is lived under.
type Setting struct {
	Budget int // tokens of a request's input
	Recall bool
	// Keep: nothing ever leaves, whatever the policy thinks of it. Budget is Unlimited.
	Keep bool
	// Careful readers make no mistakes of their own.
	Careful bool
	// API is the format of the requests: OpenAI's chat, or Anthropic's.
	API quire.API
}

// Unlimited is the budget of a context that never fills up.
const Unlimited = 1 << 40

// info is the model that the requests are made for.
func (s *Setting) info() models.Profile {
	name := "gpt-5"
	if s.API == quire.APIAnthropic {
		name = "claude-opus-4-6"
	}
	return models.FindOver(s.API, name)
}

// Outcome is what came of one life.
type Outcome struct {
	Answers map[string]string // the first one to each job, by its id
	Slipped map[string]bool   // jobs in which a mistake of the reader's own changed what it did
	Steps   int
	Tokens  int64
	Price   float64 // in uncached input tokens
	Fixed   int     // tokens of system prompt and tools, the most of any request
	Most    int     // tokens of the largest request
}

func newOutcome() *Outcome { return &Outcome{Answers: map[string]string{}, Slipped: map[string]bool{}} }

// clock is a time that goes on when it is told to.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

const (
	callTakes  = 5 * time.Second // a call of the model
	eventTakes = time.Minute     // between two events
)

// keepAll is the policy of a context that nothing leaves.
type keepAll struct{}

func (keepAll) Name() string { return "keep-all" }

// Victims implements [policy.Policy].
func (keepAll) Victims(*policy.View) iter.Seq[policy.Victim] {
	return func(func(policy.Victim) bool) {}
}
