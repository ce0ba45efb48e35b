package main

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

var cost = &command{name: "cost", args: "[ADDRESS...]", about: "what agents spent, by day and model", teach: `
Adds up what the calls of agents took and cost, by their receipts: of those that are named,
or of all. A row is a day, in UTC as providers bill, an agent and a model. The prices are
those that this program knows today. A call whose price is not known, or of which nothing
was reported, counts as UNKNOWN and not as 0, and its tokens are those that were counted. Of
calls that FAILED nobody knows whether they were billed: they are in no sum.

  quire cost --after 7d
  quire cost --after 2026-11-01 --json ada | jq .total.money

In --json money is in millionths of a dollar.
`, prepare: func(f *flag.FlagSet) action {
	after := f.String("after", "", "only calls at or after this `TIME`: 2026-11-30, or 24h ago, or 7d")
	return func(r *request) error { return r.cost(*after) }
}}

// spent is a row of cost, as --json prints it.
type spent = look.Spent

func (r *request) cost(after string) (err error) {
	var from time.Time
	if after != "" {
		if from, err = moment(after, time.Now(), -1); err != nil {
			return err
		}
	}
	return r.with(toRead, func(s *opened) error {
		agents, err := r.agents(s.Store)
		if err != nil {
			return err
		}
		var all []spent
		for _, addr := range agents {
			rows, err := look.SpentBy(r.ctx, s.Store, addr, from)
			if err != nil {
				return err
			}
			all = append(all, rows...)
		}
		slices.SortStableFunc(all, func(a, b spent) int {
			return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Model, b.Model))
		})
		total := spent{}
		for i := range all {
			total.Add(&all[i])
		}
		return r.print(map[string]any{"rows": append([]spent{}, all...), "total": total}, func() { r.writeCost(all, &total) })
	})
}

// agents are those that are named, or all that made a call.
func (r *request) agents(s *mailbox.Store) (out []quire.Address, err error) {
	for _, name := range r.args {
		if err := quire.Address(name).Valid(); err != nil {
			return nil, usage("%v", err)
		}
		if !slices.Contains(out, quire.Address(name)) {
			out = append(out, quire.Address(name))
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	list, err := mailboxes(r, s, mailbox.MailboxQuery{Agents: true})
	for _, b := range list {
		if !b.Called.IsZero() { // programs that keep a state of their own make no calls
			out = append(out, b.Address)
		}
	}
	return out, err
}

func (r *request) writeCost(rows []spent, total *spent) {
	r.table("DAY|AGENT|MODEL|CALLS|INPUT|CACHED|OUTPUT|COST|UNKNOWN|FAILED", func(row func(...any)) {
		for i := range rows {
			a := &rows[i]
			row(a.Day, line(string(a.Agent), 24), or(line(a.Model, 30), "-"), a.Calls, a.Input, a.Cached, a.Output, a.Money, a.Unknown, a.Failed)
		}
		row("all", "-", "-", total.Calls, total.Input, total.Cached, total.Output, total.Money, total.Unknown, total.Failed)
	})
	if total.Unknown > 0 {
		fmt.Fprintf(r.out, "%d calls are not in COST: their price is not known, or nothing was reported\n", total.Unknown)
	}
}
