package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

const (
	rowsAtOnce  = 100 // of a context or a mailbox
	snippet     = 140 // characters of a message in a row
	noticeNames = 5   // that a notice names
)

// contextRow is a row of a context.
type contextRow struct {
	compose.Standing
	Part    int // of the context, in percent
	Colour  string
	Subject string
	Says    string
}

// live is the page of an agent.
type live struct {
	agentRow
	Bar        *bar
	Rows       []contextRow
	From, All  int // of the rows
	Next, Prev int // -1: none
	Last       *compose.Receipt
	Arrived    int // of its own, that the next call takes in
	Waiting    []mailbox.Row
	Journal    []driver.JournalEntry
	Calls      []callRow
	Marked     []reason
}

// reason is why some of a context is marked, or left.
type reason struct {
	Why    string
	Count  int
	Tokens int
}

func (h *Handler) agent(ctx context.Context, q *query) (*page, error) {
	addr := q.box()
	if q.err != nil {
		return nil, q.err
	}
	snap, st, err := look.State(ctx, h.store, addr)
	if err != nil {
		return nil, err
	}
	l := live{Arrived: len(snap.Arrived), Journal: snap.Journal}
	if l.Mailbox, err = h.mailbox(ctx, addr, q.now); err != nil {
		return nil, err
	}
	blocks := blocksAtOnce
	row, err := h.glance(ctx, &l.Mailbox, q.now, &blocks)
	if err != nil {
		return nil, err
	}
	l.agentRow = *row
	if l.Calls, err = h.callsUpTo(ctx, addr, st.Calls(), 8); err != nil {
		return nil, err
	}
	if len(l.Calls) > 0 {
		l.Last = &l.Calls[0].Receipt
	}
	if err := h.context(ctx, &l, &st, int(q.number("from"))); err != nil {
		return nil, err
	}
	waiting, err := h.store.Query(ctx, addr, mailbox.Query{Pending: true, Oldest: true, Limit: noticeNames, Now: q.now})
	l.Waiting = waiting.Rows
	return &page{Name: "agent", Title: look.Line(string(addr), 40), Box: addr, Agent: true, Tab: "agent", Live: to("live", "box", addr), Now: q.now, Body: &l}, err
}

// mailbox reads the row of one mailbox. Who runs it is not known where very many have a
// name that begins as its own.
func (h *Handler) mailbox(ctx context.Context, addr quire.Address, now time.Time) (mailbox.Mailbox, error) {
	_, last := utf8.DecodeLastRuneInString(string(addr))
	list, err := h.store.Mailboxes(ctx, mailbox.MailboxQuery{Behind: addr[:len(addr)-last], Limit: boxesAtOnce, Now: now})
	if err != nil {
		return mailbox.Mailbox{}, err
	}
	for i := range list {
		if list[i].Address == addr {
			return list[i], nil
		}
	}
	st, err := h.store.Status(ctx, addr)
	return mailbox.Mailbox{Address: addr, Total: st.Total, Pending: st.Pending, Oldest: st.Oldest}, err
}

// context reads what stands, and a page of its rows.
func (h *Handler) context(ctx context.Context, l *live, st *compose.State, from int) error {
	items := st.Items()
	l.Bar = contextBar(items, l.Last)
	l.All, l.From, l.Next, l.Prev = len(items), min(from, len(items)), -1, -1
	for i := range items {
		if m := string(items[i].Mark); m != "" {
			l.Marked = because(l.Marked, m, items[i].Tokens)
		}
	}
	end := min(l.From+rowsAtOnce, len(items))
	if end < len(items) {
		l.Next = end
	}
	if l.From > 0 {
		l.Prev = max(l.From-rowsAtOnce, 0)
	}
	shown := items[l.From:end]
	var uids []quire.UID
	for i := range shown {
		if shown[i].Fate != compose.FateOut {
			uids = append(uids, shown[i].UID)
		}
	}
	said, err := h.said(ctx, l.Address, uids)
	for i := range shown {
		r := contextRow{Standing: shown[i], Colour: classOf(&shown[i]), Part: int(100 * int64(shown[i].Tokens) / int64(max(l.Bar.Used, 1)))}
		if it, ok := said[r.UID]; ok && r.Fate != compose.FateOut {
			r.Subject, r.Says = it.Subject, look.Line(quire.PlainText(it.Parts), snippet)
		}
		l.Rows = append(l.Rows, r)
	}
	return err
}

// because counts one more for a reason.
func because(list []reason, why string, tokens int) []reason {
	i := slices.IndexFunc(list, func(r reason) bool { return r.Why == why })
	if i < 0 {
		list = append(list, reason{Why: why})
		i = len(list) - 1
	}
	list[i].Count++
	list[i].Tokens += tokens
	return list
}

// said reads messages by number. Those that were destroyed are not there.
func (h *Handler) said(ctx context.Context, addr quire.Address, uids []quire.UID) (map[quire.UID]*quire.Item, error) {
	found := map[quire.UID]*quire.Item{}
	for part := range slices.Chunk(uids, 100) {
		items, err := h.store.Get(ctx, addr, mailbox.Get{UIDs: part})
		if err != nil {
			return nil, err
		}
		for i := range items {
			found[items[i].UID] = &items[i]
		}
	}
	return found, nil
}

// isAgent says whether an agent lives at an address, and how many calls it made.
func (h *Handler) isAgent(ctx context.Context, addr quire.Address) (bool, uint64, error) {
	_, st, err := look.State(ctx, h.store, addr)
	switch {
	case errors.Is(err, mailbox.ErrNotFound), errors.Is(err, mailbox.ErrCorrupt): // a program of another kind, or damaged: its mail can be read
		return false, 0, nil
	case err != nil:
		return false, 0, err
	}
	return st.Calls() > 0, st.Calls(), nil
}

// Special says what sets a row of a context apart.
func (r *contextRow) Special() []string {
	var all []string
	if r.Pinned {
		all = append(all, "pinned")
	}
	if r.Now {
		all = append(all, "this turn")
	}
	if len(r.Shows) > 0 {
		all = append(all, fmt.Sprintf("shows %v", r.Shows))
	}
	return all
}
