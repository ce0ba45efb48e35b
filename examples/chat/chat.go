package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/providers"
)

// agentName is the agent's address.
const agentName = "ada"

// chat is a person, an agent and the mailboxes of both.
type chat struct {
	o     options
	term  terminal
	page  *page
	store *mailbox.Store
	me    *mailbox.Box
	agent *agent.Agent
	brain brain

	plan     *compose.Plan // the last one
	said     strings.Builder
	failed   error     // what kept the agent from answering the last line; nil when nothing did
	asked    quire.UID // the question of the agent that waits for the person; 0: none
	spending spending
}

// open opens the mailboxes and wakes nobody.
func open(ctx context.Context, o options, t terminal) (*chat, error) {
	b, err := think(o, t.env)
	if err != nil {
		return nil, err
	}
	c := &chat{o: o, term: t, brain: b, page: newPage(t.out, t.width), store: memstore.New(nil)}
	if o.file != "" {
		file, err := sqlitestore.Open(ctx, o.file, nil)
		if err != nil {
			return nil, err
		}
		c.store = file.Store
	}
	if err := c.wire(); err != nil {
		return nil, errors.Join(err, c.store.Close())
	}
	return c, nil
}

// wire connects the person and the agent.
func (c *chat) wire() (err error) {
	c.me = c.store.Box(quire.Address(c.o.me))
	c.agent, err = agent.New(c.store.Box(agentName), speaker{c.brain.model, c.heard}, &agent.Options{
		Profile: c.brain.info,
		System:  c.o.system, Budget: c.o.budget, Owner: c.me.Address(),
		Answer: true, // what it says is mailed to the person, whether or not it thinks of mail
		Limits: agent.Limits{Retries: 2},
		OnPlan: c.planned, OnStep: c.stepped,
	})
	return err
}

// talk reads lines until there are no more, or the person leaves.
func (c *chat) talk(ctx context.Context) error {
	if err := c.greet(ctx); err != nil {
		return err
	}
	in := bufio.NewReader(c.term.in)
	for {
		if c.term.typed {
			c.page.fresh()
			fmt.Fprintf(c.term.out, "%s> ", c.o.me)
		}
		line, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if text := strings.TrimSpace(line); text != "" {
			leave, err := c.take(ctx, text)
			if err != nil || leave {
				return err
			}
		}
		if err == io.EOF && c.failed != nil && !c.term.typed {
			return fmt.Errorf("the last line got no answer: %w", c.failed)
		}
		if err == io.EOF {
			return nil
		}
	}
}

// greet says what is there already, and lets the agent go on with what waits.
func (c *chat) greet(ctx context.Context) error {
	s, err := c.agent.Status(ctx)
	if err != nil {
		return err
	}
	if s.Calls > 0 {
		c.page.line("(%s goes on after %s; /set shows what stands in the context)", agentName, plural(int(s.Calls), "model call"))
	} else if c.term.typed {
		c.page.line("(you write to %s, who is %s; /help says what else you can do)", agentName, c.o.model)
	}
	if err := c.unread(ctx); err != nil {
		return err
	}
	return c.turns(ctx)
}

// take deals with one line.
func (c *chat) take(ctx context.Context, text string) (leave bool, err error) {
	if strings.HasPrefix(text, "/") {
		return c.command(ctx, text)
	}
	return false, c.send(ctx, quire.Text{Text: text})
}

// send mails the agent, or answers what it asked, and lets it read that.
func (c *chat) send(ctx context.Context, parts ...quire.Part) error {
	d := quire.Draft{To: []quire.Address{agentName}, Kind: quire.KindMail, Parts: parts}
	var sent mailbox.Sent
	var err error
	if c.asked != 0 {
		sent, err = c.me.Answer(ctx, c.asked, d)
		c.asked = 0
	} else {
		sent, err = c.me.Send(ctx, d)
	}
	if err != nil {
		return err
	}
	for _, b := range sent.Bounced {
		c.page.line("(not delivered: %s)", b.Reason)
	}
	return c.turns(ctx)
}

// turns lets the agent work until nothing waits. Ctrl-C ends the turn, not the
// program.
func (c *chat) turns(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	c.failed = nil
	for {
		c.said.Reset()
		t, err := c.agent.Turn(ctx)
		c.page.fresh()
		switch {
		case err != nil && ctx.Err() != nil:
			c.page.rows = nil
			c.page.line("(stopped; what was not answered waits, and goes on with your next line)")
			return nil
		case err != nil && !c.excuse(err):
			return err
		case t.Idle && t.Parked != "":
			c.page.line("(%s waits for new mail: %s)", agentName, t.Parked)
			return nil
		case t.Idle:
			return nil
		case err == nil:
			if err := c.showAnswer(ctx); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// excuse says what kept the agent from answering, if the program can go on.
func (c *chat) excuse(err error) bool {
	var failure *providers.Error
	var limit *agent.LimitError
	var budget *compose.BudgetError
	switch {
	case errors.As(err, &failure):
		c.page.line("(no answer: %v)", failure)
		if failure.Code == providers.CodeRateLimited || failure.Code == providers.CodeUnavailable {
			c.page.line("(your mail waits; /again asks once more)")
		}
	case errors.As(err, &limit), errors.As(err, &budget):
		c.page.line("(no answer: %v)", err)
	default:
		return false
	}
	c.page.rows = nil
	c.failed = err
	return true
}

// heard shows what the model says, as it says it.
func (c *chat) heard(d quire.Delta) {
	if d.Text != "" {
		if c.said.Len() == 0 {
			c.page.fresh()
			c.page.write(agentName + ": ")
		}
		c.said.WriteString(d.Text)
		c.page.write(d.Text)
	}
	if d.ToolCall != nil {
		c.page.line("  [%s %s]", d.ToolCall.Name, cutAt(d.ToolCall.Args, 60))
	}
}

// planned puts what the model is about to see beside what it will say.
func (c *chat) planned(p *compose.Plan) {
	c.plan = p
	if c.page.left > 0 {
		c.page.rows = c.beside(p)
	}
}

// stepped adds up what a step took.
func (c *chat) stepped(i agent.StepInfo) {
	if !i.Ended { // text before a tool call: what comes next begins anew
		c.said.Reset()
	}
	c.spending.add(c.brain.info.Tariff, i.Reply.Usage, i.Plan)
}

// unread shows the mail that waits for the person, but for what was just heard.
func (c *chat) unread(ctx context.Context) error {
	page, err := c.me.Find(ctx, mailbox.Query{Pending: true, Incoming: true, Oldest: true, Limit: 100, Now: time.Now()})
	if err != nil || len(page.Rows) == 0 {
		return err
	}
	heard := strings.TrimSpace(c.said.String())
	for i := range page.Rows {
		items, err := c.me.Read(ctx, page.Rows[i].UID)
		if err != nil {
			return err
		}
		for j := range items {
			if err := c.mail(ctx, &items[j], heard); err != nil {
				return err
			}
		}
	}
	return nil
}

// mail shows one message to the person.
func (c *chat) mail(ctx context.Context, it *quire.Item, heard string) error {
	text := strings.TrimSpace(quire.PlainText(it.Parts))
	if it.Kind == quire.KindQuestion {
		c.page.line("%s asks: %s", it.From, text)
		if q := it.Question; q != nil {
			c.page.line("  (%s; your next line is the answer)", questionLine(q))
		}
		c.asked = it.UID
		return nil // it waits until it is answered
	}
	switch {
	case it.Kind == quire.KindEvent:
		c.page.line("(%s notes: %s)", it.From, cutAt(it.Subject+": "+text, 200))
	case text != heard:
		c.page.line("mail from %s: %s", it.From, strings.TrimSpace(it.Subject+"\n"+text))
	}
	return c.me.Done(ctx, it.UID)
}

func questionLine(q *quire.Question) string {
	var s []string
	if len(q.Options) > 0 {
		s = append(s, strings.Join(q.Options, " or "))
	}
	if !q.ReplyBy.IsZero() {
		s = append(s, "by "+q.ReplyBy.Local().Format("15:04"))
	}
	if q.Default != "" && q.Reversible {
		return strings.Join(append(s, "else "+q.Default), ", ")
	}
	return strings.Join(append(s, "nothing is decided without you"), ", ")
}

func cutAt(s string, max int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > max {
		return string(r[:max]) + "…"
	}
	return s
}
