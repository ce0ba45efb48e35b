package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// recallShare is the part of the budget, in percent, that a recalled note may take
// where recall is on.
const recallShare = 10

// home is a life that is lived by quire's agents on a store in memory.
type home struct {
	life   *Life
	set    *Setting
	out    *Outcome
	clock  *clock
	store  *mailbox.Store
	agents []*agent.Agent
	during []Mail // what is still to come in between
	waits  []wait
	ids    int
	err    error
	watch  func(body []byte, a Act)
}

// wait is a reply that comes at an event, once its question was asked.
type wait struct {
	job   string
	reply Reply
	due   int // 0: the question was not asked yet
}

// livesQuire lives a life with the shipped agent and its defaults.
func livesQuire(ctx context.Context, l *Life, s *Setting, watch func([]byte, Act)) (*Outcome, error) {
	h := &home{life: l, set: s, out: newOutcome(), clock: newClock(), watch: watch}
	h.store = mailbox.New(memstore.NewDriver("work"), &mailbox.Options{Clock: h.clock.now})
	for _, j := range l.Jobs {
		if r, ok := l.Replies[j.ID]; ok {
			h.waits = append(h.waits, wait{job: j.ID, reply: r})
		}
	}
	for i := range l.Agents {
		if err := h.settle(&l.Agents[i]); err != nil {
			return nil, err
		}
	}
	for i := range l.Events {
		if err := h.event(ctx, i); err != nil {
			return nil, err
		}
	}
	return h.out, h.answers(ctx)
}

// settle adds an agent.
func (h *home) settle(a *Agent) error {
	m := &model{s: h.set, out: h.out, clock: h.clock, purse: newPurse(h.set, h.clock), seen: h.watch}
	o := agent.Options{
		Profile:  h.set.info(),
		Composer: compose.New(nil), System: a.System, Budget: h.set.Budget, Now: h.clock.now,
		Sleep:  func(context.Context, time.Duration) error { return nil },
		OnStep: func(agent.StepInfo) { h.between() },
	}
	if h.set.Keep {
		o.Composer = compose.New(&compose.Options{Policy: keepAll{}})
	}
	if h.set.Recall {
		o.Recall.Share = recallShare
	}
	if a.Tool {
		o.Tools = []agent.Tool{{Name: toolProbe, Description: probeAbout, Schema: []byte(probeSchema), Repeatable: true,
			Run: func(ctx context.Context, c agent.Call) ([]quire.Part, error) { return probeParts(ctx, h.life, c.Args) }}}
	}
	made, err := agent.New(h.store.Box(quire.Address(a.Address)), m, &o)
	h.agents = append(h.agents, made)
	return err
}

// event lets mail come, and the agents work until nothing waits.
func (h *home) event(ctx context.Context, i int) error {
	e := &h.life.Events[i]
	h.clock.pass(eventTakes)
	h.during = e.During
	if err := h.send(ctx, e.Mail); err != nil {
		return err
	}
	for k := range h.waits {
		if w := &h.waits[k]; w.due > 0 && w.due <= i {
			if err := h.send(ctx, []Mail{w.reply.Mail}); err != nil {
				return err
			}
			w.due = 0
			w.job = ""
		}
	}
	if err := h.rest(ctx); err != nil {
		return err
	}
	if len(h.during) > 0 {
		left := h.during
		h.during = nil
		if err := h.send(ctx, left); err != nil {
			return err
		}
		if err := h.rest(ctx); err != nil {
			return err
		}
	}
	return h.questions(ctx, i)
}

// maxTurns is how many turns may follow one event before it counts as endless.
const maxTurns = 200

// rest lets the agents take turns until all are idle. What only ends a turn is no
// error: the job then stays undone.
func (h *home) rest(ctx context.Context) error {
	for n := 0; n < maxTurns; n++ {
		idle := true
		for i, a := range h.agents {
			t, err := a.Turn(ctx)
			if err != nil {
				if !goesOn(err) {
					return err
				}
				if err := h.giveUp(ctx, i); err != nil {
					return err
				}
			}
			idle = idle && (t.Idle || err != nil && t.Steps == 0)
		}
		if h.err != nil {
			return h.err
		}
		if idle {
			return nil
		}
	}
	return nil
}

// goesOn says whether an error ends a turn only.
func goesOn(err error) bool {
	var limit *agent.LimitError
	var budget *compose.BudgetError
	return errors.As(err, &limit) || errors.As(err, &budget)
}

// giveUp handles the mail that the agent was shown in a turn which a limit ended, and
// says so, as its owner would: else every later message would begin the same turn again.
func (h *home) giveUp(ctx context.Context, i int) error {
	addr := quire.Address(h.life.Agents[i].Address)
	page, err := h.store.Query(ctx, addr, mailbox.Query{Pending: true, Oldest: true, Limit: 1000, Now: h.clock.now()})
	if err != nil || len(page.Rows) == 0 {
		return err
	}
	c := mailbox.Commit{Address: addr, Now: h.clock.now()}
	for k := range page.Rows {
		if row := &page.Rows[k]; row.Flags.Has(quire.FlagPulled) {
			c.Flags = append(c.Flags, mailbox.FlagChange{UID: row.UID, Set: quire.FlagHandled})
		}
	}
	if len(c.Flags) == 0 { // it got no further than waking
		c.Flags = append(c.Flags, mailbox.FlagChange{UID: page.Rows[0].UID, Set: quire.FlagHandled})
	}
	if _, err = h.store.Commit(ctx, c); err != nil {
		return err
	}
	var leave []string
	from := ""
	for k := range page.Rows {
		row := &page.Rows[k]
		given := slices.ContainsFunc(c.Flags, func(f mailbox.FlagChange) bool { return f.UID == row.UID })
		if id, ok := strings.CutPrefix(row.Subject, "Job "); ok && given {
			leave, from = append(leave, leaveMark(id)), string(row.From)
		}
	}
	if len(leave) == 0 {
		return nil
	}
	return h.send(ctx, []Mail{{From: from, To: string(addr), Subject: "Leave it", Body: strings.Join(leave, "\n")}})
}

// between lets one message come between two calls.
func (h *home) between() {
	if len(h.during) == 0 || h.err != nil {
		return
	}
	m := h.during[0]
	h.during = h.during[1:]
	h.err = h.send(context.Background(), []Mail{m})
}

// send stores mail, as its senders would.
func (h *home) send(ctx context.Context, list []Mail) error {
	for i := range list {
		m := &list[i]
		h.ids++
		d := quire.Draft{ID: quire.MessageID(fmt.Sprintf("01890000-0000-7000-8000-%012x", h.ids)), To: []quire.Address{quire.Address(m.To)},
			Kind: quire.KindMail, Subject: m.Subject, Parts: []quire.Part{quire.Text{Text: m.Body}}}
		if m.Auto {
			d.Auto = quire.AutoGenerated
		}
		done, err := h.store.Commit(ctx, mailbox.Commit{Address: quire.Address(m.From), Sends: []quire.Draft{d}, Now: h.clock.now()})
		if err != nil {
			return err
		}
		for _, s := range done.Sent {
			for _, b := range s.Bounced {
				return fmt.Errorf("work: %s: mail to %s bounced: %s", h.life.Seed, b.To, b.Reason)
			}
		}
	}
	return nil
}

// questions looks for those that were asked, and sets when their replies come.
func (h *home) questions(ctx context.Context, i int) error {
	for k := range h.waits {
		w := &h.waits[k]
		if w.due > 0 || w.job == "" {
			continue
		}
		page, err := h.store.Query(ctx, quire.Address(w.reply.Mail.From), mailbox.Query{Limit: 1, Now: h.clock.now()})
		if err != nil {
			return err
		}
		if len(page.Rows) > 0 {
			w.due = i + w.reply.After
		}
	}
	return nil
}

// answers reads what the askers got.
func (h *home) answers(ctx context.Context) error {
	q := mailbox.Query{Oldest: true, Limit: 500, Now: h.clock.now()}
	for {
		page, err := h.store.Query(ctx, owner, q)
		if err != nil {
			return err
		}
		var uids []quire.UID
		for i := range page.Rows {
			uids = append(uids, page.Rows[i].UID)
		}
		items, err := h.store.Get(ctx, owner, mailbox.Get{UIDs: uids})
		if err != nil {
			return err
		}
		for i := range items {
			h.out.answer(quire.PlainText(items[i].Parts))
		}
		if !page.More {
			return nil
		}
		q.Cursor = page.Next
	}
}

// answer notes the first answer to a job.
func (o *Outcome) answer(text string) {
	rest, ok := strings.CutPrefix(text, "Answer ")
	id, value, found := strings.Cut(rest, ": ")
	if _, again := o.Answers[id]; !ok || !found || again {
		return
	}
	o.Answers[id] = strings.TrimSuffix(strings.TrimSpace(value), ".")
}
