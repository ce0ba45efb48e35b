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
func takesOf(r *compose.Receipt, set []compose.Standing) takes {
	t := takes{used: r.Used, budget: r.Budget, notice: r.Notice, fixed: r.Used - r.Notice}
	for i := range set {
		t.fixed -= set[i].Tokens
	}
	return t
}

// setTable lists what stands as the agent will see it in call, a line an entry,
// the newest at the end, with all else that the prompt takes; most limits the lines of
// messages, 0 doesn't. The tokens of the lines add up to all that is used. Lines are
// cut to a width.
func (c *chat) setTable(ctx context.Context, set []compose.Standing, call uint64, t takes, width, most int) ([]string, error) {
	said, err := c.snippets(ctx, set)
	if err != nil {
		return nil, err
	}
	var rows []string
	var tokens []int
	for i := range set {
		s := &set[i]
		tokens = append(tokens, s.Tokens)
		if s.Fate == compose.FateOut {
			rows = append(rows, row("  a line", s.Tokens, "", fmt.Sprintf("for %s to %s, which left: %s", s.UID, s.Last, plural(s.Left, "message")), width))
			continue
		}
		rows = append(rows, messageRow(s, call, said[s.UID], width))
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
func (c *chat) snippets(ctx context.Context, set []compose.Standing) (map[quire.UID]string, error) {
	said := map[quire.UID]string{}
	low := quire.UID(1<<63 - 1)
	for i := range set {
		if set[i].Fate != compose.FateOut && set[i].UID > 0 {
			low = min(low, set[i].UID)
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

// messageRow is one line of the table.
func messageRow(sp *compose.Standing, call uint64, said string, width int) string {
	who := cmp.Or(string(sp.From), agentName)
	if sp.Tool != "" {
		who = "a tool"
	}
	class := string(sp.Class)
	switch {
	case sp.Mark != "":
		class = string(sp.Mark)
	case sp.Pinned:
		class = "pinned"
	}
	switch sp.Fate {
	case compose.FateStub:
		said = "(a line stands for it)"
	case compose.FateExcerpt:
		said = "(excerpt) " + said
	}
	if len(sp.Shows) > 0 && sp.Fate == compose.FateIn {
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
