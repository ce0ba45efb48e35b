package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/policy"
)

var contextOf = &command{name: "context", box: true, about: "show what stands in an agent's context", teach: `
Lists the messages that the agent's next prompt begins with, in order, as its last call left
them: tokens, how each stands (in: whole; excerpt; stub: one line; out: a line for those that
left), in which call it entered and was last used, and what is special. "pinned" may not
leave; "dropped", "superseded", "expired" and "stale" are marked, and leave when that is
worth its price. What came since the last call, and mail that waits, is not in it yet: it is
counted below.

  quire context --box ada
  quire context --box ada --json | jq '.items[] | select(.mark) | {number, mark, tokens}'

Why a message is not there, or was not in an earlier call, says quire why.
`, prepare: func(*flag.FlagSet) action { return (*request).context }}

// standing is a row of a context, as --json prints it.
type standing struct {
	Number  quire.UID     `json:"number"`
	Last    quire.UID     `json:"last,omitempty"`     // of a line for what left: the last one of it
	Left    int           `json:"messages,omitempty"` // likewise: how many
	Kind    quire.Kind    `json:"kind,omitempty"`
	From    quire.Address `json:"from,omitempty"`
	Tool    string        `json:"tool,omitempty"`
	Fate    compose.Fate  `json:"fate"`
	Class   policy.Class  `json:"class,omitempty"`
	Mark    policy.Mark   `json:"mark,omitempty"`
	Pinned  bool          `json:"pinned"`
	Tokens  int           `json:"tokens"`
	Shows   []quire.UID   `json:"shows,omitempty"`
	Entered uint64        `json:"entered,omitempty"`
	LastUse uint64        `json:"lastUse,omitempty"`
	Now     bool          `json:"now"`
	Subject string        `json:"subject,omitempty"`
	Snippet string        `json:"snippet,omitempty"`
}

// standsIn is a context, as --json prints it.
type standsIn struct {
	Call    uint64     `json:"call"` // the last one that was made
	Model   string     `json:"model"`
	Budget  int        `json:"budget,omitempty"` // of that call; 0: not known
	Used    int        `json:"used,omitempty"`   // by that call, as counted
	Input   int        `json:"input,omitempty"`  // likewise, as the provider reported
	Fixed   int        `json:"fixed,omitempty"`  // of what was counted, system and tools
	Notice  int        `json:"notice,omitempty"`
	Items   []standing `json:"items"`
	Arrived int        `json:"arrived"` // of the agent's own, since
	Pending int        `json:"pending"`
}

func (r *request) context() error {
	if len(r.args) > 0 {
		return usage("it wants no arguments; the agent is --box")
	}
	addr := quire.Address(r.box)
	return r.with(toRead, func(s *opened) error {
		snap, st, err := look.State(r.ctx, s.Store, addr)
		if err != nil {
			return err
		}
		status, err := s.Status(r.ctx, addr)
		if err != nil {
			return err
		}
		c := standsIn{Call: st.Calls(), Model: st.Model(), Arrived: len(snap.Arrived), Pending: status.Pending, Items: []standing{}}
		items := st.Items()
		said, err := r.snippets(s.Store, addr, items)
		if err != nil {
			return err
		}
		fixed := 0
		for i := range items {
			c.Items = append(c.Items, standingOf(&items[i], said[items[i].UID]))
			fixed -= items[i].Tokens
		}
		err = look.Receipts(r.ctx, s.Store, addr, c.Call, c.Call, func(last *compose.Receipt) error {
			c.Budget, c.Used, c.Input, c.Notice, c.Fixed = last.Budget, last.Used, last.Usage.Input, last.Notice, max(last.Used-last.Notice+fixed, 0)
			return nil
		})
		if err != nil {
			return err
		}
		return r.print(c, func() { r.writeContext(&c) })
	})
}

func standingOf(s *compose.Standing, row mailbox.Row) standing {
	out := standing{Number: s.UID, Last: s.Last, Left: s.Left, Kind: s.Kind, From: s.From, Tool: s.Tool, Fate: s.Fate, Class: s.Class, Mark: s.Mark,
		Pinned: s.Pinned, Tokens: s.Tokens, Shows: s.Shows, Entered: s.Entered, LastUse: s.LastUse, Now: s.Now}
	if s.Fate != compose.FateOut {
		out.Subject, out.Snippet = row.Subject, row.Snippet
	}
	return out
}

// snippets reads how the messages of a context begin.
func (r *request) snippets(s *mailbox.Store, addr quire.Address, items []compose.Standing) (map[quire.UID]mailbox.Row, error) {
	said := map[quire.UID]mailbox.Row{}
	for i := range items {
		it := &items[i]
		if _, known := said[it.UID]; known || it.UID == 0 || it.Fate == compose.FateOut {
			continue
		}
		page, err := s.Query(r.ctx, addr, mailbox.Query{Above: it.UID - 1, Oldest: true, Limit: 100})
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			said[row.UID] = row
		}
		if _, there := said[it.UID]; !there { // it was destroyed
			said[it.UID] = mailbox.Row{}
		}
	}
	return said, nil
}

func (r *request) writeContext(c *standsIn) {
	fmt.Fprintf(r.out, "%s after call %d", r.box, c.Call)
	if c.Model != "" {
		fmt.Fprintf(r.out, ", of %s", line(c.Model, 60))
	}
	if c.Used > 0 {
		fmt.Fprintf(r.out, ", with a budget of %d tokens: %d as counted (%d system and tools, %d notice)", c.Budget, c.Used, c.Fixed, c.Notice)
	}
	if c.Input > 0 {
		fmt.Fprintf(r.out, ", %d as the provider reported", c.Input)
	}
	fmt.Fprint(r.out, "\n\n")
	r.table("N|TOKENS|STANDS|KIND|FROM|ENTERED|USED|SPECIAL|SAYS", func(row func(...any)) {
		for i := range c.Items {
			s := &c.Items[i]
			if s.Fate == compose.FateOut {
				row(s.Number, s.Tokens, s.Fate, "-", "-", "-", "-", "-", fmt.Sprintf("a line for %d messages up to %s, which left", s.Left, s.Last))
				continue
			}
			row(s.Number, s.Tokens, s.Fate, s.Kind, line(or(s.Tool, string(s.From)), 24), callNumber(s.Entered), callNumber(s.LastUse), s.special(),
				line(s.Subject+" "+s.Snippet, 50))
		}
	})
	fmt.Fprintf(r.out, "\nNot in it yet: %d of its own since, and %d that wait in the mailbox\n", c.Arrived, c.Pending)
}

func callNumber(n uint64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// special says what sets a row apart.
func (s *standing) special() string {
	var all []string
	if s.Pinned {
		all = append(all, "pinned")
	}
	if s.Mark != "" {
		all = append(all, string(s.Mark))
	}
	if s.Class == policy.ClassPulled {
		all = append(all, "pulled")
	}
	if len(s.Shows) > 0 {
		all = append(all, fmt.Sprintf("shows %v", s.Shows))
	}
	return or(strings.Join(all, " "), "-")
}
