package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
)

// command is something that the person can do besides writing.
type command struct {
	name, args, about string
	run               func(c *chat, ctx context.Context, args string) error
}

func commands() []command {
	return []command{
		{"set", "", "list all that stands in the agent's context", (*chat).showSet},
		{"find", "WORDS", "search the agent's mailbox, whether it is in the context or not", (*chat).find},
		{"pull", "N", "ask the agent to bring message N back into its context", (*chat).pull},
		{"drop", "N", "let message N go: it leaves when that is worth its price, and stays in the mailbox", (*chat).drop},
		{"pin", "N [off]", "forbid that message N leaves, or allow it again", (*chat).pin},
		{"plan", "", "print the last plan: every candidate, in or out, and why", (*chat).showPlan},
		{"again", "", "let the agent go on with what waits", func(c *chat, ctx context.Context, _ string) error { return c.turns(ctx) }},
		{"help", "", "print this list", func(c *chat, _ context.Context, _ string) error { c.page.write(commandList()); return nil }},
		{"quit", "", "leave; so does the end of the input", nil},
	}
}

func commandList() string {
	var b strings.Builder
	for _, k := range commands() {
		fmt.Fprintf(&b, "  %-15s %s\n", strings.TrimSpace("/"+k.name+" "+k.args), k.about)
	}
	return b.String()
}

// errUsage says that a command was not given what it needs.
var errUsage = errors.New("it wants the number of a message, such as 12")

// command runs one.
func (c *chat) command(ctx context.Context, line string) (leave bool, err error) {
	name, args, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	for _, k := range commands() {
		if k.name != name {
			continue
		}
		if k.run == nil {
			return true, nil
		}
		err := k.run(c, ctx, strings.TrimSpace(args))
		if errors.Is(err, errUsage) {
			c.page.line("(/%s %s: %v)", k.name, k.args, err)
			err = nil
		}
		c.page.flush()
		return false, err
	}
	c.page.line("(there is no /%s; /help lists what there is)", name)
	return false, nil
}

// number reads the number of a message.
func number(s string) (quire.UID, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 10, 64)
	if err != nil || n == 0 {
		return 0, errUsage
	}
	return quire.UID(n), nil
}

// state reads the agent's context as it stands.
func (c *chat) state(ctx context.Context) (mailbox.Snapshot, compose.State, error) {
	snap, err := c.store.Snapshot(ctx, agentName)
	if err != nil {
		return snap, compose.State{}, err
	}
	var st compose.State
	return snap, st, st.UnmarshalBinary(snap.Agent.State)
}

func (c *chat) showSet(ctx context.Context, _ string) error {
	_, st, err := c.state(ctx)
	if err != nil {
		return err
	}
	t, err := c.taken(ctx, &st)
	if err != nil {
		return err
	}
	rows, err := c.setTable(ctx, st.Items(), st.Calls(), t, max(c.term.width, 80), 0)
	if t.used > 0 {
		rows = append(rows, row("  in all", t.used, "", fmt.Sprintf("of %s tokens", thousands(t.budget)), max(c.term.width, 80)))
	}
	for _, row := range rows {
		fmt.Fprintln(c.term.out, strings.TrimRight(row, " "))
	}
	return err
}

// taken is what the agent's last call took, by its receipt; nothing before the first.
func (c *chat) taken(ctx context.Context, st *compose.State) (takes, error) {
	list, err := c.store.Receipts(ctx, agentName, st.Calls(), st.Calls())
	if err != nil || len(list) == 0 {
		return takes{}, err
	}
	r, err := compose.DecodeReceipt(list[0].Data)
	return takesOf(&r, st.Items()), err
}

func (c *chat) find(ctx context.Context, words string) error {
	_, st, err := c.state(ctx)
	if err != nil {
		return err
	}
	page, err := c.store.Query(ctx, agentName, mailbox.Query{Text: words, Limit: 10, Now: time.Now()})
	if err != nil {
		return err
	}
	if len(page.Rows) == 0 {
		c.page.line("(nothing found)")
	}
	for _, row := range page.Rows {
		where := "in the mailbox"
		if st.Resident(row.UID) {
			where = "in the context"
		}
		line := fmt.Sprintf("%4s %s %s  %s  %s", row.UID, fitted(string(row.From), 8), where, thousands(row.Tokens), strings.TrimSpace(row.Subject+" "+row.Snippet))
		fmt.Fprintln(c.term.out, strings.TrimRight(fitted(line, max(c.term.width, 80)), " "))
	}
	return nil
}

// pull mails a reference: the agent itself brings the message back, since what is in
// its context is the result of a call that it made.
func (c *chat) pull(ctx context.Context, args string) error {
	uid, err := number(args)
	if err != nil {
		return err
	}
	items, err := c.store.Get(ctx, agentName, mailbox.Get{UIDs: []quire.UID{uid}})
	if err != nil {
		return err
	}
	if len(items) == 0 {
		c.page.line("(there is no %s in %s's mailbox)", uid, agentName)
		return nil
	}
	return c.send(ctx, quire.Text{Text: fmt.Sprintf("Please pull %s back into your context.", uid)},
		quire.Ref{Message: items[0].ID, UID: uid, Part: -1})
}

func (c *chat) drop(ctx context.Context, args string) error {
	uid, err := number(args)
	if err != nil {
		return err
	}
	return c.edit(ctx, func(st *compose.State) string {
		switch {
		case st.Drop(uid, true):
			return fmt.Sprintf("%s is let go; it leaves when that is worth its price", uid)
		case st.Resident(uid):
			return fmt.Sprintf("%s is pinned: /pin %d off first", uid, uid)
		}
		return fmt.Sprintf("%s does not stand in the context", uid)
	})
}

func (c *chat) pin(ctx context.Context, args string) error {
	first, off, _ := strings.Cut(args, " ")
	uid, err := number(first)
	if err != nil {
		return err
	}
	return c.edit(ctx, func(st *compose.State) string {
		on := strings.TrimSpace(off) != "off"
		switch {
		case !st.Pin(uid, on):
			return fmt.Sprintf("%s does not stand in the context; /pull %d brings it back", uid, uid)
		case on:
			return fmt.Sprintf("%s stays", uid)
		}
		return fmt.Sprintf("%s may leave", uid)
	})
}

// edit changes the agent's context between two of its turns. Whoever wrote in
// between makes the commit fail, and nothing is lost.
func (c *chat) edit(ctx context.Context, change func(*compose.State) (says string)) error {
	snap, st, err := c.state(ctx)
	if err != nil {
		return err
	}
	says := change(&st)
	next := snap.Agent
	if next.State, err = st.MarshalBinary(); err != nil {
		return err
	}
	if _, err := c.store.Commit(ctx, mailbox.Commit{Address: agentName, Rev: snap.Rev, Agent: &next}); err != nil {
		return err
	}
	c.page.line("(%s)", says)
	return nil
}

// showPlan prints the last plan, or what the next one would be.
func (c *chat) showPlan(ctx context.Context, _ string) error {
	p := c.plan
	if p == nil {
		var err error
		if p, err = c.agent.Preview(ctx); err != nil {
			c.page.line("(no plan yet: %v)", err)
			return nil
		}
	}
	_, err := p.WriteTo(c.term.out)
	return err
}
