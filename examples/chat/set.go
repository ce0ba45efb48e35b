package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// setTable lists a working set as the agent will see it in call, a line an entry,
// the newest at the end; most limits the lines, 0 doesn't. Lines are cut to a width.
func (c *chat) setTable(ctx context.Context, set quire.WorkingSet, call uint64, width, most int) ([]string, error) {
	said, err := c.snippets(ctx, set)
	if err != nil {
		return nil, err
	}
	var rows []string
	for _, e := range append(set.Head[:len(set.Head):len(set.Head)], set.Log...) {
		if t := e.Tombstone; t != nil {
			rows = append(rows, fitted(fmt.Sprintf("%s to %s left: %s", t.First, t.Last, plural(t.Messages, "message")), width))
		}
		for i := range e.Spans {
			rows = append(rows, spanRow(&e.Spans[i], call, said[e.Spans[i].UID], width))
		}
	}
	if len(rows) == 0 {
		return []string{"(nothing stands in the context)"}, nil
	}
	if more := len(rows) - most; most > 0 && more > 0 {
		rows = append([]string{fmt.Sprintf("… %d above; /set shows all", more)}, rows[more:]...)
	}
	return rows, nil
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
	return fitted(fmt.Sprintf("%4s %s %s %6s %s  %s", sp.UID, fitted(who, 8), fitted(class, 8),
		thousands(sp.Tokens), fitted(plural(int(age), "call"), 8), said), width)
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
