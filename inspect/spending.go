package inspect

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// sorted are the keys of a map, in order.
func sorted[V any](m map[quire.UID]V) []quire.UID { return slices.Sorted(maps.Keys(m)) }

// spendRow is a row of the page of spending.
type spendRow struct {
	look.Spent
	Thread  quire.MessageID
	Subject string    // of the thread's first message
	UID     quire.UID // of it, in the agent's mailbox
	Width   float64   // of its picture
}

// spending is the page of what calls cost.
type spending struct {
	Rows    []spendRow
	More    int // rows that are not shown
	Total   look.Spent
	By      string
	Days    int
	From    time.Time
	Partly  bool // more is not read yet
	Next    quire.Address
	Choices []string
}

// maxRows is how many rows are shown, and maxDays how far back they go.
const (
	maxRows = 200
	maxDays = 366
)

func (h *Handler) spending(ctx context.Context, q *query) (*page, error) {
	s := spending{By: cmp.Or(q.values.Get("by"), "day"), Days: int(min(q.number("days"), maxDays)), Choices: []string{"day", "agent", "model", "thread"}}
	if s.Days == 0 {
		s.Days = 7
	}
	if !slices.Contains(s.Choices, s.By) {
		q.wrong("by: there are day, agent, model and thread")
	}
	addr := quire.Address("")
	if q.values.Get("box") != "" {
		addr = q.box()
	}
	if q.err != nil {
		return nil, q.err
	}
	s.From = q.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-s.Days)
	if err := h.spent(ctx, q, &s, addr); err != nil {
		return nil, err
	}
	return &page{Name: "spending", Title: "Spending", Box: addr, Agent: addr != "", Tab: "spending", Now: q.now, Body: &s}, nil
}

// spent adds up, and makes the rows.
func (h *Handler) spent(ctx context.Context, q *query, s *spending, only quire.Address) error {
	agents := []quire.Address{only}
	if only == "" {
		list, err := h.store.Mailboxes(ctx, mailbox.MailboxQuery{Agents: true, Behind: quire.Address(q.values.Get("behind")), Limit: boxesAtOnce + 1, Now: q.now})
		if err != nil {
			return err
		}
		agents = nil
		if len(list) > boxesAtOnce {
			list = list[:boxesAtOnce]
			s.Next = list[boxesAtOnce-1].Address
		}
		for i := range list {
			if !list[i].Called.IsZero() {
				agents = append(agents, list[i].Address)
			}
		}
	}
	blocks := blocksAtOnce
	rows := map[spendKey]*spendRow{}
	for _, addr := range agents {
		list, complete, err := h.spentSince(ctx, addr, s.From, &blocks)
		if err != nil {
			return err
		}
		s.Partly = s.Partly || !complete
		for i := range list {
			s.Total.Add(&list[i].Spent)
			key := keyOf(&list[i], s.By)
			if rows[key] == nil {
				rows[key] = &spendRow{Spent: look.Spent{Day: key.day, Agent: key.agent, Model: key.model}, Thread: key.thread}
			}
			rows[key].Add(&list[i].Spent)
		}
	}
	for _, r := range rows {
		s.Rows = append(s.Rows, *r)
	}
	slices.SortFunc(s.Rows, func(a, b spendRow) int {
		return cmp.Or(-cmp.Compare(a.Day, b.Day), -cmp.Compare(a.Money, b.Money), -cmp.Compare(a.Input+a.Output, b.Input+b.Output),
			cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Thread, b.Thread))
	})
	s.More = max(len(s.Rows)-maxRows, 0)
	s.Rows = s.Rows[:min(len(s.Rows), maxRows)]
	s.widths()
	return h.threadNames(ctx, s)
}

// spendKey is what one row is about.
type spendKey struct {
	day    string
	agent  quire.Address
	model  string
	thread quire.MessageID
}

func keyOf(s *sum, by string) spendKey {
	switch by {
	case "agent":
		return spendKey{agent: s.Agent}
	case "model":
		return spendKey{model: s.Model}
	case "thread":
		return spendKey{agent: s.Agent, thread: s.Thread}
	}
	return spendKey{day: s.Day}
}

// widths makes pictures of the rows: by money, or by tokens where no price is known.
func (s *spending) widths() {
	of := func(r *look.Spent) float64 { return float64(r.Money) }
	if s.Total.Money == 0 {
		of = func(r *look.Spent) float64 { return float64(r.Input + r.Output) }
	}
	most := 1.0
	for i := range s.Rows {
		most = max(most, of(&s.Rows[i].Spent))
	}
	for i := range s.Rows {
		s.Rows[i].Width = 100 * of(&s.Rows[i].Spent) / most
	}
}

// threadNames finds the first messages of threads.
func (h *Handler) threadNames(ctx context.Context, s *spending) error {
	ids := map[quire.Address][]quire.MessageID{}
	for i := range s.Rows {
		if r := &s.Rows[i]; r.Thread != "" {
			ids[r.Agent] = append(ids[r.Agent], r.Thread)
		}
	}
	for addr, list := range ids {
		items, err := h.store.Get(ctx, addr, mailbox.Get{IDs: list})
		if err != nil {
			return err
		}
		for i := range s.Rows {
			for j := range items {
				if r := &s.Rows[i]; r.Agent == addr && r.Thread == items[j].ID {
					r.Subject, r.UID = items[j].Subject, items[j].UID
				}
			}
		}
	}
	return nil
}
