package agent

import (
	"context"
	"time"
)

// Status is how an agent stands between two steps.
type Status struct {
	Turns       uint64    // that have begun so far
	Calls       uint64    // model calls that were committed so far
	Open        bool      // a turn is under way
	Interrupted int       // tool calls of a step that was cut off; the next Step finishes them
	Parked      string    // why the agent waits for new mail only; "" when it does not
	Questions   int       // of this agent that are open
	Due         time.Time // the earliest deadline among them; zero: none
}

// Status reads how the agent stands. It changes nothing.
func (a *Agent) Status(ctx context.Context) (Status, error) {
	m, err := a.look(ctx)
	if err != nil {
		return Status{}, err
	}
	return Status{Turns: m.host.Turns, Calls: m.state.Call, Open: m.host.Open, Interrupted: len(m.snap.Journal),
		Parked: m.host.Why, Questions: len(m.host.open()), Due: m.host.nextDue()}, nil
}
