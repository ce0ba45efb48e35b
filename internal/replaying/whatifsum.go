package replaying

import (
	"context"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/price"
)

// add counts one call.
func (w *WhatIf) add(o *MailboxOptions, b *box, was, would *compose.Replayed, over bool) {
	b.arrive(&was.Was)
	r := &was.Was
	missed, tokens, before, after := 0, 0, Recall{}, Recall{}
	if b.next != nil {
		cut := func(quire.UID) bool { return false }
		before, after = b.memory.recall(b.next.Parts, was.Plan, cut), b.memory.recall(b.next.Parts, would.Plan, cut)
		missed, tokens = b.memory.gone(b.next.Parts, was.Plan, would.Plan)
	}
	if r.Time.Before(w.From) {
		return
	}
	then, now := o.Was.Aim(was.Setup), o.Would.Aim(would.Setup)
	u := b.usage(r)
	reported := w.Reported.pay(u, then.Tariff)
	as := func(a *Aim, bill price.Bill) quire.Usage { return usageOf(bill, u, r.Used, a) }
	w.Was.pay(as(&then, r.Bill), then.Tariff)
	cost := w.Would.pay(as(&now, would.Plan.Bill), now.Tariff)
	w.Was.plan(r.Decisions, r.Refaults, r.Bill, before)
	w.Would.plan(would.Plan.Decisions(), would.Plan.Refaults, would.Plan.Bill, after)
	if over {
		w.Would.Over++
	}
	c := WhatIfCall{Call: r.Call, Time: r.Time, Model: was.Setup.Model, Failed: len(r.Failed), Was: r.Bill, Would: would.Plan.Bill,
		Paid: reported, Cost: cost, Missed: missed}
	if missed > 0 { // a call more: it reads what stands, says what it wants, and that is written
		bill := price.Bill{Read: would.Plan.Used, Write: tokens}
		u.Output = pullOutput
		w.Pulls.pay(as(&now, bill), now.Tariff)
	}
	w.compare(&c, was, would)
	w.fail(o, was, would)
	w.Calls = append(w.Calls, c)
}

// pullOutput is what a call says that pulls a message back, in tokens.
const pullOutput = 40

// compare says what became of a call.
func (w *WhatIf) compare(c *WhatIfCall, was, would *compose.Replayed) {
	for _, d := range would.Plan.Decisions() {
		if d.Left > 0 {
			c.Left++
		}
	}
	r, got, next := &was.Was, was.Plan.Receipt(), would.Plan.Receipt()
	w.WasBy, w.WouldBy = rulesOf(r), rulesOf(&next)
	if by := rulesOf(&got); by != w.WasBy {
		w.problem(fmt.Sprintf("%s: these can't be named here, and %s stand for them", w.WasBy, by))
	}
	if c.Known = r.Prompt != 0; c.Known {
		w.Known++
		c.Bytes = got.Prompt != r.Prompt
		if c.Same = got.Prompt == r.Prompt && was.Plan.Bill == r.Bill; c.Same {
			w.Same++
		}
	}
	if c.Missed > 0 {
		w.Missed += c.Missed
		w.MissedIn++
	}
	w.Models[c.Model]++
}

func rulesOf(r *compose.Receipt) string {
	return fmt.Sprintf("policy %s, schedule %s", r.Policy, r.Schedule)
}

func (w *WhatIf) problem(s string) {
	if !slices.Contains(w.Problems, s) {
		w.Problems = append(w.Problems, s)
	}
}

// arrive notes what came for a call, and what is known before it is answered.
func (b *box) arrive(r *compose.Receipt) {
	for _, uid := range r.Arrived {
		if it, ok := b.item(uid); ok {
			b.seen = append(b.seen, it)
		}
	}
	b.memory.learn(b.seen)
}

// fail counts the calls before one that brought no reply.
func (w *WhatIf) fail(o *MailboxOptions, was, would *compose.Replayed) {
	for i := range was.Was.Failed {
		f := &was.Was.Failed[i]
		w.Failed.Calls++
		w.Failed.Tries += max(1, f.Tries)
		w.Failed.Why[f.Why]++
		then, now := o.Was.Aim(*f.Setup), o.Would.Aim(*f.Setup)
		w.Failed.Was.pay(usageOf(f.Bill, quire.Usage{}, f.Used, &then), then.Tariff)
		if i < len(would.Failed) && would.Failed[i] != nil {
			w.Failed.Would.pay(usageOf(would.Failed[i].Bill, quire.Usage{}, f.Used, &now), now.Tariff)
		}
	}
}

// usageOf is a predicted bill as a provider would report it: its tokens are to ours as
// they were in the report of that call, and the output is that of the call.
func usageOf(b price.Bill, reported quire.Usage, used int, a *Aim) quire.Usage {
	ratio := 1.0
	if reported.Input > 0 && used > 0 {
		ratio = float64(reported.Input) / float64(used)
	}
	of := func(n int) int { return int(float64(n)*ratio + 0.5) }
	u := quire.Usage{Input: of(b.Input()), CachedInput: of(b.Read), CacheWrite: of(b.Write), Output: reported.Output, Reasoning: reported.Reasoning}
	if u.CacheWriteLong = of(writtenLong(b, &a.Price)); a.Long {
		u.CacheWriteLong = u.CacheWrite
	}
	return u
}

// writtenLong is how much of what a bill writes was for the longer life: what it costs
// above the price of the shorter one says so.
func writtenLong(b price.Bill, c *price.CostModel) int {
	above := b.Cost - c.Cost(b.Read, b.Write, b.Uncached)
	if c.LongWrite <= c.Write || len(c.Steps) > 0 {
		return 0
	}
	return min(max(int(above/(c.LongWrite-c.Write)+0.5), 0), b.Write)
}

// pay adds a call by its usage.
func (s *Side) pay(u quire.Usage, t price.Tariff) price.Money {
	s.Calls++
	s.Input += u.Input
	s.Read += u.CachedInput
	s.Written += u.CacheWrite
	s.Output += u.Output
	m, known := t.Cost(u)
	if !known {
		s.Unknown++
	}
	s.Money = s.Money.Plus(m)
	return m
}

// plan adds what a plan decided.
func (s *Side) plan(decisions []compose.Decision, again []compose.Refault, bill price.Bill, recall Recall) {
	s.Units += bill.Cost
	s.Again += len(again)
	s.Recall.add(recall)
	for _, d := range decisions {
		if d.Left > 0 {
			s.Left++
			s.LeftSize += d.Left
		}
	}
}

// Then is what is known of how an agent's calls were configured: its last call's setup and
// receipt, and the model that an answer names where receipts do not.
type Then struct {
	Setup   compose.Setup
	Last    compose.Receipt
	Answers string
}

// Look reads what is known of an agent's calls.
func Look(ctx context.Context, store *mailbox.Store, agent quire.Address) (*Then, error) {
	b := &box{ctx: ctx, store: store, agent: agent, byUID: map[quire.UID]quire.Item{}, byID: map[quire.MessageID]quire.UID{}}
	if err := b.load(); err != nil {
		return nil, err
	}
	t := &Then{Last: b.receipts[len(b.receipts)-1]}
	for i, r := range slices.Backward(b.receipts) {
		if r.Setup != nil {
			t.Setup = *r.Setup
			break
		}
		if it := b.answer(i); it != nil && t.Answers == "" {
			for _, h := range it.Headers {
				if h.Name == "model" {
					t.Answers = h.Value
				}
			}
		}
	}
	return t, nil
}
