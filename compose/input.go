package compose

import (
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// Input is everything that one plan depends on. Plan reads no clock and does no
// I/O: the same Input gives the same bytes.
type Input struct {
	State State
	Now   time.Time

	// Arrived enters the log at its end, in this order: the owner's own turns
	// and results since the last plan, and the mail that is to be shown whole.
	Arrived []quire.Item
	// Changed are resident deliveries whose flags changed since the last plan.
	Changed []quire.Delivery
	// Offered is what a recall found, best first. It enters while there is room
	// without anything leaving for it.
	Offered []quire.Item
	// Body returns a message that is resident or referred to; false when it is
	// gone. It must not block: load what [State.Needs] names beforehand.
	Body func(quire.MessageID) (quire.Item, bool)

	// Model is what is known of the model that is asked: its dialect, its window, how its
	// cache works. The zero Cache costs nothing.
	Model  models.Profile
	System string
	Tools  []quire.Tool
	// Head is pinned by configuration: it stands before the log and never
	// leaves. Changing it starts the provider's cache anew.
	Head   []quire.Item
	Notice *quire.Notice

	// CacheKey becomes [quire.Prompt] CacheKey: the same for all calls of one conversation,
	// and another for each other one.
	CacheKey string

	// Budget is the most tokens that the request's input may take: system,
	// tools, messages and notice. 0 takes [models.Profile.Room].
	Budget int
	// Next is when the next turn begins at the latest, as far as is known, should one end
	// with this call: an alarm, a deadline. Zero: nobody knows. It says, beside
	// the waits of earlier calls, how long the provider is to keep what is sent.
	Next time.Time
	// ByEstimate holds the budget by what the provider will likely count, and not by
	// the bound of that: for a plan that it is asked to count before it is sent.
	ByEstimate bool

	// Scratch keeps rendered messages from plan to plan. It changes nothing but
	// the time taken; nil is fine.
	Scratch *Scratch

	again  *intake // of the receipt that is replayed
	stands *Setup  // what stood before the log then, where that is not at hand
	plain  *plain  // of a session; nil: a mailbox's messages, with handles and fences
}

// budget resolves the zero Budget.
func (in *Input) budget() int {
	if in.Budget > 0 {
		return in.Budget
	}
	return in.Model.Room()
}
