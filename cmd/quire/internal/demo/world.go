package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/models"
)

// Person is whose questions are left to whoever looks at the demo.
const Person quire.Address = "mia"

// World is a store with those who live in it.
type World struct {
	Store  *mailbox.Store
	clock  *clock
	models map[quire.Address]*script
	turn   int // of people: what they do next
}

// role is an agent, as it is made.
type role struct {
	addr    quire.Address
	system  string
	model   string
	budget  int
	decide  func(*sight) []quire.Part
	tools   []agent.Tool
	limits  agent.Limits
	forgets int
	down    func(time.Time) bool
}

func roles(end time.Time) []role {
	return []role{
		{addr: "ada", system: adaSystem, model: "claude-sonnet-5", budget: 7000, decide: ada, forgets: 41,
			tools: []agent.Tool{tool("run_tests", "Build a job and run its tests; returns the log.", "job", testLog)}},
		{addr: "ben", system: benSystem, model: "claude-sonnet-5", budget: 6000, decide: ben},
		{addr: "kim", system: kimSystem, model: "claude-sonnet-5", budget: 5000, decide: kim, limits: agent.Limits{Wake: 1},
			tools: []agent.Tool{tool("look_up_order", "Look up an order of the shop.", "order", order)}},
		{addr: "dot", system: dotSystem, model: "claude-haiku-4-5", budget: 4000, decide: dot,
			tools: []agent.Tool{tool("check_feed", "Read the supplier's feed.", "since", func(int) string { return "no entry" })}},
		{addr: "eva", system: evaSystem, model: "claude-haiku-4-5", budget: 4000, decide: eva,
			down: func(now time.Time) bool { return now.After(end.Add(-25 * time.Minute)) }},
	}
}

// history is how long the company has lived when it is first seen.
const history = 32 * time.Hour

// New makes a company, with all that happened to it before end.
func New(ctx context.Context, end time.Time) (*World, error) {
	w := &World{clock: &clock{past: end.Add(-history)}, models: map[quire.Address]*script{}}
	w.Store = memstore.New(&mailbox.Options{Clock: w.clock.now})
	agents, err := w.agents(end, false)
	if err == nil {
		err = w.past(ctx, agents, end)
	}
	if err != nil {
		return nil, errors.Join(err, w.Store.Close())
	}
	w.clock.goLive()
	return w, nil
}

// agents makes them. Their models stay what they are.
func (w *World) agents(end time.Time, live bool) (map[quire.Address]*agent.Agent, error) {
	out := map[quire.Address]*agent.Agent{}
	for _, r := range roles(end) {
		profile, known := models.Find(r.model)
		if !known {
			return nil, fmt.Errorf("demo: the catalogue has no %s", r.model)
		}
		m := w.models[r.addr]
		if m == nil {
			m = &script{decide: r.decide, profile: profile, clock: w.clock, forgets: r.forgets, down: r.down}
			w.models[r.addr] = m
		}
		o := agent.Options{Profile: profile, System: r.system, Tools: r.tools, Budget: r.budget, Owner: Person, Limits: r.limits, Now: w.clock.now,
			Streaming: agent.Streaming{On: live}, Log: slog.New(slog.DiscardHandler)}
		if !live {
			o.Sleep = func(_ context.Context, d time.Duration) error { w.clock.tick(d); return nil }
		}
		a, err := agent.New(w.Store.Box(r.addr), m, &o)
		if err != nil {
			return nil, err
		}
		out[r.addr] = a
	}
	return out, nil
}

// Live lets the company go on by the clock of the wall, until ctx ends: it returns when all
// of it has stopped.
func (w *World) Live(ctx context.Context) error {
	agents, err := w.agents(time.Now(), true)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	failed := make(chan error, len(agents)+1)
	run := func(who string, f func(context.Context) error) {
		all.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("demo: %s: %w", who, err)
				cancel()
			}
		})
	}
	for addr, a := range agents {
		run(string(addr), a.Run)
	}
	run("people", w.people)
	all.Wait()
	close(failed)
	for err := range failed {
		return err
	}
	return ctx.Err()
}
