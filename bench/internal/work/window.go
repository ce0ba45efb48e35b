package work

import (
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
)

// window is a way to shorten a list of exchanges that grew over the budget.
type window func(o *one, room int)

// cutTo drops the oldest groups until the rest takes room at most. The last one stays,
// and the newest mail.
func (o *one) cutTo(room int) []group {
	n, mail := 0, -1
	for i := range o.groups {
		n += o.groups[i].tokens
		if o.groups[i].head != "" {
			mail = i
		}
	}
	var left, kept []group
	for i := range o.groups {
		g := &o.groups[i]
		if i != mail && i < len(o.groups)-1 && (n > room || len(kept) == 0 && g.msgs[0].Role == quire.RoleAssistant) {
			n -= g.tokens
			left = append(left, *g)
			continue
		}
		kept = append(kept, *g)
	}
	o.groups = kept
	return left
}

// slide keeps what is newest.
func slide(_, _ int) window { return func(o *one, room int) { o.cutTo(room) } }

// reset begins anew with what came last.
func reset(_, _ int) window { return func(o *one, _ int) { o.cutTo(0) } }

// watermark cuts to so many percent of the room once it is full.
func watermark(low, _ int) window { return func(o *one, room int) { o.cutTo(room * low / 100) } }

// summarise cuts to so many percent of the room, and keeps a line of each mail that left,
// the newest of them, in so many more.
func summarise(low, share int) window {
	return func(o *one, room int) {
		o.summarise(room*low/100, room*share/100, func(g *group) string { return g.head })
	}
}

// oracle is a summary that keeps all that anybody will ask for.
func oracle(low, share int) window {
	return func(o *one, room int) {
		o.summarise(room*low/100, room*share/100, func(g *group) string {
			if g.facts == "" {
				return ""
			}
			return g.head + " |" + g.facts
		})
	}
}

func (o *one) summarise(low, most int, say func(*group) string) {
	for _, g := range o.cutTo(low) {
		if s := say(&g); g.head != "" && s != "" {
			o.lines = append(o.lines, s)
		}
	}
	n, from := 0, len(o.lines)
	for from > 0 && n < most {
		from--
		n += tokenizer.Approx{}.CountText(o.lines[from])
	}
	o.summary = summaryHead + "\n" + strings.Join(o.lines[from:], "\n")
}

// summaryHead begins the summary of a plain loop.
const summaryHead = "Summary of what left:"
