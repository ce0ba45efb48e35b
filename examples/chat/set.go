package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
)

// takes is what a prompt takes, in tokens: all of it, and what of it is not messages.
type takes struct{ used, budget, fixed, notice int }

// takesOf reckons what a call took whose receipt is given, with the set as it stood in
// it: what is neither message nor notice is system and tools.
func takesOf(r *compose.Receipt, set *quire.WorkingSet) takes {
	t := takes{used: r.Used, budget: r.Budget, notice: r.Taken.Notice, fixed: r.Used - r.Taken.Notice}
	for _, entries := range [][]quire.Entry{set.Head, set.Log} {
		for i := range entries {
			if s := entries[i].Tombstone; s != nil {
				t.fixed -= s.Tokens
			}
			for j := range entries[i].Spans {
				t.fixed -= entries[i].Spans[j].Tokens
			}
		}
	}
	return t
}

// setTable lists a working set as the agent will see it in call, a line an entry,
// the newest at the end, with all else that the prompt takes; most limits the lines of
// messages, 0 doesn't. The tokens of the lines add up to all that is used. Lines are
// cut to a width.
func (c *chat) setTable(ctx context.Context, set quire.WorkingSet, call uint64, t takes, width, most int) ([]string, error) {
	said, err := c.snippets(ctx, set)
	if err != nil {
		return nil, err
	}
	var rows []string
	var tokens []int
	for _, e := range append(set.Head[:len(set.Head):len(set.Head)], set.Log...) {
		if t := e.Tombstone; t != nil {
			rows = append(rows, row("  a line", t.Tokens, "", fmt.Sprintf("for %s to %s, which left: %s", t.First, t.Last, plural(t.Messages, "message")), width))
			tokens = append(tokens, t.Tokens)
		}
		for i := range e.Spans {
			rows = append(rows, spanRow(&e.Spans[i], call, said[e.Spans[i].UID], width))
			tokens = append(tokens, e.Spans[i].Tokens)
		}
	}
	if len(rows) == 0 {
		return []string{"(nothing stands in the context)"}, nil
	}
	if more := len(rows) - most; most > 0 && more > 0 {
		hidden := 0
		for _, n := range tokens[:more] {
			hidden += n
		}
		rows = append([]string{row(fmt.Sprintf("… %d above", more), hidden, "", "/set shows all", width)}, rows[more:]...)
	}
	if t.fixed > 0 {
		rows = append([]string{row("  system and tools", t.fixed, "", "sent with every call", width)}, rows...)
	}
	if t.notice > 0 {
		rows = append(rows, row("  notice", t.notice, "", "what waits in the mailbox", width))
	}
	return rows, nil
}

// row is one line of the table: what it is about, its tokens, for how long it has stood,
// and how it begins.
func row(about string, tokens int, age, said string, width int) string {
	return fitted(fmt.Sprintf("%s %6s %s  %s", fitted(about, 22), thousands(tokens), fitted(age, 8), said), width)
}

// snippets reads how the messages of a set begin.
func (c *chat) snippets(ctx context.Context, set quire.WorkingSet) (map[quire.UID]string, error) {
	said := map[quire.UID]string{}
	low := quire.UID(1<<63 - 1)
	for _, e := range set.Log {
		for _, sp := range e.Spans {
			low = min(low, sp.UID)
		}
	}
	for q := (mailbox.Query{Above: max(low, 1) - 1, Limit: 1000}); ; {
		page, err := c.store.Query(ctx, agentName, q)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			said[row.UID] = strings.TrimSpace(row.Subject + " " + row.Snippet)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return said, nil
		}
	}
}

// spanRow is one line of the table.
func spanRow(sp *quire.Span, call uint64, said string, width int) string {
	who := cmp.Or(string(sp.From), agentName)
	if sp.Tool != "" {
		who = "a tool"
	}
	class := string(sp.Class)
	switch {
	case sp.Dead():
		class = string(sp.Mark)
	case sp.Pinned:
		class = "pinned"
	}
	switch sp.Form {
	case quire.FormStub:
		said = "(a line stands for it)"
	case quire.FormExcerpt:
		said = "(excerpt) " + said
	}
	if len(sp.Shows) > 0 && sp.Form == quire.FormWhole {
		said = "shows"
		for _, uid := range sp.Shows {
			said += " " + uid.String()
		}
	}
	age := uint64(0)
	if call > sp.Entered {
		age = call - sp.Entered
	}
	return row(fmt.Sprintf("%4s %s %s", sp.UID, fitted(who, 8), fitted(class, 8)), sp.Tokens, plural(int(age), "call"), said, width)
}

// bar shows a share of a whole.
func bar(part, whole, width int) string {
	if whole <= 0 {
		return ""
	}
	n := min(part*width/whole, width)
	return "[" + strings.Repeat("#", n) + strings.Repeat(".", width-n) + "]"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%s %ss", thousands(n), what)
}
