package main

import (
	"context"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/price"
)

// shown is how many lines of the working set stand beside or below an answer.
const shown = 12

// spending is what calls took, by usage where it was reported.
type spending struct {
	turn, all price.Money
	unknown   bool // a call's price is not known
	calls     int  // of this turn
	usage     quire.Usage
	bill      price.Bill // as predicted
	reported  bool
}

func (s *spending) add(t price.Tariff, u quire.Usage, p *compose.Plan) {
	cost, known := t.Cost(u)
	s.turn, s.all = s.turn.Plus(cost), s.all.Plus(cost)
	s.unknown = s.unknown || !known
	s.calls++
	s.usage.Input += u.Input
	s.usage.CachedInput += u.CachedInput
	s.usage.CacheWrite += u.CacheWrite
	s.usage.Output += u.Output
	s.bill = s.bill.Add(p.Bill)
	s.reported = s.reported || u.CachedInput+u.CacheWrite > 0
}

// next begins another turn.
func (s *spending) next() { *s = spending{all: s.all} }

// lines say what a turn took.
func (s *spending) lines() []string {
	cache := fmt.Sprintf("cache     read %s, written %s (reported)", thousands(s.usage.CachedInput), thousands(s.usage.CacheWrite))
	if !s.reported {
		cache = fmt.Sprintf("cache     read %s, written %s (predicted)", thousands(s.bill.Read), thousands(s.bill.Write))
	}
	cost := fmt.Sprintf("cost      %s for %s, %s so far", s.turn, plural(s.calls, "call"), s.all)
	if s.unknown {
		cost = fmt.Sprintf("cost      not known; %s in, %s out in %s", plural(s.usage.Input, "token"), thousands(s.usage.Output), plural(s.calls, "call"))
	}
	return []string{cache, cost}
}

// beside is what stands in the prompt of a plan, as rows of the page.
func (c *chat) beside(p *compose.Plan) []string {
	width := c.page.right(c.term.width)
	rows := []string{fitted(fmt.Sprintf("context   %s of %s tokens %s %s kept", thousands(p.Used), thousands(p.Budget), bar(p.Used, p.Budget, 16), thousands(p.Kept)), width)}
	r := p.Receipt()
	table, err := c.setTable(context.Background(), p.Next.Items(), p.Next.Calls(), takesOf(&r, p.Next.Items()), width, shown)
	if err != nil {
		return append(rows, fitted(err.Error(), width))
	}
	return append(rows, table...)
}

// showAnswer shows, after an answer, what stood in the context for it and what it
// took; and the mail that came besides.
func (c *chat) showAnswer(ctx context.Context) error {
	if err := c.unread(ctx); err != nil {
		return err
	}
	if c.page.left == 0 && c.plan != nil {
		c.page.line("")
		c.page.rows = c.beside(c.plan)
	}
	c.page.rows = append(c.page.rows, c.spending.lines()...)
	c.page.flush()
	c.page.line("")
	c.spending.next()
	return nil
}
