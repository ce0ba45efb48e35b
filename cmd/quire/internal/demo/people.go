package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// past lets the company live until end, as fast as it can.
func (w *World) past(ctx context.Context, agents map[quire.Address]*agent.Agent, end time.Time) error {
	if err := w.printer(ctx); err != nil {
		return err
	}
	for n := 0; w.clock.now().Before(end.Add(-2 * time.Minute)); n++ {
		if err := w.act(ctx); err != nil {
			return err
		}
		for range 4 { // mail goes to and fro
			for _, r := range roles(end) {
				if err := settle(ctx, agents[r.addr]); err != nil {
					return err
				}
			}
		}
		if n%3 != 2 && w.clock.now().Before(end.Add(-3*time.Hour)) {
			if err := w.decide(ctx); err != nil {
				return err
			}
		}
		left := end.Sub(w.clock.now()) - time.Minute
		gap := []time.Duration{4, 38, 3, 21, 95, 2, 12, 3, 55}[n%9] * time.Minute
		w.clock.tick(max(min(gap, left), time.Minute))
	}
	return w.busy(ctx, agents["ada"], agents["kim"])
}

// busy leaves one agent in the middle of a turn, and questions open.
func (w *World) busy(ctx context.Context, ada, kim *agent.Agent) error {
	for _, who := range []struct {
		agent *agent.Agent
		turn  func(n int) bool
	}{{kim, func(n int) bool { return n%12 == 2 }}, {ada, func(n int) bool { return n%15 == 0 }}} { // of these, each asks mia
		for !who.turn(w.turn) || w.turn%17 == 5 {
			w.turn++
		}
		if err := errors.Join(w.act(ctx), settle(ctx, who.agent)); err != nil {
			return err
		}
	}
	for w.turn%3 == 2 || w.turn%17 == 5 {
		w.turn++
	}
	if err := w.act(ctx); err != nil {
		return err
	}
	_, err := ada.Step(ctx)
	return err
}

// settle takes turns while there is something to do.
func settle(ctx context.Context, a *agent.Agent) error {
	for range 6 {
		t, err := a.Turn(ctx)
		var limit *agent.LimitError
		var failure *providers.Error
		switch {
		case errors.As(err, &limit), errors.As(err, &failure):
			return nil // as it shall be seen
		case err != nil:
			return err
		case t.Idle:
			return nil
		}
	}
	return nil
}

// people write mail by the clock of the wall.
func (w *World) people(ctx context.Context) error {
	for {
		if err := w.clock.pause(ctx, 20*time.Second); err != nil {
			return err
		}
		if err := w.act(ctx); err != nil {
			return err
		}
	}
}

// act is what people do next.
func (w *World) act(ctx context.Context) error {
	n := w.turn
	w.turn++
	var d quire.Draft
	from, via := quire.Address("otto"), []quire.Via(nil)
	switch {
	case n == 3:
		d = quire.Mail("dot", "Watch the feed", "Tell me when a price changes.")
	case n%17 == 5:
		d = quire.Mail("eva", fmt.Sprintf("Release notes %d", 40+n/17), "Please translate: faster import, new price list, three corrections.")
	case n%3 == 2:
		order := 4100 + 13*n
		from, via = "shop@example.org", []quire.Via{{Name: "shop", From: "a customer"}}
		d = quire.Mail("kim", fmt.Sprintf("Order %d: %s", order, pick(n/3, "where is it?", "it is broken", "the wrong colour", "<script>alert('the form lets this through')</script>")),
			pick(n/3, "I wait for four days now.", "The lid does not close, and I want my money back.", "I ordered it in blue.", "Your form takes anything, so I tried <b>markup</b>.")+
				fmt.Sprintf(" My order is %d.", order))
	default:
		d = quire.Mail("ada", fmt.Sprintf("Job %d: %s", n, topic(n)), fmt.Sprintf("Please build Job %d, %s. Let ben look at it. It is for %s.", n, topic(n), pick(n, "the shop in Lyon", "the branch in Oslo", "the auditors")))
	}
	_, err := w.Store.Box(from).With(mailbox.BoxOptions{Via: via}).Send(ctx, d)
	return err
}

// decide answers what waits for the person, in the past only.
func (w *World) decide(ctx context.Context) error {
	b := w.Store.Box(Person)
	page, err := b.Find(ctx, mailbox.Query{Pending: true, Limit: 100})
	if err != nil {
		return err
	}
	for i := range page.Rows {
		row := &page.Rows[i]
		if row.Kind != quire.KindQuestion {
			err = b.Done(ctx, row.UID)
		} else if options := row.Question.Options; len(options) > 0 && len(options) != 2 || w.turn%2 == 0 {
			_, err = b.Answer(ctx, row.UID, quire.Draft{Parts: []quire.Part{quire.Text{Text: options[int(row.UID)%len(options)]}}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printer is a work queue in which some work can't be done.
func (w *World) printer(ctx context.Context) error {
	for n := range 3 {
		d := quire.Mail("printer", fmt.Sprintf("Label %d", 811+n), "Print it on the label printer of the warehouse.")
		if _, err := w.Store.Box("otto").Send(ctx, d); err != nil {
			return err
		}
	}
	for attempt := range 4 {
		w.clock.tick(10 * time.Second)
		done, err := w.Store.Commit(ctx, mailbox.Commit{Address: "printer", Claim: &mailbox.Claim{Holder: "worker-1", Limit: 3, Attempts: 3}})
		if err != nil {
			return err
		}
		c := mailbox.Commit{Address: "printer"}
		for i, claimed := range done.Claimed {
			c.Leases = append(c.Leases, mailbox.LeaseChange{UID: claimed.UID, Holder: "worker-1", Attempt: claimed.Attempt, Done: i == 2 && attempt == 0,
				Reason: pick(i, "the printer at 10.0.0.9 does not answer: connection refused", "the label has no address")})
		}
		if _, err := w.Store.Commit(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
