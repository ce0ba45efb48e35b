package agent

import (
	"fmt"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

type findArgs struct {
	Words   words   `json:"words"`
	From    string  `json:"from"`
	Thread  uidList `json:"thread"`
	Pending bool    `json:"pending"`
	Before  uidList `json:"before"`
	Limit   int     `json:"limit"`
}

// find is mail_find.
func (d *desk) find(in findArgs) ([]quire.Part, error) {
	limit := in.Limit
	if limit <= 0 {
		limit = 10
	}
	limit = min(limit, 50)
	if in.Pending {
		return d.findWaiting(in, limit)
	}
	q := mailbox.Query{Text: strings.Join(in.Words, " "), From: quire.Address(in.From), Limit: limit, Now: d.m.now,
		Kinds: []quire.Kind{quire.KindMail, quire.KindQuestion, quire.KindAnswer, quire.KindEvent, quire.KindNote}}
	if q.Text != "" {
		// A search also finds what tools returned, but not the agent's own
		// turns: they hold the very words of every search.
		q.Kinds = append(q.Kinds, quire.KindResult)
	}
	if len(in.Before) > 0 {
		q.Below = in.Before[0]
	}
	if len(in.Thread) > 0 {
		items, err := d.get(in.Thread[:1])
		if err != nil {
			return nil, err
		}
		if len(items) == 0 {
			return nil, fmt.Errorf("there is no message %s in this mailbox", in.Thread[0])
		}
		q.Thread = items[0].Thread
	}
	if q.Text != "" {
		q.Limit = max(limit, judged)
	}
	page, err := d.a.o.Store.Query(d.ctx, d.a.o.Address, q)
	if err == nil && q.Text != "" {
		err = d.byRelevance(&page, q.Text, limit)
	}
	if err != nil {
		d.err = err
		return nil, err
	}
	rows := slices.DeleteFunc(page.Rows, func(r mailbox.Row) bool { return r.Kind == quire.KindResult && isMailTool(r.Subject) })
	return d.table(rows, page.More), nil
}

// judged is how many of the rows that a search returns are judged by what they say.
const judged = 50

// byRelevance puts a page's rows into the order in which they answer the words, and
// keeps the best.
func (d *desk) byRelevance(page *mailbox.Page, text string, keep int) error {
	rows := map[quire.UID]mailbox.Row{}
	var uids []quire.UID
	for _, row := range page.Rows {
		rows[row.UID] = row
		uids = append(uids, row.UID)
	}
	order, err := d.a.recall.Order(d.ctx, mailbox.Question{Text: text, Now: d.m.now}, uids)
	switch {
	case err == nil:
		uids = order
	case d.ctx.Err() != nil:
		return err
	} // an Embedder that fails leaves the store's order
	page.More = page.More || len(uids) > keep
	page.Rows = page.Rows[:min(keep, len(uids))]
	for i := range page.Rows {
		page.Rows[i] = rows[uids[i]]
	}
	return nil
}

// findWaiting lists what the notice counts.
func (d *desk) findWaiting(in findArgs, limit int) ([]quire.Part, error) {
	w, err := d.a.waiting(d.ctx, d.m, d.flags)
	if err != nil {
		d.err = err
		return nil, err
	}
	text := strings.ToLower(strings.Join(in.Words, " "))
	var rows []mailbox.Row
	more := w.total > len(w.rows)
	for _, row := range w.rows {
		if in.From != "" && row.From != quire.Address(in.From) ||
			len(in.Before) > 0 && row.UID >= in.Before[0] ||
			text != "" && !strings.Contains(strings.ToLower(row.Subject+" "+row.Snippet), text) {
			continue
		}
		if len(rows) == limit {
			more = true
			break
		}
		rows = append(rows, row)
	}
	return d.table(rows, more), nil
}

// table writes rows, one line each.
func (d *desk) table(rows []mailbox.Row, more bool) []quire.Part {
	if len(rows) == 0 {
		return say("Nothing found.")
	}
	var b strings.Builder
	for i := range rows {
		row := &rows[i]
		fmt.Fprintf(&b, "%s from=%s", row.UID, oneLine(string(row.From), 60))
		if row.Kind != quire.KindMail && row.Kind != "" {
			fmt.Fprintf(&b, " %s", row.Kind)
		}
		if row.Subject != "" {
			fmt.Fprintf(&b, " %q", oneLine(row.Subject, 80))
		}
		fmt.Fprintf(&b, " %d tokens, %s", row.Tokens, d.standing(row))
		if s := snippet(row); s != "" {
			b.WriteString(": " + s)
		}
		b.WriteByte('\n')
	}
	switch {
	case more && rows[0].Score > 0: // by relevance: what is before the last row is no continuation
		b.WriteString("There is more: narrow the search.\n")
	case more:
		fmt.Fprintf(&b, "There is more: narrow the search, or ask for what is before %s.\n", rows[len(rows)-1].UID)
	}
	return say("%s", strings.TrimSuffix(b.String(), "\n"))
}

// snippet is what a row shows of its body: the beginning, or what answers a search,
// with the words in stars.
func snippet(row *mailbox.Row) string {
	if len(row.Matches) == 0 {
		return oneLine(row.Snippet, 120)
	}
	return oneLine(row.Marked("*", "*"), 400)
}

// standing says in a word how a delivery stands.
func (d *desk) standing(row *mailbox.Row) string {
	switch {
	case d.m.state.Resident(row.UID):
		return "above"
	case row.Self:
		return "yours"
	case row.Flags.Has(quire.FlagHandled) || d.flags[row.UID].Set.Has(quire.FlagHandled):
		return "handled"
	case row.Pending(d.m.now):
		return "waiting"
	}
	return "put off"
}

// get reads messages.
func (d *desk) get(uids []quire.UID) ([]quire.Item, error) {
	items, err := d.a.o.Store.Get(d.ctx, d.a.o.Address, mailbox.Get{UIDs: uids})
	if err != nil {
		d.err = err
	}
	return items, err
}

// oneLine makes a header or snippet safe to stand in a line.
func oneLine(s string, max int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r == '[' || r == '<':
			return '('
		case r == ']' || r == '>':
			return ')'
		case r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200b || r == 0x2028 || r == 0x2029:
			return ' '
		}
		return r
	}, quire.Clean(s))
	return short(strings.Join(strings.Fields(s), " "), max)
}
