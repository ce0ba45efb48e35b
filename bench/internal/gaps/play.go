package gaps

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/sent"
	"github.com/quire-dev/quire/internal/waits"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// The model that lives are composed for.
const (
	model     = "claude-opus-5"
	maxOutput = 4096 // tokens; requests of this format insist on a figure
)

// strategy is a way to choose lives.
type strategy struct {
	name string
	cost func(c price.CostModel) price.CostModel
	told bool // of alarms
	sees bool // the true gap to the next call
}

// The strategies that others are compared with.
const (
	fiveMinutes = "fixed 5m"
	anHour      = "fixed 1h"
	chosen      = "chosen"
	untold      = "chosen, untold"
	cautious    = "cautious"
	clairvoyant = "clairvoyant"
)

func strategies() []strategy {
	both := func(c price.CostModel) price.CostModel { return c }
	return []strategy{
		{name: fiveMinutes, cost: func(c price.CostModel) price.CostModel {
			c.LongTTL, c.LongWrite = 0, 0
			return c
		}},
		{name: anHour, cost: func(c price.CostModel) price.CostModel {
			c.TTL, c.Write = c.LongTTL, c.LongWrite
			c.LongTTL, c.LongWrite = 0, 0
			return c
		}},
		{name: chosen, cost: both, told: true},
		{name: untold, cost: both},
		{name: cautious, told: true, cost: func(c price.CostModel) price.CostModel {
			c.Layered = true
			return c
		}},
		{name: clairvoyant, cost: both, sees: true},
	}
}

// The caches that a life is played on.
const (
	alone   = iota // an entry lasts for as long as it was written for
	layered        // and no longer than what was read when it was written
)

// outcome is what a strategy made of a life.
type outcome struct {
	calls   int
	cost    [2]float64 // units of an uncached input token, by cache
	written int        // tokens
	long    int        // of them, for an hour
	cold    int        // calls that read nothing, or less than half of what could stand
	wrong   int        // bills that are not what the cache did
}

// player plays one life.
type player struct {
	l        *life
	s        *strategy
	cost     price.CostModel
	dialect  models.Dialect
	composer *compose.Composer
	state    compose.State
	memo     compose.Scratch
	caches   [2]*emulate.Cache
	out      outcome
}

func play(ctx context.Context, l *life, s *strategy) (*outcome, error) {
	profile := models.FindOver(quire.APIAnthropic, model)
	p := player{l: l, s: s, cost: s.cost(profile.Cache), dialect: profile.Dialect,
		composer: compose.New(&compose.Options{Counter: l.Counter, Framing: profile.Framing})}
	rules := emulate.For(profile.Cache)
	p.caches[alone] = emulate.New(rules)
	rules.Unstated.Layered = true
	p.caches[layered] = emulate.New(rules)
	for t := range l.Calls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := p.call(t); err != nil {
			return nil, fmt.Errorf("%s, call %d: %w", l.name, t+1, err)
		}
	}
	return &p.out, nil
}

func (p *player) call(t int) error {
	in := compose.Input{State: p.state, Now: p.l.Calls[t].At, Arrived: p.l.Arrived(t), Body: p.l.Body,
		Model:  models.Profile{Name: model, Dialect: p.dialect, Cache: p.cost, MaxOutput: maxOutput},
		System: p.l.System, Tools: p.l.Tools, Budget: p.l.budget, Scratch: &p.memo}
	if p.s.told && p.l.next != nil {
		in.Next = p.l.next[t]
	}
	if p.s.sees {
		var err error
		if in.State, err = knowing(&p.state, p.foresee(t)); err != nil {
			return err
		}
	}
	plan, err := p.composer.Plan(in)
	var over *compose.BudgetError
	if err != nil && (!errors.As(err, &over) || plan == nil) {
		return err
	}
	p.state = plan.Next
	return p.bill(plan, in.Now)
}

// knowing is a state that knows so much of waits. States don't let themselves be told: it
// is written into what is stored of one, behind what stands in the context.
func knowing(s *compose.State, g waits.Gaps) (st compose.State, err error) {
	b, err := s.MarshalBinary()
	if err != nil {
		return st, err
	}
	n, size := binary.Uvarint(b[1:])
	set := b[:1+size+int(n)]
	var rest map[string]json.RawMessage
	if err := json.Unmarshal(b[len(set):], &rest); err != nil {
		return st, err
	}
	if rest["gaps"], err = json.Marshal(g); err != nil {
		return st, err
	}
	tail, err := json.Marshal(rest)
	if err != nil {
		return st, err
	}
	return st, st.UnmarshalBinary(append(set, tail...))
}

// foresee is the knowledge of somebody who knows when the next call comes, and nothing of
// those after it: waits are as long as that one, whatever ends.
func (p *player) foresee(t int) waits.Gaps {
	if t+1 == len(p.l.Calls) {
		return waits.Gaps{}
	}
	const sure = 1 << 20 // waits like it
	h := waitsOf(p.l.Calls[t+1].At.Sub(p.l.Calls[t].At), sure)
	return waits.Gaps{Within: h, After: h}
}

// waitsOf is the knowledge that all of so many waits were as long.
func waitsOf(d time.Duration, n int) waits.Waits {
	h := waits.Waits{}.Add(d)
	for i := range h {
		h[i] *= n
	}
	return h
}

// bill plays the request, and notes what it costs.
func (p *player) bill(plan *compose.Plan, at time.Time) error {
	r, err := sent.Request(quire.APIAnthropic, &plan.Prompt, counted(plan))
	if err != nil {
		return err
	}
	r.At = at
	for i, cache := range p.caches {
		out, err := cache.Send(r)
		if err != nil {
			return err
		}
		if i == alone && !p.cost.Layered && out.Bill != plan.Bill || i == layered && p.cost.Layered && out.Read < plan.Bill.Read {
			p.out.wrong++
		}
		p.out.cost[i] += out.Cost
		if i == alone {
			p.note(&out, plan)
		}
	}
	return nil
}

// note sums up what is no cost.
func (p *player) note(out *emulate.Outcome, plan *compose.Plan) {
	p.out.calls++
	p.out.written += out.Write
	p.out.long += out.Long
	if out.Read < plan.Used/2 {
		p.out.cold++
	}
}

// counted is what the pieces of a plan's prompt take, as the plan counted them.
func counted(plan *compose.Plan) sent.Tokens {
	n := sent.Tokens{Fixed: plan.Used, Messages: make([]int, len(plan.Prompt.Messages))}
	at, entry := -1, uint64(0)
	for _, s := range plan.Next.Items() {
		switch {
		case s.Role != quire.RoleTool:
			if at++; plan.Prompt.Messages[at].Role == quire.RoleTool { // of a group without results that are kept
				at++
			}
		case s.Seq != entry: // the results of a group are one message
			at, entry = at+1, s.Seq
		}
		n.Messages[at] += s.Tokens
	}
	for _, m := range n.Messages {
		n.Fixed -= m
	}
	return n
}
