package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/quire-dev/quire/internal/replaying"
	"github.com/quire-dev/quire/policy"
)

// print writes the tables for people.
func (o *options) print(w io.Writer, results []*replaying.Result, sum replaying.Totals) error {
	fmt.Fprintf(w, "budget %s tokens (%s), policy %s, schedule %s, prices of %s\n\n",
		replaying.Number(o.budget), o.counter.Name(), policy.Name(o.policy), policy.Name(o.schedule), o.costNames())
	for _, r := range results {
		if o.calls {
			fmt.Fprintf(w, "%s, composed for %s\n", r.Session, r.API)
			if err := table(w, r); err != nil {
				return err
			}
		}
	}
	if err := o.sessions(w, results); err != nil {
		return err
	}
	o.summary(w, sum)
	o.failures(w, results)
	return nil
}

// costNames lists the cost models in use, each once.
func (o *options) costNames() string {
	var list []string
	for _, a := range o.apis {
		if n := o.costs[a].Name; !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return strings.Join(list, ", ")
}

// table writes a line for each call.
func table(w io.Writer, r *replaying.Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "call\trecorded\tappend-only\tquire\tkept\tprice append\tprice quire\tleft\ttokens\tused\tnamed\tthere\t")
	for i := range r.Calls {
		c := &r.Calls[i]
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.N, replaying.OrDash(c.Recorded.Input), replaying.Number(c.Whole),
			replaying.Number(c.Sent), replaying.Number(c.Kept), units(c.WholeBill.Cost), units(c.Bill.Cost), replaying.OrDash(c.Left), replaying.OrDash(c.LeftTokens),
			replaying.OrDash(c.Recall.Used), replaying.OrDash(c.Recall.Name), replaying.OrDash(c.Recall.Body))
	}
	err := t.Flush()
	fmt.Fprintln(w)
	return err
}

// sessions writes a line for each session, when there are several.
func (o *options) sessions(w io.Writer, results []*replaying.Result) error {
	if len(results) < 2 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "calls\trecorded\tappend-only\tquire\tprice append\tprice quire\tleft\tthere %\t  session\t")
	for _, r := range results {
		s := replaying.Sum(r)
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t  %s %s\t\n", s.Calls, replaying.OrDash(s.Recorded.Input), replaying.Number(s.Whole), replaying.Number(s.Sent),
			units(s.WholeBill.Cost), units(s.Bill.Cost), replaying.OrDash(s.Left), replaying.Percent(s.Recall.Body, s.Recall.Used), r.API, short(r.Session))
	}
	err := t.Flush()
	fmt.Fprintln(w)
	return err
}

// summary says what it comes to.
func (o *options) summary(w io.Writer, s replaying.Totals) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-22s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("model calls", "%s", replaying.Number(s.Calls))
	if s.Recorded.Input > 0 {
		line("recorded", "%s input tokens, %s of them read from the cache", replaying.Number(s.Recorded.Input), replaying.Percent(s.Recorded.CachedInput, s.Recorded.Input))
	}
	line("append-only", "%s input tokens, predicted price %s", replaying.Number(s.Whole), units(s.WholeBill.Cost))
	line("quire", "%s input tokens, predicted price %s (%s of append-only)", replaying.Number(s.Sent), units(s.Bill.Cost), replaying.Ratio(s.Bill.Cost, s.WholeBill.Cost))
	line("  kept as they were", "%s tokens, %s of what is sent", replaying.Number(s.Kept), replaying.Percent(s.Kept, s.Sent))
	line("  by price class", "%s read, %s written, %s neither", replaying.Number(s.Bill.Read), replaying.Number(s.Bill.Write), replaying.Number(s.Bill.Uncached))
	line("  left", "%s messages, %s tokens, in %s of the calls", replaying.Number(s.Left), replaying.Number(s.LeftTokens), replaying.Number(s.Cuts))
	line("named by the agent", "%s identifiers that stood earlier in the run", replaying.Number(s.Recall.Used))
	line("  anywhere in prompt", "%s", replaying.Percent(s.Recall.Name, s.Recall.Used))
	line("  in kept messages", "%s", replaying.Percent(s.Recall.Body, s.Recall.Used))
	line("broken rules", "%s", replaying.Number(s.Violations))
	line("over the budget", "%s", replaying.Number(s.Over))
	fmt.Fprintln(w, "\nPrices are in units of one uncached input token.")
}

// failures lists what went wrong, and with -v what was odd.
func (o *options) failures(w io.Writer, results []*replaying.Result) {
	const most = 20
	n := 0
	for _, r := range results {
		for i := range r.Calls {
			c := &r.Calls[i]
			list := c.Violations
			if c.Over {
				list = append(list, fmt.Sprintf("takes %d tokens of %d", c.Sent, o.budget))
			}
			if o.verbose || c.Over {
				list = append(list, c.Problems...)
			}
			for _, v := range list {
				if n++; n <= most || o.verbose {
					fmt.Fprintf(w, "%s, %s, call %d: %s\n", short(r.Session), r.API, c.N, v)
				}
			}
		}
	}
	if n > most && !o.verbose {
		fmt.Fprintf(w, "and %d more (-v shows them)\n", n-most)
	}
}

func units(f float64) string { return replaying.Number(int(f + 0.5)) }

// short is an id that fits a line.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:37]) + "…"
	}
	return strings.TrimSpace(s)
}
