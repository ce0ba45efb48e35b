package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/langchainmodel"
)

// everybody lists the mailboxes.
var everybody = []quire.Address{"ada", "ben", person}

// world is the mailbox file with those who live on it.
type world struct {
	o      options
	store  *mailbox.Store
	agents []*agent.Agent
	mia    *mia
	now    func() time.Time
	out    io.Writer
	shows  map[quire.Address]*show
	checks checker
	stats  stats
	last   map[quire.Address]*compose.Plan
}

// open opens the file and sets everybody up.
func open(ctx context.Context, o options, out io.Writer) (*world, error) {
	two, info, err := openModels(o)
	if err != nil {
		return nil, err
	}
	if o.fresh {
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(o.db + end); err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, err
			}
		}
	}
	store, err := sqlitestore.Open(ctx, o.db, nil)
	if err != nil {
		return nil, err
	}
	w := &world{o: o, store: store.Store, out: out, now: time.Now, shows: map[quire.Address]*show{}, last: map[quire.Address]*compose.Plan{}}
	if o.clock == "logical" {
		w.now = logicalClock(ctx, store.Store, everybody)
	}
	w.mia = &mia{store: store.Store, now: w.now, answers: o.person == "on"}
	for i, addr := range everybody[:2] {
		a, err := w.agent(addr, two[i], info, i == 0)
		if err != nil {
			return nil, errors.Join(err, store.Close())
		}
		w.agents = append(w.agents, a)
	}
	return w, nil
}

// models returns ada's and ben's.
func openModels(o options) (two [2]providers.Model, info models.Profile, err error) {
	if o.model == "" {
		info = models.Profile{Name: "scripted", Dialect: models.Dialect{Name: "scripted", API: quire.APIAnthropic, LoopEvict: models.LoopResults, NoticeInLoop: true, Marks: 4}}
		return [2]providers.Model{script{"scripted", ada}, script{"scripted", ben}}, info, nil
	}
	m, err := langchainmodel.Open(o.model, &langchainmodel.OpenOptions{BaseURL: o.baseURL})
	if err != nil {
		return two, info, err
	}
	return [2]providers.Model{m, m}, m.Profile(), nil
}

// agent makes one agent.
func (w *world) agent(addr quire.Address, model providers.Model, info models.Profile, builds bool) (*agent.Agent, error) {
	s := &show{w: w.out}
	if w.o.quiet {
		s.w = io.Discard
	}
	w.shows[addr] = s
	info.Cache = w.o.cost()
	o := agent.Options{
		Profile: info,
		System:  benSystem, Budget: w.o.budget, Owner: person,
		// One message at a time: the rest is announced by the notice.
		Limits: agent.Limits{Wake: 1}, Urgent: 30 * time.Second, Now: w.now,
		OnPlan: func(p *compose.Plan) {
			w.last[addr] = p
			if w.o.check {
				w.checks.prompt(addr, p)
			}
		},
		OnStep: func(i agent.StepInfo) {
			w.stats.step(i)
			if !w.o.quiet {
				s.step(i)
			}
		},
	}
	if builds {
		o.System = adaSystem
		o.Tools = []agent.Tool{buildTool()}
	}
	return agent.New(w.store.Box(addr), model, &o)
}

// cost is what the prices in the blocks are reckoned with: the model's own where
// they are known, else what is usual, for a cache without a shortest prefix. On an engine
// of one's own the two agents share a slot.
func (o *options) cost() price.CostModel {
	provider, name, named := strings.Cut(o.model, ":")
	if provider == "ollama" {
		name = "ollama/" + name
	}
	p, known := models.Find(name)
	if !known && o.baseURL != "" {
		p, known = models.Find("llama.cpp")
	}
	c := p.Cache
	switch {
	case named && known && c.InTime:
		c.Sharers = len(everybody) - 1
		return c
	case named && known:
		return c
	}
	return price.CostModel{Name: "usual", Read: 0.1, Write: 1.25, Uncached: 1, Output: 5, Exact: true, Marks: 4, Lookback: 20}
}

// live takes turns until there were enough or ctx ends. Who is next follows from
// the file alone.
func (w *world) live(ctx context.Context) error {
	if !w.o.quiet {
		io.WriteString(w.out, legend)
	}
	w.stats.begin(w.o.db)
	for turns := 0; w.o.turns == 0 || turns < w.o.turns; {
		if enough, err := w.enough(ctx); err != nil || enough {
			return err
		}
		took, err := w.next(ctx)
		if err != nil {
			return err
		}
		if took {
			turns++
			if err := w.stats.turn(turns); err != nil {
				return err
			}
		}
	}
	return nil
}

// enough says whether the file holds the turns that -until asks for.
func (w *world) enough(ctx context.Context) (bool, error) {
	if w.o.until == 0 {
		return false, nil
	}
	sum := 0
	for _, a := range w.agents {
		s, err := a.Status(ctx)
		if err != nil {
			return false, err
		}
		sum += int(s.Turns)
		if s.Open || s.Interrupted > 0 {
			return false, nil
		}
	}
	return sum >= w.o.until, nil
}

// next lets one of them act; took says whether that was a turn of an agent. An
// agent that was cut off goes first, then whoever has mail; when nobody has,
// mia hands out another job.
func (w *world) next(ctx context.Context) (took bool, err error) {
	for _, a := range w.agents {
		s, err := a.Status(ctx)
		if err != nil {
			return false, err
		}
		if s.Open || s.Interrupted > 0 {
			return w.turn(ctx, a)
		}
	}
	for _, a := range w.agents {
		if took, err := w.turn(ctx, a); took || err != nil {
			return took, err
		}
	}
	if acted, err := w.mia.read(ctx); acted || err != nil {
		return false, err
	}
	return false, w.mia.hand(ctx)
}

// turn takes one turn of an agent. A limit ends the turn and not the program. A prompt
// that can't be made to fit ends the program: the next one would not fit either.
func (w *world) turn(ctx context.Context, a *agent.Agent) (took bool, err error) {
	t, err := a.Turn(ctx)
	var limit *agent.LimitError
	var budget *compose.BudgetError
	if errors.As(err, &budget) {
		return false, fmt.Errorf("-budget %d is too small for %s, and stays so: run it again with -budget %d: %w",
			w.o.budget, everybody[slices.Index(w.agents, a)], roomFor(budget.Need), err)
	}
	if errors.As(err, &limit) && limit.Until.IsZero() {
		fmt.Fprintf(w.out, "%v\n\n", err)
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return !t.Idle, w.checks.err
}

// roomFor is a budget in which what needs so many tokens stands with room beside it.
func roomFor(need int) int { return (need*3/2 + 99) / 100 * 100 }
