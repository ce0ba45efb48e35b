package recall

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	_ "modernc.org/sqlite" // the driver that FTS5 is measured with

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// owner is whose mailbox a conversation stands in.
const owner = quire.Address("memory")

// method finds messages for a question.
type method interface {
	name() string
	// find returns the sheet of at most so many tokens and the messages on it.
	find(ctx context.Context, q string, budget int) (sheet string, on []int, err error)
	// ranked lists messages, the best answer first.
	ranked(ctx context.Context, q string) ([]int, error)
}

// counter counts tokens, a line that comes again and again once: of six budgets each has
// nearly the same lines.
type counter map[string]int

// longLine is how many bytes a text may have to be kept in mind: whole sheets hardly come again.
const longLine = 64 << 10

func (c counter) count(s string) int {
	n, known := c[s]
	if !known {
		if n = tiktoken.O200k().CountText(s); len(s) <= longLine {
			c[strings.Clone(s)] = n
		}
	}
	return n
}

// ours is quire's recall over a store.
type ours struct {
	store   *mailbox.Store
	found   *recall.Recaller
	passage int // of a longer message so many tokens are shown; 0: all
}

// newOurs puts a conversation into a mailbox: each session is a thread.
func newOurs(ctx context.Context, s *sample, count counter) (*ours, error) {
	store := memstore.New(nil)
	for i := range s.messages {
		m := &s.messages[i]
		d := quire.Draft{ID: quire.MessageID(m.id), To: []quire.Address{owner}, Kind: quire.KindMail, Parts: []quire.Part{quire.Text{Text: m.text}}}
		if i > 0 && s.messages[i-1].session == m.session {
			d.InReplyTo = quire.MessageID(s.messages[i-1].id)
		}
		from := quire.Address(strings.ToLower(strings.Join(strings.Fields(m.speaker), "-")))
		if _, err := store.Commit(ctx, mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Now: m.sent}); err != nil {
			return nil, err
		}
	}
	return &ours{store: store, found: &recall.Recaller{Store: store, Address: owner, Count: count.count}}, nil
}

// inPart is how many tokens of a message are shown by the method of that name.
const inPart = 150

func (o *ours) name() string {
	if o.passage > 0 {
		return "in-part"
	}
	return "quire"
}

func (o *ours) find(ctx context.Context, q string, budget int) (string, []int, error) {
	r, err := o.found.Recall(ctx, recall.Query{Text: q, Budget: budget, Passage: o.passage})
	return r.Sheet, places(r.UIDs), err
}

func (o *ours) ranked(ctx context.Context, q string) ([]int, error) {
	r, err := o.found.Recall(ctx, recall.Query{Text: q})
	return places(r.Ranked), err
}

// places turns numbers in the mailbox into those of messages.
func places(uids []quire.UID) []int {
	out := make([]int, len(uids))
	for i, uid := range uids {
		out[i] = int(uid) - 1
	}
	return out
}

// simple fills a sheet in an order that something else gives.
type simple struct {
	s     *sample
	order func(ctx context.Context, q string) ([]int, error)
	of    string
	lines counter
}

func (m *simple) name() string { return m.of }

func (m *simple) ranked(ctx context.Context, q string) ([]int, error) { return m.order(ctx, q) }

func (m *simple) find(ctx context.Context, q string, budget int) (string, []int, error) {
	order, err := m.order(ctx, q)
	if err != nil {
		return "", nil, err
	}
	var b strings.Builder
	var on []int
	dated := map[int]bool{}
	used := 0
	for _, i := range order {
		t := &m.s.messages[i]
		text := ""
		if !dated[t.session] {
			text = t.sent.Format("[2 January 2006, 15:04]\n")
		}
		text += fmt.Sprintf("%s: %s\n", t.speaker, t.text)
		n := m.lines.count(text)
		if used+n > budget {
			continue
		}
		used += n
		dated[t.session] = true
		b.WriteString(text)
		on = append(on, i)
	}
	return b.String(), on, nil
}

func newest(s *sample, lines counter) *simple {
	return &simple{s, func(context.Context, string) ([]int, error) {
		var out []int
		for i := len(s.messages) - 1; i >= 0; i-- {
			out = append(out, i)
		}
		return out, nil
	}, "newest", lines}
}

// fts5 is SQLite's full-text search as most programs use it: Porter's stemmer, no
// stop words, the words joined by OR, BM25.
func fts5(ctx context.Context, s *sample, lines counter) (*simple, func() error, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "CREATE VIRTUAL TABLE t USING fts5(text, tokenize='porter unicode61')"); err != nil {
		return nil, nil, err
	}
	for i := range s.messages {
		if _, err := db.ExecContext(ctx, "INSERT INTO t (rowid, text) VALUES (?, ?)", i+1, s.messages[i].speaker+": "+s.messages[i].text); err != nil {
			return nil, nil, err
		}
	}
	return &simple{s, func(ctx context.Context, q string) ([]int, error) {
		var words []string
		for _, w := range strings.FieldsFunc(q, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') }) {
			if len(rank.QueryTerms(w)) > 0 { // not a stop word
				words = append(words, `"`+w+`"`)
			}
		}
		if len(words) == 0 {
			return nil, nil
		}
		rows, err := db.QueryContext(ctx, "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank, rowid DESC", strings.Join(words, " OR "))
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var out []int
		for rows.Next() {
			var id int
			if err := rows.Scan(&id); err != nil {
				return nil, err
			}
			out = append(out, id-1)
		}
		return out, rows.Err()
	}, "fts5", lines}, db.Close, nil
}
