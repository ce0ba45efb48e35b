package strategy

import (
	"context"
	"fmt"

	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/replaying"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
)

// Case is one life under one setting, with what all strategies share.
type Case struct {
	Life    *trace.Life
	Setting Setting
	Sizes   *trace.Sizes
	Deaths  []int // of the trace
	// Shown: an excerpt in a simple composer's prompt has what it shows, as in one of
	// quire's. Otherwise it is taken for the whole message.
	Shown bool
	// Check reads each request of the composer against the provider's rules.
	Check bool
	// Progress is called before each call.
	Progress func(call, of int)
}

// composed runs quire's composer with the setting's policy and a schedule.
func composed(ctx context.Context, c *Case, schedule policy.Schedule, reprice func(*compose.Plan) price.Bill) (*Outcome, error) {
	return composedBy(ctx, c, policyFor(c.Setting.Deaths, c.Deaths), schedule, reprice)
}

// composedBy runs quire's composer with a policy and a schedule, whatever the setting
// says of deaths.
func composedBy(ctx context.Context, c *Case, pol policy.Policy, schedule policy.Schedule, reprice func(*compose.Plan) price.Bill) (*Outcome, error) {
	framing := models.FindOver(c.Setting.Rule.API, "").Framing
	p := planner{l: c.Life, s: &c.Setting, budget: c.Setting.Budget, c: compose.New(&compose.Options{
		Counter: c.Life.Counter, Framing: framing, Policy: pol, Schedule: schedule})}
	out := &Outcome{}
	needed, pulls := newNeeded(c), newPulls(c)
	for t := range c.Life.Calls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.Progress(t, len(c.Life.Calls))
		plan, err := p.plan(t)
		if err != nil {
			return nil, err
		}
		bill := plan.Bill
		if reprice != nil {
			bill = reprice(plan)
		}
		out.bill(bill, c.Setting.Budget)
		for _, s := range plan.Problems {
			out.problem(fmt.Sprintf("%s, call %d: %s", c.Life.ID, t+1, s))
		}
		out.Live += int64(needed.at(t))
		out.Missing += int64(needed.live - present(c, plan, t))
		stands := planned(plan)
		recalled(c, t, stands, out)
		pulls.charge(out, t, plan.CutReason != "", bill.Input(), stands)
		if c.Check && c.Life.Real {
			for _, v := range replaying.Check(c.Setting.Rule.API, &plan.Prompt) {
				out.Violations++
				out.problem(fmt.Sprintf("%s, call %d: %s", c.Life.ID, t+1, v))
			}
		}
	}
	return out, nil
}

// present is how much of what is needed stands in a prompt.
func present(c *Case, plan *compose.Plan, t int) int {
	n := 0
	for _, s := range plan.Next.Items() {
		if s.Fate != compose.FateStub && s.Fate != compose.FateOut && c.Deaths[s.UID-1] > t {
			n += min(s.Tokens, c.Sizes.Tokens[s.UID-1])
		}
	}
	return n
}

// needed sums up what is needed, call by call.
type needed struct {
	c    *Case
	ends [][]int // by call: items that die then
	next int
	live int
}

func newNeeded(c *Case) *needed {
	n := &needed{c: c, ends: make([][]int, len(c.Life.Calls)+1)}
	for i, d := range c.Deaths {
		n.ends[d] = append(n.ends[d], i)
	}
	return n
}

// at returns the tokens that call t needs. Calls are asked for in order.
func (n *needed) at(t int) int {
	for ; n.next < n.c.Life.Calls[t].Upto; n.next++ {
		n.live += n.c.Sizes.Tokens[n.next]
	}
	for _, i := range n.ends[t] {
		n.live -= n.c.Sizes.Tokens[i]
	}
	return n.live
}
