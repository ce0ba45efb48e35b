package inspect

import (
	"context"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// mailList is a page of a mailbox.
type mailList struct {
	mailbox.Status
	Rows      []mailRow
	Next      string // cursor of the page behind
	Query     mailQuery
	Kinds     []quire.Kind
	Has       []string
	Searching bool
}

// mailQuery is what a form asked for, as it goes back into the form.
type mailQuery struct {
	Text, From, Kind, Has, Thread string
	Pending, Oldest, Threads      bool
}

// mailRow is a message with the words that were searched set apart.
type mailRow struct {
	mailbox.Row
	Word  string
	Words []words
}

// words are a piece of a snippet.
type words struct {
	Text string
	Hit  bool
}

var kinds = []quire.Kind{quire.KindMail, quire.KindQuestion, quire.KindAnswer, quire.KindEvent, quire.KindTurn, quire.KindResult, quire.KindNote}

var flagNames = []struct {
	name string
	flag quire.Flags
}{
	{"handled", quire.FlagHandled}, {"answered", quire.FlagAnswered}, {"pulled", quire.FlagPulled}, {"pinned", quire.FlagPinned},
	{"superseded", quire.FlagSuperseded}, {"retracted", quire.FlagRetracted}, {"dead", quire.FlagDead}, {"held", quire.FlagHeld},
}

func (h *Handler) mail(ctx context.Context, q *query) (*page, error) {
	addr := q.box()
	v := q.values
	l := mailList{Kinds: kinds, Query: mailQuery{Text: v.Get("q"), From: v.Get("from"), Kind: v.Get("kind"), Has: v.Get("has"), Thread: v.Get("thread"),
		Pending: v.Get("pending") != "", Oldest: v.Get("oldest") != "", Threads: v.Get("threads") != ""}}
	for _, f := range flagNames {
		l.Has = append(l.Has, f.name)
	}
	ask := l.Query.query(q)
	ask.Limit, ask.Cursor, ask.Now = callsAtOnce, v.Get("cursor"), q.now
	if q.err != nil {
		return nil, q.err
	}
	found, err := h.store.Query(ctx, addr, ask)
	if err != nil {
		return nil, err
	}
	for i := range found.Rows {
		row := mailRow{Row: found.Rows[i], Words: marked(&found.Rows[i])}
		row.Word = wordOf(&row.Item, row.Pending(q.now))
		l.Rows = append(l.Rows, row)
	}
	l.Next, l.Searching = found.Next, l.Query != (mailQuery{})
	if l.Status, err = h.store.Status(ctx, addr); err != nil {
		return nil, err
	}
	agent, _, err := h.isAgent(ctx, addr)
	follow := ""
	if ask.Cursor == "" && !l.Searching {
		follow = to("live", "box", addr)
	}
	return &page{Name: "mail", Title: "Mail of " + look.Line(string(addr), 40), Box: addr, Agent: agent, Tab: "mail", Live: follow, Now: q.now, Body: &l}, err
}

// query makes what a store is asked.
func (m *mailQuery) query(q *query) mailbox.Query {
	out := mailbox.Query{Text: m.Text, From: quire.Address(m.From), Thread: quire.MessageID(m.Thread), Pending: m.Pending, Oldest: m.Oldest, Collapse: m.Threads}
	if m.From != "" && out.From.Valid() != nil {
		q.wrong("from: %v", out.From.Valid())
	}
	if m.Kind != "" {
		if out.Kinds = []quire.Kind{quire.Kind(m.Kind)}; !slices.Contains(kinds, out.Kinds[0]) {
			q.wrong("kind: there is none that is called %q", m.Kind)
		}
	}
	for _, f := range flagNames {
		if f.name == m.Has {
			out.Has = f.flag
		}
	}
	if m.Has != "" && out.Has == 0 {
		q.wrong("has: there is no flag that is called %q", m.Has)
	}
	return out
}

// marked cuts a snippet where what was searched stands in it.
func marked(r *mailbox.Row) []words {
	var out []words
	at := 0
	add := func(to int, hit bool) {
		if to > at && to <= len(r.Snippet) {
			out = append(out, words{look.Clean(r.Snippet[at:to]), hit})
			at = to
		}
	}
	for _, m := range r.Matches {
		add(m.From, false)
		add(m.To, true)
	}
	add(len(r.Snippet), false)
	return out
}

// wordOf is how a message stands, in one word.
func wordOf(it *quire.Item, pending bool) string {
	for _, f := range []quire.Flags{quire.FlagDead, quire.FlagHeld, quire.FlagRetracted, quire.FlagSuperseded} {
		if it.Flags.Has(f) {
			return f.String()
		}
	}
	switch {
	case pending:
		return "pending"
	case it.Flags.Has(quire.FlagAnswered):
		return "answered"
	case it.Flags.Has(quire.FlagHandled):
		return "done"
	}
	return ""
}

// With is a link to the same list with one thing changed.
func (m mailQuery) With(box quire.Address, name, value string) string {
	pairs := []any{"box", box}
	flag := map[bool]string{true: "1"}
	for _, p := range [][2]string{{"q", m.Text}, {"from", m.From}, {"kind", m.Kind}, {"has", m.Has}, {"thread", m.Thread},
		{"pending", flag[m.Pending]}, {"oldest", flag[m.Oldest]}, {"threads", flag[m.Threads]}} {
		if p[0] != name && strings.TrimSpace(p[1]) != "" {
			pairs = append(pairs, p[0], p[1])
		}
	}
	return to("mail", append(pairs, name, value)...)
}
