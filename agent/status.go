package agent

import (
	"context"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// Status is how an agent stands between two steps.
type Status struct {
	Turns       uint64          // that have begun so far
	Calls       uint64          // model calls that were committed so far
	Open        bool            // a turn is under way
	Interrupted int             // tool calls of a step that was cut off; the next Step finishes them
	Parked      string          // why the agent waits for new mail only; "" when it does not
	Questions   int             // of this agent that are open
	Asked       []quire.Address // who was asked one of them, each once
	Due         time.Time       // the earliest deadline among them; zero: none

	Model    string // that is asked next
	Spending Spending
	Paused   string    // the limit that the agent waits for; "" when it does not
	Until    time.Time // when it goes on without an answer of the owner; zero: never

	Health    Health
	Abandoned int // calls of models and tools of this Agent that were given up and run still
}

// Spending is what an agent spent.
type Spending struct {
	Hour, Day Spent // in the windows that its limits go by, and that are not over
	Thread    Spent // on the thread that the open turn is about
	All       Spent // ever
}

// Status reads how the agent stands. It changes nothing.
func (a *Agent) Status(ctx context.Context) (Status, error) {
	m, err := a.look(ctx)
	if err != nil {
		return Status{}, err
	}
	s := m.status()
	s.Model, s.Abandoned = a.model().Profile.Name, int(a.left.Load())
	return s, nil
}

// StatusOf is [Agent.Status] for whoever has the store alone, at a time: the agent need not
// run, and may run elsewhere. Model is the one that was asked last, and Abandoned is 0, since
// only its process knows that. An address without an agent has made no calls.
func StatusOf(ctx context.Context, store *mailbox.Store, addr quire.Address, now time.Time) (Status, error) {
	m, err := momentOf(ctx, store, addr, now)
	if err != nil {
		return Status{}, err
	}
	s := m.status()
	s.Model = m.state.Model()
	return s, nil
}

// momentOf reads what is stored of an agent, for whoever has the store alone.
func momentOf(ctx context.Context, store *mailbox.Store, addr quire.Address, now time.Time) (*moment, error) {
	snap, err := store.Snapshot(ctx, addr)
	if err != nil {
		return nil, err
	}
	m := &moment{snap: snap, now: now}
	if err := m.state.UnmarshalBinary(snap.Agent.State); err != nil {
		return nil, err
	}
	m.host, err = decodeHost(m.state.Host)
	return m, err
}

// status is what is stored of how an agent stands.
func (m *moment) status() Status {
	h := &m.host
	h.roll(m.now)
	s := Status{Turns: h.Turns, Calls: m.state.Calls(), Open: h.Open, Interrupted: len(m.snap.Journal),
		Parked: h.Why, Questions: len(h.open()), Due: h.nextDue(), Health: h.health(),
		Spending: Spending{Hour: h.Hour.spent(), Day: h.Day.spent(), All: h.All.spent()}}
	for _, q := range h.open() {
		for _, to := range q.To {
			if !slices.Contains(s.Asked, to) {
				s.Asked = append(s.Asked, to)
			}
		}
	}
	if t := h.thread(h.Thread); t != nil {
		s.Spending.Thread = t.spent()
	}
	if h.paused(m.now) {
		s.Paused, s.Until = h.Ask.Limit, h.Ask.Until
	}
	return s
}
