package main

import (
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/price"
)

var calls = &command{name: "calls", args: "[CALL]", box: true, about: "list an agent's model calls, or show one", teach: `
Lists what each call of the agent's model took, by its receipt: the newest ones, oldest
first. With a number it shows one call, with all that changed in it and why.

INPUT is what the provider reported; with ~ it reported nothing, and it is what was counted.
CACHED is the part of it that was read from the provider's cache, and COST is in dollars by
the prices that this program knows: ? where it does not know them. NEW and LEFT are how many
messages entered and left. FAILED are tries in between that brought no reply.

  quire calls --box ada --limit 50
  quire calls --box ada 117

In --json money is in millionths of a dollar, and null where it is not known.
`, prepare: func(f *flag.FlagSet) action {
	limit := f.Int("limit", 20, "how many, the newest `N`; 0 is all")
	return func(r *request) error { return r.calls(*limit) }
}}

// call is a model call as --json prints it.
type call struct {
	Call     uint64              `json:"call"`
	Time     time.Time           `json:"time"`
	Model    string              `json:"model"`
	Budget   int                 `json:"budget"`
	Counted  int                 `json:"counted"` // tokens of its input, as they were counted before
	Kept     int                 `json:"kept"`    // of them, those that stood as in the call before
	Reported *quire.Usage        `json:"reported"`
	Money    *price.Money        `json:"money"`
	Tries    int                 `json:"tries,omitempty"`
	Arrived  []quire.UID         `json:"arrived,omitempty"`
	Left     []compose.Decision  `json:"left,omitempty"`
	Refaults []compose.Refault   `json:"refaults,omitempty"` // that had left and were pulled again
	Cut      string              `json:"cut,omitempty"`
	Cold     bool                `json:"cold,omitempty"`
	Failed   []failedCall        `json:"failed,omitempty"`
	Problems []string            `json:"problems,omitempty"`
	Changed  *[]compose.Decision `json:"changed,omitempty"` // of one call: all that did
}

// failedCall is one that brought no reply.
type failedCall struct {
	Time    time.Time `json:"time"`
	Why     string    `json:"why,omitempty"`
	Tries   int       `json:"tries,omitempty"`
	Counted int       `json:"counted"`
}

func callOf(r *compose.Receipt) call {
	c := call{Call: r.Call, Time: r.Time.UTC(), Model: look.ModelOf(r), Budget: r.Budget, Counted: r.Used, Kept: r.Kept, Tries: r.Tries, Arrived: r.Arrived,
		Refaults: r.Refaults, Cut: r.CutReason, Cold: r.Cold, Problems: r.Problems}
	if r.Usage != (quire.Usage{}) {
		u := r.Usage
		c.Reported = &u
		if m, known := look.Pay(r.Setup, u); known {
			c.Money = &m
		}
	}
	for _, d := range r.Decisions {
		if d.New && d.Left > 0 {
			c.Left = append(c.Left, d)
		}
	}
	for _, f := range r.Failed {
		c.Failed = append(c.Failed, failedCall{f.Time.UTC(), f.Why, f.Tries, f.Used})
	}
	return c
}

func (r *request) calls(limit int) error {
	if len(r.args) > 1 || limit < 0 {
		return usage("it wants one number of a call at most, and --limit from 0 on")
	}
	var one uint64
	if len(r.args) == 1 {
		n, ok := number(r.args[0])
		if !ok {
			return usage("%q is no number of a call", r.args[0])
		}
		one = uint64(n)
	}
	return r.with(toRead, func(s *opened) error {
		_, st, err := look.State(r.ctx, s.Store, quire.Address(r.box))
		if err != nil {
			return err
		}
		from, to := uint64(1), st.Calls()
		if limit > 0 && to > uint64(limit) {
			from = to - uint64(limit) + 1
		}
		if one > 0 {
			if err := r.madeCall(one, to); err != nil {
				return err
			}
			from, to = one, one
		}
		list := []call{}
		err = look.Receipts(r.ctx, s.Store, quire.Address(r.box), from, to, func(rec *compose.Receipt) error {
			c := callOf(rec)
			if one > 0 {
				c.Changed = changes(rec)
			}
			list = append(list, c)
			return nil
		})
		if err != nil {
			return err
		}
		return r.print(map[string]any{"calls": list, "made": st.Calls()}, func() {
			if r.writeCalls(list); one > 0 {
				r.writeCall(list)
			}
		})
	})
}

// madeCall is an error when there was no such call.
func (r *request) madeCall(n, made uint64) error {
	if n > made {
		return fmt.Errorf("%s made %d calls, and no call %d", r.box, made, n)
	}
	return nil
}

// changes are the decisions that were new in a call.
func changes(r *compose.Receipt) *[]compose.Decision {
	list := []compose.Decision{}
	for _, d := range r.Decisions {
		if d.New {
			list = append(list, d)
		}
	}
	return &list
}

func (r *request) writeCalls(list []call) {
	r.table("CALL|TIME|MODEL|INPUT|BUDGET|CACHED|OUTPUT|COST|NEW|LEFT|FAILED", func(row func(...any)) {
		for i := range list {
			c := &list[i]
			input, cached, output, cost := fmt.Sprint("~", c.Counted), "?", "?", "?"
			if u := c.Reported; u != nil {
				input, cached, output = fmt.Sprint(u.Input), fmt.Sprint(u.CachedInput), fmt.Sprint(u.Output)
			}
			if c.Money != nil {
				cost = c.Money.String()
			}
			row(c.Call, when(c.Time), or(line(c.Model, 30), "-"), input, c.Budget, cached, output, cost, len(c.Arrived), len(c.Left), len(c.Failed))
		}
	})
}

// writeCall prints what changed in the one call of a list.
func (r *request) writeCall(list []call) {
	if len(list) == 0 {
		fmt.Fprintln(r.out, "\nIts receipt is not there: it came before receipts were kept, or was left out of an import")
		return
	}
	c := &list[0]
	fmt.Fprintf(r.out, "\nOf %d tokens %d stood as in the call before", c.Counted, c.Kept)
	if c.Cold {
		fmt.Fprint(r.out, "; the provider's cache was taken to be cold")
	}
	fmt.Fprintln(r.out)
	if c.Cut != "" {
		fmt.Fprintf(r.out, "Cut: %s\n", line(c.Cut, 400))
	}
	if len(c.Problems) > 0 {
		fmt.Fprintf(r.out, "Problems: %s\n", line(strings.Join(c.Problems, "; "), 400))
	}
	for _, f := range c.Failed {
		fmt.Fprintf(r.out, "Failed before it, %s: %s\n", when(f.Time), or(line(f.Why, 100), "nobody knows why"))
	}
	for _, f := range c.Refaults {
		fmt.Fprintf(r.out, "Pulled again: %s, %d calls after it had left\n", f.UID, f.After)
	}
	if len(*c.Changed) > 0 {
		fmt.Fprintln(r.out, "\nChanged in it:")
	}
	for _, d := range *c.Changed {
		fmt.Fprintf(r.out, "  %s\n", line(d.String(), 200))
	}
}
