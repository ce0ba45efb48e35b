package strategy

import (
	"context"
	"errors"
	"fmt"

	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// unlimited is the budget of a program that has none.
const unlimited = 1 << 40

// Measure finds what the items of a life take, as quire shows them: with their
// handles, and cut to an excerpt where one is too large for the budget.
func Measure(ctx context.Context, l *trace.Life, s *Setting) (*trace.Sizes, error) {
	n := len(l.Items)
	sizes := &trace.Sizes{Tokens: make([]int, n), Stub: make([]int, n), Whole: make([]int, n), Excerpts: map[int]string{}}
	if err := measure(ctx, l, s, s.Budget, func(row *compose.Standing, text func() string) {
		sizes.Tokens[row.UID-1], sizes.Stub[row.UID-1] = row.Tokens, row.Stub
		if row.Fate == compose.FateExcerpt {
			sizes.Excerpts[int(row.UID-1)] = text()
		}
	}, &sizes.Base); err != nil {
		return nil, err
	}
	err := measure(ctx, l, s, unlimited, func(row *compose.Standing, _ func() string) { sizes.Whole[row.UID-1] = row.Tokens }, &sizes.Base)
	return sizes, err
}

// keep is how many tokens of messages a measuring composer keeps: what they take
// does not depend on the others.
const keep = 20_000

// measure calls entered for each message as it enters the context, with what its group
// shows then.
func measure(ctx context.Context, l *trace.Life, s *Setting, budget int, entered func(row *compose.Standing, text func() string), base *int) error {
	framing := models.FindOver(s.Rule.API, "").Framing
	c := compose.New(&compose.Options{Counter: l.Counter, Framing: framing, Policy: policy.OldestFirst, Schedule: policy.Strict{},
		Limits: []compose.Limit{{Cap: keep}}})
	p := planner{l: l, s: s, c: c, budget: budget}
	for t := range l.Calls {
		if err := ctx.Err(); err != nil {
			return err
		}
		plan, err := p.plan(t)
		if err != nil {
			return err
		}
		used := 0
		for _, row := range plan.Next.Items() {
			used += row.Tokens
			if row.Fate != compose.FateOut && row.Fate != compose.FateStub && row.Entered == plan.Call {
				entered(&row, func() string { return promptText(&plan.Prompt, map[uint64]bool{row.Seq: true}) })
			}
		}
		*base = plan.Used - used
	}
	return nil
}

// planner makes the plans of a life, call by call, each as if it was sent.
type planner struct {
	l      *trace.Life
	s      *Setting
	c      *compose.Composer
	budget int
	state  compose.State
	memo   compose.Scratch
}

// plan makes the plan of a call. One that does not fit comes without an error:
// what it takes says so.
func (p *planner) plan(t int) (*compose.Plan, error) {
	plan, err := p.c.Plan(compose.Input{
		State: p.state, Now: p.l.Calls[t].At, Arrived: p.l.Arrived(t), Body: p.l.Body,
		Model:  models.Profile{Name: p.s.Rule.Model, Dialect: p.s.Rule.Row(), Cache: p.s.Rule.Cost, MaxOutput: maxOutput},
		System: p.l.System, Tools: p.l.Tools, Budget: p.budget, Scratch: &p.memo,
	})
	var over *compose.BudgetError
	if err != nil && (!errors.As(err, &over) || plan == nil) {
		return nil, fmt.Errorf("%s, call %d: %w", p.l.ID, t+1, err)
	}
	p.state = plan.Next
	return plan, nil
}

// Play composes the calls of a life with a composer, each as if it was sent, until see
// returns false.
func Play(ctx context.Context, l *trace.Life, s *Setting, c *compose.Composer, see func(*compose.Plan) bool) error {
	p := planner{l: l, s: s, c: c, budget: s.Budget}
	for t := range l.Calls {
		if err := ctx.Err(); err != nil {
			return err
		}
		plan, err := p.plan(t)
		if err != nil || !see(plan) {
			return err
		}
	}
	return nil
}

// maxOutput is what requests reserve for the answer, in tokens: some formats
// insist on a figure.
const maxOutput = 4096
