package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"github.com/quire-dev/quire/internal/look"
)

// columnsOf are the widths of the columns, but for the last one, which says why.
var columnsOf = []struct {
	head  string
	width int
	right bool
}{{"AGENT", 18, false}, {"STATE", 8, false}, {"CONTEXT", 11, true}, {"CALLS", 6, true}, {"CACHED", 6, true}, {"COST", 9, true}, {"MAIL", 5, true}, {"ASKED", 5, true}}

// wide is from how many columns on the reason stands in the line of its agent.
const wide = 120

// text is all of a view, for a pipe.
func (v *view) text() string {
	return strings.Join(v.lines(wide, 0), "\n") + "\n"
}

// lines are what fits a screen, each at most so many columns wide; rows of 0 or less: all.
func (v *view) lines(columns, rows int) []string {
	columns = max(columns, 20)
	out := []string{fit(v.title(), columns), fit(row(heads()), columns)}
	if v.problem != "" {
		out = append(out, fit("not up to date: "+line(v.problem, 500), columns))
	}
	for i := range v.Agents {
		block := v.Agents[i].lines(columns)
		more := len(v.Agents) - i - 1
		if room := rows - len(out); rows > 0 && (room < len(block) || more > 0 && room < len(block)+1) {
			return append(out, fit(fmt.Sprintf("and %d more: quire top --once shows all", more+1), columns))
		}
		out = append(out, block...)
	}
	if len(v.Agents) == 0 && v.problem == "" {
		out = append(out, "no agent has made a call yet")
	}
	return out
}

// title says when it was, and what all of it comes to.
func (v *view) title() string {
	counts := map[string]int{}
	for i := range v.Agents {
		counts[v.Agents[i].State]++
	}
	var list []string
	for _, s := range states {
		if counts[s] > 0 {
			list = append(list, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	return fmt.Sprintf("%s  %s  %s in %d calls today, %s cached", v.Time.Local().Format(time.TimeOnly), strings.Join(list, ", "), costOf(&v.Today), v.Today.Calls, shareOf(&v.Today))
}

// costOf is what calls cost, with + when a price is not known.
func costOf(a *spent) string {
	if a.Unknown > 0 && a.Unknown == a.Calls {
		return "?"
	}
	if a.Unknown > 0 {
		return look.Amount(a.Money) + "+"
	}
	return look.Amount(a.Money)
}

// shareOf is the part of the input that was read from the cache.
func shareOf(a *spent) string {
	if a.Input == 0 {
		return "-"
	}
	return fmt.Sprintf("%d%%", 100*a.Cached/a.Input)
}

func heads() []string {
	var list []string
	for _, c := range columnsOf {
		list = append(list, c.head)
	}
	return list
}

// lines are those of an agent: one, or two where the reason has no room in it.
func (a *watched) lines(columns int) []string {
	context := short(a.Used)
	if a.Budget > 0 {
		context += "/" + short(a.Budget)
	}
	cells := []string{line(string(a.Address), 100), a.State, context, fmt.Sprint(a.Today.Calls), shareOf(&a.Today), costOf(&a.Today), fmt.Sprint(a.Pending), fmt.Sprint(a.Questions)}
	why := line(a.Why, 500)
	if a.Until != nil { // first: it is what is looked for, and the reason may be cut
		why = "until " + a.Until.Local().Format("01-02 15:04") + " " + why
	}
	switch {
	case why == "":
		return []string{fit(row(cells), columns)}
	case columns >= wide:
		return []string{fit(row(cells)+"  "+why, columns)}
	}
	return []string{fit(row(cells), columns), fit("  "+why, columns)}
}

// row puts cells into columns.
func row(cells []string) string {
	var b strings.Builder
	for i, c := range columnsOf {
		text := fit(cells[i], c.width)
		gap := strings.Repeat(" ", c.width-widthOf(text))
		if i > 0 {
			b.WriteByte(' ')
		}
		if c.right {
			b.WriteString(gap + text)
		} else {
			b.WriteString(text + gap)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// short is a number of tokens in a few characters.
func short(n int) string {
	switch {
	case n < 10_000:
		return fmt.Sprint(n)
	case n < 1_000_000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprintf("%.1fM", float64(n)/1e6)
}

// widthOf is how many columns of a terminal a text takes.
func widthOf(s string) (n int) {
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) || r == '\u200d' || r == '\u200c' {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// fit cuts a text to so many columns.
func fit(s string, columns int) string {
	if widthOf(s) <= columns {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeWidth(r); n > columns-1 {
			return s[:i] + "…"
		}
	}
	return s
}
