package fit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/report"
	"github.com/quire-dev/quire/bench/internal/strategy"
	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// Run prints the table.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) error {
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	var n counted
	var failed error
	var seq iter.Seq2[policy.Unit, bool]
	source := ""
	if o.Data != "" {
		traces, err := load(ctx, o, progress)
		if err != nil {
			return err
		}
		source = fmt.Sprintf("recorded runs, half: %s", o.Half)
		seq = recorded(ctx, traces, progress, &failed)
	} else {
		source = fmt.Sprintf("the past of %s", o.Agent)
		seq = past(ctx, o, &failed)
	}
	rates := policy.FitRates(n.count(seq))
	if failed != nil {
		return failed
	}
	if n.uses < enough {
		return fmt.Errorf("%d uses were seen in %d waits of one call, and a table wants %d: this agent names too little of what it reads; go by the table that ships", n.uses, n.waits, enough)
	}
	progress.Clear()
	fmt.Fprintf(stderr, "%d uses in %d waits of one call\n", n.uses, n.waits)
	rates.Source = source
	e := json.NewEncoder(stdout)
	e.SetIndent("", "  ")
	return e.Encode(rates)
}

// enough is how many uses a table is made of at least: 22 figures are fitted.
const enough = 500

// counted is how much there was to count.
type counted struct{ waits, uses int }

func (n *counted) count(seq iter.Seq2[policy.Unit, bool]) iter.Seq2[policy.Unit, bool] {
	return func(yield func(policy.Unit, bool) bool) {
		for u, used := range seq {
			n.waits++
			if used {
				n.uses++
			}
			if !yield(u, used) {
				return
			}
		}
	}
}

func load(ctx context.Context, o *Options, progress *report.Progress) ([]*trace.Trace, error) {
	counter := trace.NewRemembering(tiktoken.O200k())
	want := func(name string) bool { return name == "swe-runs" || strings.HasPrefix(name, "session") }
	traces, err := trace.Load(ctx, o.Data, o.Half, counter, want, func(s string) { progress.Say("%s", s) })
	if err == nil && len(traces) == 0 {
		err = fmt.Errorf("no run below %s: is it the folder?", o.Data)
	}
	return traces, err
}

// recorded composes recorded runs again.
func recorded(ctx context.Context, traces []*trace.Trace, progress *report.Progress, failed *error) iter.Seq2[policy.Unit, bool] {
	return func(yield func(policy.Unit, bool) bool) {
		rules, err := strategy.Rules()
		if err != nil {
			*failed = err
			return
		}
		framing := models.FindOver(rules[0].API, "").Framing
		for _, t := range traces {
			for i, l := range t.Lives {
				progress.Say("%s: life %d of %d", t.Name, i+1, len(t.Lives))
				w := &watch{yield: yield}
				c := w.composer(compose.Options{Counter: l.Counter, Framing: framing})
				more := true
				*failed = strategy.Play(ctx, l, &strategy.Setting{Rule: rules[0], Budget: unlimited}, c, func(*compose.Plan) bool {
					more = w.see()
					return more
				})
				if *failed != nil || !more {
					return
				}
			}
		}
	}
}

// past composes an agent's calls again.
func past(ctx context.Context, o *Options, failed *error) iter.Seq2[policy.Unit, bool] {
	return func(yield func(policy.Unit, bool) bool) {
		*failed = replay(ctx, o, &watch{yield: yield})
	}
}

func replay(ctx context.Context, o *Options, w *watch) error {
	store, err := sqlitestore.Open(ctx, o.DB, &sqlitestore.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer store.Close()
	get := func(g mailbox.Get) (quire.Item, bool) {
		items, err := store.Get(ctx, o.Agent, g)
		if err != nil || len(items) == 0 {
			return quire.Item{}, false
		}
		return items[0], true
	}
	again := compose.Replay{Composer: w.composer(compose.Options{Counter: tokenizer.Approx{}}), Input: compose.Input{Budget: unlimited,
		Body: func(id quire.MessageID) (quire.Item, bool) { return get(mailbox.Get{IDs: []quire.MessageID{id}}) }},
		Item: func(uid quire.UID) (quire.Item, bool) { return get(mailbox.Get{UIDs: []quire.UID{uid}}) }}
	n := 0
	for _, err := range again.Run(receipts(ctx, store.Store, o.Agent)) {
		var over *compose.BudgetError
		if err != nil && !errors.As(err, &over) {
			return err
		}
		if n++; !w.see() {
			return nil
		}
	}
	if n == 0 {
		return fmt.Errorf("%s has no receipts in %s: it has made no call there", o.Agent, o.DB)
	}
	return ctx.Err()
}

// page is how many receipts are read at once.
const page = 256

func receipts(ctx context.Context, store *mailbox.Store, agent quire.Address) iter.Seq2[compose.Receipt, error] {
	return func(yield func(compose.Receipt, error) bool) {
		for from := uint64(1); ; from += page {
			list, err := store.Receipts(ctx, agent, from, from+page-1)
			if err != nil {
				yield(compose.Receipt{}, err)
				return
			}
			for _, b := range list {
				if r, err := compose.DecodeReceipt(b.Data); !yield(r, err) || err != nil {
					return
				}
			}
			if len(list) == 0 {
				return
			}
		}
	}
}
