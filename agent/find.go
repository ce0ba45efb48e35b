package agent

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/recall"
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
	page, err := d.search(q, limit)
	if err != nil {
		d.err = err
		return nil, err
	}
	return d.table(page.Rows, page.More), nil
}

// search runs the query. One for words also finds what tools returned, but neither the
// agent's own turns nor the results of its mail tools: they hold the very words of
// every search.
func (d *desk) search(q mailbox.Query, limit int) (mailbox.Page, error) {
	if q.Text == "" {
		return d.a.mail.Query(d.ctx, d.a.o.Address, q)
	}
	q.Limit = max(limit, judged)
	page, err := d.a.mail.Query(d.ctx, d.a.o.Address, q)
	if err != nil {
		return page, err
	}
	results, err := d.searchResults(q)
	if err != nil {
		return page, err
	}
	page.Rows, page.More = append(page.Rows, results.Rows...), page.More || results.More
	slices.SortStableFunc(page.Rows, func(x, y mailbox.Row) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(y.UID, x.UID))
	})
	return page, d.byRelevance(&page, q.Text, limit)
}

// resultPages is how many pages of results are looked through for what a search of
// them hides behind the agent's own searches.
const resultPages = 8

// searchResults finds what custom tools returned.
func (d *desk) searchResults(q mailbox.Query) (mailbox.Page, error) {
	want := q.Limit
	q.Kinds, q.Limit = []quire.Kind{quire.KindResult}, 2*want
	var out mailbox.Page
	for range resultPages {
		page, err := d.a.mail.Query(d.ctx, d.a.o.Address, q)
		if err != nil {
			return page, err
		}
		for i := range page.Rows {
			if !isMailTool(page.Rows[i].Subject) {
				out.Rows = append(out.Rows, page.Rows[i])
			}
		}
		if q.Cursor = page.Next; !page.More || len(out.Rows) >= want {
			out.More = page.More || len(out.Rows) > want
			break
		}
	}
	out.Rows = out.Rows[:min(want, len(out.Rows))]
	return out, nil
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
	order, err := d.a.recall.Order(d.ctx, recall.Query{Text: text, Now: d.m.now}, uids)
	switch {
	case err == nil || errors.Is(err, recall.ErrEmbedder): // then it is by words
		uids = order
	case d.ctx.Err() != nil:
		return err
	} // else the store's order is left
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

// table writes rows, one line each, as many as fit. Of a search, what stands above in
// full and is short is only named.
func (d *desk) table(rows []mailbox.Row, more bool) []quire.Part {
	if len(rows) == 0 {
		return say("Nothing found.")
	}
	scored := rows[0].Score > 0 // by relevance: what is before the last row is no continuation
	var above []quire.UID
	if scored {
		rows = slices.DeleteFunc(rows, func(r mailbox.Row) bool {
			stands := r.Bytes <= shortBody && d.whole(r.UID)
			if stands {
				above = append(above, r.UID)
			}
			return stands
		})
	}
	lines := d.lines(rows)
	more = more || len(lines) < len(rows)
	switch {
	case len(lines) == 0:
		lines = append(lines, "Nothing but what stands above: "+numbers(above)+".")
	case len(above) > 0:
		lines = append(lines, "Above: "+numbers(above)+".")
	}
	switch {
	case more && scored:
		lines = append(lines, "There is more: narrow the search.")
	case more:
		lines = append(lines, fmt.Sprintf("There is more: narrow the search, or ask for what is before %s.", rows[len(lines)-1].UID))
	}
	return say("%s", strings.Join(lines, "\n"))
}

// shortBody is how many bytes a message may have for nobody to need a row that says
// where in it the words are.
const shortBody = 2000

// What a row shows of a body at most, in runes: the first rows the most that lets them
// stand in half of the room, the others the least.
var snippets = [...]int{400, 160, 80}

const (
	hitShare  = 5  // the hits of a turn's searches may take a fifth of the room
	leastHits = 80 // tokens: or a row
)

// lines writes rows. The first one always stands.
func (d *desk) lines(rows []mailbox.Row) []string {
	room := d.hitRoom()
	lines, size, used := make([]string, len(rows)), 0, 0
	for i := range rows {
		n := 0
		for {
			lines[i] = d.row(&rows[i], snippets[size])
			n = d.a.o.Composer.CountText(lines[i]) + 1
			if used+n <= room/2 || size == len(snippets)-1 {
				break
			}
			size++
		}
		if used += n; used > room && i > 0 {
			return lines[:i]
		}
	}
	return lines
}

// hitRoom is the tokens that a search may show: the share of the turn's searches, less
// what those take that were not followed up yet.
func (d *desk) hitRoom() int {
	room := d.m.host.Room / hitShare
	for _, s := range d.m.state.Items() {
		if s.Tool == toolFind && s.Now && s.Mark == "" && s.Fate == compose.FateIn && s.LastUse == s.Entered {
			room -= s.Tokens
		}
	}
	return max(leastHits, room/max(1, d.finds))
}

// row writes one row, with so many runes of the body at most.
func (d *desk) row(row *mailbox.Row, most int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from=%s", row.UID, oneLine(string(row.From), 60))
	if row.Kind != quire.KindMail && row.Kind != "" {
		fmt.Fprintf(&b, " %s", row.Kind)
	}
	if row.Subject != "" {
		fmt.Fprintf(&b, " %q", oneLine(row.Subject, 80))
	}
	fmt.Fprintf(&b, " %d tokens, %s", row.Tokens, d.standing(row))
	if s := snippet(row, most); s != "" {
		b.WriteString(": " + s)
	}
	return b.String()
}

// snippet is what a row shows of its body: the beginning, or what answers a search,
// with the words in stars, and as much before them as behind. Of a body that has none
// of the words it shows nothing: that would answer what nobody asked.
func snippet(row *mailbox.Row, most int) string {
	switch {
	case len(row.Matches) == 0 && row.Score > 0:
		return ""
	case len(row.Matches) == 0:
		return oneLine(row.Snippet, min(most, 120))
	}
	text := []rune(oneLine(row.Marked("*", "*"), 4*most))
	if len(text) <= most {
		return string(text)
	}
	first := slices.Index(text, '*')
	last := len(text) - 1
	for last > first && text[last] != '*' {
		last--
	}
	from := max(0, min(first-max(0, most-(last-first))/2, len(text)-most))
	cut := string(text[from : from+most])
	if from > 0 {
		cut = "…" + cut
	}
	if from+most < len(text) {
		cut += "…"
	}
	return cut
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
	items, err := d.a.mail.Get(d.ctx, d.a.o.Address, mailbox.Get{UIDs: uids})
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
	}, jsontext.Clean(s))
	return short(strings.Join(strings.Fields(s), " "), max)
}
