package inspect

import (
	"context"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/price"
)

// boxesAtOnce is how many mailboxes stand on a page.
const boxesAtOnce = 100

// standing is how an agent stands, in a word and a sentence.
type standing struct {
	Word string // awake, waiting, parked, paused, ill, asleep
	Why  string
}

// agentRow is an agent at a glance.
type agentRow struct {
	mailbox.Mailbox
	agent.Status
	standing
	Used, Budget int         // of its last call, in tokens
	Today        price.Money // since midnight in UTC
	Unknown      int         // calls of today that are not in Today
	Partly       bool        // more calls of today are not read yet
	Trouble      string      // why it can't be read
}

// overview is the first page.
type overview struct {
	Agents, People []agentRow
	Next           quire.Address // the page behind this one begins behind it
	Questions      int
	Today          price.Money
	Unknown        int
	Partly         bool
}

func (h *Handler) agents(ctx context.Context, q *query) (*page, error) {
	behind := quire.Address(q.values.Get("behind"))
	list, err := h.store.Mailboxes(ctx, mailbox.MailboxQuery{Behind: behind, Limit: boxesAtOnce + 1, Now: q.now})
	if err != nil {
		return nil, err
	}
	o := overview{}
	if len(list) > boxesAtOnce {
		list = list[:boxesAtOnce]
		o.Next = list[boxesAtOnce-1].Address
	}
	blocks := blocksAtOnce
	for i := range list {
		if list[i].Called.IsZero() { // what made no call may keep a state of another kind
			o.People = append(o.People, agentRow{Mailbox: list[i]})
			continue
		}
		row, err := h.glance(ctx, &list[i], q.now, &blocks)
		if err != nil {
			return nil, err
		}
		o.Agents = append(o.Agents, *row)
		o.Today, o.Unknown, o.Partly = o.Today.Plus(row.Today), o.Unknown+row.Unknown, o.Partly || row.Partly
	}
	err = h.eachOpen(ctx, q.now, "", func(_ *mailbox.Mailbox, row *mailbox.Row) {
		if !look.Late(row.Question, q.now) {
			o.Questions++
		}
	})
	return &page{Name: "agents", Title: "Agents", Live: to("live", "behind", behind), Now: q.now, Body: &o}, err
}

// blocksAtOnce is how many blocks of receipts one page reads that it does not remember.
const blocksAtOnce = 160

// glance reads one agent. That one can't be read does not keep the others from being shown.
func (h *Handler) glance(ctx context.Context, b *mailbox.Mailbox, now time.Time, blocks *int) (*agentRow, error) {
	row := &agentRow{Mailbox: *b}
	status, err := agent.StatusOf(ctx, h.store, b.Address, now)
	if err == nil {
		row.Status = status
		row.standing = standingOf(&status, b, now)
		err = h.spentToday(ctx, row, now, blocks)
	}
	if err == nil {
		err = look.Receipts(ctx, h.store, b.Address, status.Calls, status.Calls, func(r *compose.Receipt) error {
			row.Used, row.Budget = r.Used, r.Budget
			return nil
		})
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		row.Trouble = err.Error()
	}
	return row, nil
}

func (h *Handler) spentToday(ctx context.Context, row *agentRow, now time.Time, blocks *int) error {
	list, complete, err := h.spentSince(ctx, row.Address, now, blocks)
	row.Partly = !complete
	for i := range list {
		row.Today = row.Today.Plus(list[i].Money)
		row.Unknown += list[i].Unknown
	}
	return err
}

// standingOf says what an agent does, or what it waits for: the most urgent of it.
func standingOf(s *agent.Status, b *mailbox.Mailbox, now time.Time) standing {
	asks := func() string {
		if s.Due.IsZero() {
			return fmt.Sprintf("%s open", plural(s.Questions, "question", "questions"))
		}
		return fmt.Sprintf("%s open, the first due %s", plural(s.Questions, "question", "questions"), ago(s.Due, now))
	}
	until := func(why string) string {
		if s.Until.IsZero() {
			return why + ", until its owner answers"
		}
		return why + ", goes on " + ago(s.Until, now)
	}
	switch word := look.Stands(s, b); word {
	case look.Ill:
		return standing{word, fmt.Sprintf("no model since %s, %s: %s. Next try %s", at(s.Health.Since),
			plural(s.Health.Failures, "failure", "failures"), s.Health.Reason, ago(later(s.Health.Next, now), now))}
	case look.Paused:
		return standing{word, until("at its limit: " + s.Paused)}
	case look.Parked:
		return standing{word, s.Parked}
	case look.Awake:
		switch {
		case s.Open && s.Interrupted > 0:
			return standing{word, fmt.Sprintf("turn %d: %s under way", s.Turns, plural(s.Interrupted, "tool call", "tool calls"))}
		case s.Open:
			return standing{word, fmt.Sprintf("turn %d is under way", s.Turns)}
		}
		return standing{word, fmt.Sprintf("%s waiting, the first since %s", plural(b.Pending, "message is", "messages are"), ago(b.Oldest, now))}
	case look.Waiting:
		return standing{word, asks()}
	default:
		return standing{word, fmt.Sprintf("turn %d is over", s.Turns)}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
