package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/models"
)

// actor is an agent, whatever process runs it.
type actor struct {
	i      int
	name   quire.Address
	answer bool // it talks: Options.Answer
	leased bool
}

func (w *world) actor(i int) *actor {
	return &actor{i: i, name: name(i), answer: i%3 == 0, leased: i%4 < 2}
}

// process is one of the processes that run an agent, one after the other.
type process struct {
	w      *world
	a      *actor
	holder string
	dice   *dice
	ctx    context.Context
	cancel context.CancelFunc
	dead   atomic.Bool
	waits  atomic.Int32
}

var errKilled = errors.New("killed")

// live runs an agent in process after process, for as long as it may.
func (w *world) live(a *actor, holder string, may func() bool) {
	chance := newDice(w.o.Seed, fmt.Sprint(a.name, holder))
	if holder != "one" {
		_ = pause(w.ctx, chance.between(time.Second, 10*time.Minute))
	}
	for n := 0; w.ctx.Err() == nil && may(); n++ {
		p := &process{w: w, a: a, holder: fmt.Sprint(holder, n), dice: newDice(w.o.Seed, fmt.Sprint(a.name, holder, n))}
		p.ctx, p.cancel = context.WithCancel(w.ctx)
		w.add(a.name, 1)
		err := p.run()
		w.add(a.name, -1)
		p.cancel()
		if w.ctx.Err() != nil {
			return
		}
		w.trace(a.name, "%s ends: %v", p.holder, err)
		w.ended(a, err)
		_ = pause(w.ctx, chance.between(time.Second, 2*time.Minute))
	}
}

func (w *world) add(addr quire.Address, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.up[addr] += n
}

// ended takes note of how a Run ended.
func (w *world) ended(a *actor, err error) {
	switch {
	case errors.Is(err, errKilled):
		w.count("killed")
	case errors.Is(err, agent.ErrShutdown):
		w.count("shut down")
	case errors.Is(err, agent.ErrShared):
		w.count("gave way to a rival")
	default:
		w.fault(&w.rep.Down, "%s: Run ended: %v", a.name, err)
	}
}

// run is the life of a process.
func (p *process) run() error {
	ag, err := p.agent()
	if err != nil {
		return err
	}
	over := make(chan struct{})
	err = errKilled
	go func() {
		defer close(over)
		e := ag.Run(p.ctx)
		if !p.dead.Load() {
			err = e
		}
	}()
	life := time.NewTimer(p.dice.between(5*time.Minute, time.Hour))
	defer life.Stop()
	select {
	case <-over:
		return err
	case <-life.C:
	}
	if !p.w.calm.Load() {
		c, cancel := context.WithTimeout(p.w.ctx, p.dice.between(time.Second, 2*time.Minute))
		defer cancel()
		_ = ag.Shutdown(c)
	}
	<-over
	return err
}

func (p *process) agent() (*agent.Agent, error) {
	store, err := p.w.store.Wrap(func(d driver.Driver) driver.Driver { return &unruly{d, p} })
	if err != nil {
		return nil, err
	}
	o := agent.Options{
		Composer: compose.New(nil), Owner: owner, Answer: p.a.answer,
		Profile: models.Profile{Name: "first", Window: 24_000, MaxOutput: 1000, Dialect: models.Dialect{API: quire.APIOpenAIChat, NoticeInLoop: true}},
		Tools:   p.tools(), OnError: p.survived,
	}
	if p.a.i%5 < 2 {
		info := o.Profile
		info.Name = "second"
		o.Fallbacks = []agent.Fallback{{Model: &mind{p: p, second: true}, Profile: info}}
		o.FallbackRefused = p.a.i%5 == 0
	}
	if p.a.leased {
		o.Lease = agent.Lease{Holder: p.holder, For: lease}
	}
	o.Streaming.On = p.a.i%3 == 1
	return agent.New(store.Box(p.a.name), &mind{p: p}, &o)
}

// survived hears of what the agent gets over.
func (p *process) survived(err error) {
	p.w.trace(p.a.name, "%s survives: %v", p.holder, err)
	if errors.Is(err, mailbox.ErrConflict) && !strings.Contains(err.Error(), "Options.Lease") || errors.Is(err, mailbox.ErrInvalid) {
		p.w.fault(&p.w.rep.Untrue, "%s: %v", p.a.name, err)
	}
}
