package replaying

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/quire-dev/quire/price"
)

// WriteHead says what is compared, for people.
func (r *WhatIf) WriteHead(w io.Writer, then *Then, would *Rules) {
	fmt.Fprintf(w, "%s, %s calls from %s to %s (%s)\n", r.Agent, Number(r.Was.Calls), r.From.Format("2006-01-02 15:04"), r.To.Format("2006-01-02 15:04"), modelsOf(r.Models))
	fmt.Fprintf(w, "as it was: %s, budget %s, prices of %s\n", r.WasBy, Number(then.Last.Budget), orUnknown(then.Setup.Cost.Name))
	aim, budget := would.Aim(then.Setup), then.Last.Budget
	if aim.Budget > 0 {
		budget = aim.Budget
	}
	fmt.Fprintf(w, "would be:  %s, budget %s, prices of %s, model %s\n\n", r.WouldBy, Number(budget), orUnknown(aim.Price.Name), aim.Model.Name)
}

// WriteTable writes what calls took and would take.
func (r *WhatIf) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, list ...string) { fmt.Fprintf(t, "%s\t%s\t\n", name, strings.Join(list, "\t")) }
	ints := func(name string, f func(*Side) int, sides ...*Side) {
		var list []string
		for _, s := range []*Side{&r.Reported, &r.Was, &r.Would} {
			switch {
			case !slices.Contains(sides, s):
				list = append(list, "")
			case s.Input == 0: // nothing was reported
				list = append(list, "-")
			default:
				list = append(list, Number(f(s)))
			}
		}
		row(name, list...)
	}
	all, two := []*Side{&r.Reported, &r.Was, &r.Would}, []*Side{&r.Was, &r.Would}
	row("", "reported", "as it was", "would be")
	ints("calls", func(s *Side) int { return s.Calls }, all...)
	ints("tokens in", func(s *Side) int { return s.Input }, all...)
	ints("read", func(s *Side) int { return s.Read }, all...)
	ints("written", func(s *Side) int { return s.Written }, all...)
	ints("neither", func(s *Side) int { return s.Input - s.Read - s.Written }, all...)
	ints("tokens out", func(s *Side) int { return s.Output }, all...)
	row("cost", money(&r.Reported), money(&r.Was), money(&r.Would))
	ints("in units", func(s *Side) int { return int(s.Units + 0.5) }, two...)
	ints("left", func(s *Side) int { return s.Left }, two...)
	ints("their tokens", func(s *Side) int { return s.LeftSize }, two...)
	ints("asked for again", func(s *Side) int { return s.Again }, two...)
	row("named, and there", "", Percent(r.Was.Recall.Body, r.Was.Recall.Used), Percent(r.Would.Recall.Body, r.Would.Recall.Used))
	ints("gone when named", func(s *Side) int {
		if s == &r.Would {
			return r.Missed
		}
		return 0
	}, two...)
	ints("over the budget", func(s *Side) int { return s.Over }, two...)
	return t.Flush()
}

// WriteNotes says what stands beside the table.
func (r *WhatIf) WriteNotes(w io.Writer) {
	fmt.Fprintln(w)
	if r.Was.Money > 0 && r.Was.Unknown == 0 && r.Would.Unknown == 0 {
		fmt.Fprintf(w, "would be %s of what it was: %s\n", Ratio(float64(r.Would.Money), float64(r.Was.Money)), signed(r.Would.Money-r.Was.Money))
	}
	if r.Missed > 0 {
		fmt.Fprintf(w, "in %s calls the answer named %s identifiers whose messages stood then and would not have: a call more for each, to pull them back, costs about %s\n",
			Number(r.MissedIn), Number(r.Missed), money(&r.Pulls))
	}
	if f := &r.Failed; f.Calls > 0 {
		var why []string
		for _, k := range slices.Sorted(maps.Keys(f.Why)) {
			why = append(why, fmt.Sprintf("%d %s", f.Why[k], orUnknown(k)))
		}
		fmt.Fprintf(w, "failed calls: %s (%s), %s requests; if all had been billed for their input: %s, would be %s\n", Number(f.Calls), strings.Join(why, ", "), Number(f.Tries), money(&f.Was), money(&f.Would))
	}
	switch {
	case r.Known == 0:
		fmt.Fprintln(w, "whether the replay is true can't be told: the receipts are of before 2026-11-29")
	default:
		fmt.Fprintf(w, "by the rules of that time %s of %s calls come out the same, in their bytes and their bill\n", Number(r.Same), Number(r.Known))
	}
	for _, p := range r.Problems {
		fmt.Fprintf(w, "note: %s\n", p)
	}
}

// WriteCalls writes a line for each call.
func (r *WhatIf) WriteCalls(w io.Writer) error {
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "call\ttime\tfailed before\tin was\tin would\tread was\tread would\treported\twould be\tleft\tgone\tmodel\t")
	for i := range r.Calls {
		c := &r.Calls[i]
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.Call, c.Time.Format("01-02 15:04:05"), OrDash(c.Failed), Number(c.Was.Input()), Number(c.Would.Input()),
			OrDash(c.Was.Read), OrDash(c.Would.Read), paid(c.Paid), paid(c.Cost), OrDash(c.Left), OrDash(c.Missed), c.Model)
	}
	return t.Flush()
}

func paid(m price.Money) string {
	if m == 0 {
		return "-"
	}
	return m.String()
}

// money is what a side costs, with what is not known of it.
func money(s *Side) string {
	switch {
	case s.Calls == 0, s.Input == 0:
		return "-"
	case s.Unknown == s.Calls:
		return "not known"
	case s.Unknown > 0:
		return fmt.Sprintf("%s + %d calls", s.Money, s.Unknown)
	}
	return s.Money.String()
}

func signed(m price.Money) string {
	if m < 0 {
		return m.String()
	}
	return "+" + m.String()
}

func modelsOf(m map[string]int) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, fmt.Sprintf("%s: %s", orUnknown(k), Number(m[k])))
	}
	return strings.Join(list, ", ")
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
