package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/quire-dev/quire/internal/replaying"
	"github.com/quire-dev/quire/policy"
)

// print writes the tables for people.
func (o *options) print(w io.Writer, results []*replaying.Result, sum replaying.Totals) error {
	fmt.Fprintf(w, "budget %s tokens (%s), policy %s, schedule %s, prices of %s\n\n",
		number(o.budget), o.counter.Name(), policy.Name(o.policy), policy.Name(o.schedule), o.costNames())
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
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.N, orDash(c.Recorded.Input), number(c.Whole),
			number(c.Sent), number(c.Kept), units(c.WholeBill.Cost), units(c.Bill.Cost), orDash(c.Left), orDash(c.LeftTokens),
			orDash(c.Recall.Used), orDash(c.Recall.Name), orDash(c.Recall.Body))
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
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t  %s %s\t\n", s.Calls, orDash(s.Recorded.Input), number(s.Whole), number(s.Sent),
			units(s.WholeBill.Cost), units(s.Bill.Cost), orDash(s.Left), percent(s.Recall.Body, s.Recall.Used), r.API, short(r.Session))
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
	line("model calls", "%s", number(s.Calls))
	if s.Recorded.Input > 0 {
		line("recorded", "%s input tokens, %s of them read from the cache", number(s.Recorded.Input), percent(s.Recorded.CachedInput, s.Recorded.Input))
	}
	line("append-only", "%s input tokens, predicted price %s", number(s.Whole), units(s.WholeBill.Cost))
	line("quire", "%s input tokens, predicted price %s (%s of append-only)", number(s.Sent), units(s.Bill.Cost), ratio(s.Bill.Cost, s.WholeBill.Cost))
	line("  kept as they were", "%s tokens, %s of what is sent", number(s.Kept), percent(s.Kept, s.Sent))
	line("  by price class", "%s read, %s written, %s neither", number(s.Bill.Read), number(s.Bill.Write), number(s.Bill.Uncached))
	line("  left", "%s messages, %s tokens, in %s of the calls", number(s.Left), number(s.LeftTokens), number(s.Cuts))
	line("named by the agent", "%s identifiers that stood earlier in the run", number(s.Recall.Used))
	line("  anywhere in prompt", "%s", percent(s.Recall.Name, s.Recall.Used))
	line("  in kept messages", "%s", percent(s.Recall.Body, s.Recall.Used))
	line("broken rules", "%s", number(s.Violations))
	line("over the budget", "%s", number(s.Over))
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

// number writes an integer with its thousands apart.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return number(n)
}

func units(f float64) string { return number(int(f + 0.5)) }

func percent(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}

func ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*a/b)
}

// short is an id that fits a line.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:37]) + "…"
	}
	return strings.TrimSpace(s)
}
