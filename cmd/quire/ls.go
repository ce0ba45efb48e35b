package main

import (
	"flag"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

var ls = &command{name: "ls", about: "list the mailboxes", teach: `
Lists who has a mailbox in the store: how many messages it has, how many of them wait to be
dealt with and since when, and, of an agent, when it last called its model and which process
runs it now. An agent is a mailbox whose agent made a call at least once.

  quire ls --pending          only where something waits
  quire ls --json | jq -r '.mailboxes[] | select(.agent) | .address'
`, prepare: func(f *flag.FlagSet) action {
	q := mailbox.MailboxQuery{}
	f.BoolVar(&q.Agents, "agents", false, "only agents")
	f.BoolVar(&q.Pending, "pending", false, "only those where something waits")
	return func(r *request) error { return r.ls(q) }
}}

// box is a mailbox as --json prints it.
type box struct {
	Address quire.Address `json:"address"`
	Total   int           `json:"total"`
	Pending int           `json:"pending"`
	Oldest  *time.Time    `json:"oldest,omitempty"`
	Agent   bool          `json:"agent"`
	Called  *time.Time    `json:"called,omitempty"`
	Owner   string        `json:"owner,omitempty"`
}

// utc is a time for JSON; nil when it is zero.
func utc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (r *request) ls(q mailbox.MailboxQuery) error {
	if len(r.args) > 0 {
		return usage("it wants no arguments: quire find --box %s lists messages", r.args[0])
	}
	return r.with(toRead, func(s *opened) error {
		list, err := mailboxes(r, s.Store, q)
		if err != nil {
			return err
		}
		out := make([]box, len(list))
		for i, b := range list {
			out[i] = box{b.Address, b.Total, b.Pending, utc(b.Oldest), b.Agent, utc(b.Called), b.Owner}
		}
		return r.print(map[string]any{"mailboxes": out}, func() { r.writeBoxes(list) })
	})
}

// mailboxes lists all pages.
func mailboxes(r *request, s *mailbox.Store, q mailbox.MailboxQuery) ([]mailbox.Mailbox, error) {
	return look.Mailboxes(r.ctx, s, q)
}

func (r *request) writeBoxes(list []mailbox.Mailbox) {
	r.table("ADDRESS|MESSAGES|PENDING|SINCE|AGENT|LAST CALL|RUN BY", func(row func(...any)) {
		for _, b := range list {
			agent := "-"
			if b.Agent {
				agent = "agent"
			}
			row(line(string(b.Address), 40), b.Total, b.Pending, when(b.Oldest), agent, when(b.Called), or(line(b.Owner, 30), "-"))
		}
	})
}
