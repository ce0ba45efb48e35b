package agent

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// step is a reply that was committed and whose tools are to run.
type step struct {
	id      string // of the turn message
	uid     quire.UID
	entries []driver.JournalEntry
	turn    uint64
	number  int
	empty   bool
	text    string // what the reply says
	item    quire.Item
}

// normalize makes a reply safe to store: no nil parts, no empty texts, and call
// ids that are there and differ.
func normalize(parts []quire.Part) []quire.Part {
	var out []quire.Part
	seen := map[string]bool{}
	for _, p := range parts {
		switch p := p.(type) {
		case nil:
		case quire.Text:
			if p.Text != "" {
				out = append(out, quire.Text{Text: jsontext.Clean(p.Text)})
			}
		case quire.ToolCall:
			p.ID = freshID(p.ID, len(out), seen)
			p.Name, p.Args = jsontext.Clean(p.Name), jsontext.Clean(p.Args)
			out = append(out, p)
		default:
			out = append(out, p)
		}
	}
	return out
}

// freshID keeps a call's id, unless it is empty or taken.
func freshID(id string, at int, seen map[string]bool) string {
	id = jsontext.Clean(id)
	if id == "" {
		id = fmt.Sprintf("call_%d", at+1)
	}
	for n, base := 2, id; seen[id]; n++ {
		id = fmt.Sprintf("%s_%d", base, n)
	}
	seen[id] = true
	return id
}

// textOf is what the reply says.
func textOf(parts []quire.Part) string {
	var b strings.Builder
	for _, p := range parts {
		if t, ok := p.(quire.Text); ok {
			b.WriteString(t.Text)
		}
	}
	return strings.TrimSpace(b.String())
}

// callsOf lists the reply's tool calls.
func callsOf(parts []quire.Part) []quire.ToolCall {
	var calls []quire.ToolCall
	for _, p := range parts {
		if c, ok := p.(quire.ToolCall); ok {
			calls = append(calls, c)
		}
	}
	return calls
}

// commitReply is commit A: the reply, the plan's next state and receipt, the
// intents of the tool calls, and, when the reply ends the turn, the
// acknowledgement of what the turn was about.
func (a *Agent) commitReply(ctx context.Context, m *moment, plan *compose.Plan, reply *quire.Reply, parts []quire.Part, rest string, told []quire.UID, res *StepResult) (step, error) {
	ctx = context.WithoutCancel(ctx) // the reply was paid for
	calls, text := callsOf(parts), textOf(parts)
	nothing := len(calls) == 0 && text == ""
	s := step{empty: nothing && rest == ""}
	tokens, cost := a.costOf(plan, reply)
	res.Cost = cost
	a.count(m, calls, text, rest)
	m.host.spend(m.now, tokens, cost, a.o.Limits.threads())
	m.state = plan.Next.Report(plan, reported(reply.Usage, a.sized))
	m.seen = m.snap.State
	m.host.Room = plan.Room
	s.turn, s.number = m.host.Turns, m.host.Steps
	rec, err := receipt(plan, m, reply, a.tries+1)
	if err != nil {
		return s, err
	}
	c := mailbox.Commit{ID: fmt.Sprintf("A/%d", plan.Call), Receipt: rec, Counts: counts(plan), TellBounces: true}
	draft := a.turnDraft(m, plan, reply, parts, cost)
	s.id = string(draft.ID)
	c.ID += "/" + s.id // another process's reply is another commit
	if !nothing {      // a message of reasoning alone can't stand in a prompt
		c.Sends = append(c.Sends, draft) // the first: its headers and its number are looked for there
	}
	c.Sends = append(c.Sends, a.broke(m, rest)...)
	c.Sends = append(c.Sends, a.served(m)...)
	c.Sends = append(c.Sends, a.autopin(m)...)
	c.Sends = append(c.Sends, a.verdicts(m)...)
	marks := flagSet{}
	for _, list := range [][]quire.Item{m.wake, m.snap.Arrived} {
		for i := range list {
			if it := &list[i]; !it.Self && a.shows(m, it.UID) { // else it was not shown: it waits
				marks.set(it.UID, quire.FlagPulled)
			}
		}
	}
	for _, uid := range m.cleared { // it was delivered before; what this prompt has no room for waits
		if it, ok := a.bodies.byUID[uid]; ok && !it.Self && a.shows(m, uid) {
			marks.set(uid, quire.FlagPulled)
		}
	}
	for _, uid := range told {
		marks.set(uid, quire.FlagNotified)
	}
	for _, uid := range m.put {
		if it, ok := a.bodies.byUID[uid]; ok && !it.Self {
			marks.deferUntil(uid, m.now.Add(retrial))
		}
	}
	c.Journal = intents(s.id, calls)
	s.entries, s.text = c.Journal, text
	if len(calls) == 0 && !nothing && rest == "" {
		if err := a.acknowledge(ctx, m, marks); err != nil {
			return s, err
		}
		mail, err := a.answers(ctx, m, s.id, text, marks)
		if err != nil {
			return s, err
		}
		c.Sends[0].Headers = append(c.Sends[0].Headers, settled(marks, mail)...)
		c.Sends = append(c.Sends, mail...)
		res.Ended, res.Handled = true, marks.having(quire.FlagHandled)
		m.endTurn()
	}
	c.Flags = marks.changes()
	done, err := a.commit(ctx, m, c)
	if unacceptable(err) {
		done, err = a.commitLess(ctx, m, c, &s, err)
	}
	if len(done.Sent) > 0 && !nothing {
		s.uid = done.Sent[0].UID
		s.item = quire.Item{Message: quire.Message{Draft: draft, Envelope: quire.Envelope{From: a.o.Address}}, Delivery: quire.Delivery{UID: s.uid, Self: true}}
	}
	return s, err
}

// count keeps the loop's own accounts: turns, steps, repeated calls.
func (a *Agent) count(m *moment, calls []quire.ToolCall, text, rest string) {
	h := &m.host
	if !h.Open {
		h.Turns++
		h.Open, h.Parked, h.Why, h.Again, h.Thread = true, 0, "", time.Time{}, m.thread
	}
	h.Steps++
	if h.CutOff++; rest == "" {
		h.CutOff = 0
	}
	h.Ending = rest == "" && len(calls) > 0 && text != "" && !slices.ContainsFunc(calls, func(c quire.ToolCall) bool { return !bookkeeping(c.Name) })
	key := ""
	if len(calls) > 0 {
		var seed []string
		for _, c := range calls {
			seed = append(seed, c.Name, c.Args)
		}
		key = hex.EncodeToString(hashOf(seed...)[:8])
	}
	h.called(key)
}

// turnDraft is the reply as the agent's own message.
func (a *Agent) turnDraft(m *moment, plan *compose.Plan, reply *quire.Reply, parts []quire.Part, cost Cost) quire.Draft {
	digest := codec.PartsDigest(parts)
	d := quire.Draft{
		ID: messageID(m.now, string(a.o.Address), "turn", fmt.Sprint(plan.Call), digest.String()),
		To: []quire.Address{a.o.Address}, Kind: quire.KindTurn, Auto: quire.AutoGenerated, Parts: parts,
		Headers: []quire.Header{{Name: headerTurn, Value: strconv.FormatUint(m.host.Turns, 10)}},
	}
	if usage, err := json.Marshal(reply.Usage); err == nil && reply.Usage != (quire.Usage{}) {
		d.Headers = append(d.Headers, quire.Header{Name: "usage", Value: string(usage)})
	}
	if reply.Model != "" {
		d.Headers = append(d.Headers, quire.Header{Name: "model", Value: jsontext.Clean(reply.Model)})
	}
	if cost.Unknown == 0 {
		d.Headers = append(d.Headers, quire.Header{Name: "cost", Value: cost.String()})
	}
	return d
}

// intents are the journal's first entries of a step.
func intents(id string, calls []quire.ToolCall) []driver.JournalEntry {
	var entries []driver.JournalEntry
	for i, c := range calls {
		entries = append(entries, driver.JournalEntry{Step: id, Call: i, CallID: c.ID, Tool: c.Name, Args: c.Args, Status: driver.JournalIntended})
	}
	return entries
}

// counts are the token counts that the plan had to make.
func counts(plan *compose.Plan) []mailbox.CountChange {
	var out []mailbox.CountChange
	for _, uid := range slices.Sorted(maps.Keys(plan.Counted)) {
		out = append(out, mailbox.CountChange{UID: uid, Count: plan.Counted[uid]})
	}
	return out
}

// acknowledge marks as handled what was delivered or pulled in the turn and still
// waits, without what this very step deferred. What was pushed out without an answer is
// not handled: it waits again. What the agent itself released is: else each turn would
// begin with it.
func (a *Agent) acknowledge(ctx context.Context, m *moment, marks flagSet) error {
	if !m.noneShown { // else it is all in marks
		page, err := a.mail.Query(ctx, a.o.Address, mailbox.Query{Pending: true, Has: quire.FlagPulled, Oldest: true, Limit: 1000, Now: m.now})
		if err != nil {
			return err
		}
		for i := range page.Rows {
			stands, err := a.stands(ctx, m, &page.Rows[i])
			if err != nil {
				return err
			}
			if stands || page.Rows[i].Flags.Has(quire.FlagAnswered) || released(&m.state, page.Rows[i].UID) {
				marks.handle(page.Rows[i].UID)
			}
		}
	}
	for _, uid := range marks.having(quire.FlagPulled) {
		marks.handle(uid)
	}
	m.host.Stalled, m.host.Ends, m.host.Tried = 0, 0, 0
	return nil
}

// released says whether a message left because the agent let go of it, the last time that
// it left.
func released(st *compose.State, uid quire.UID) bool {
	_, unwanted := st.Left(uid)
	return unwanted
}

// stands says whether a message, or one that says the same, is in the context.
func (a *Agent) stands(ctx context.Context, m *moment, row *mailbox.Row) (bool, error) {
	if m.state.Resident(row.UID) {
		return a.shows(m, row.UID), nil
	}
	items, err := a.mail.Get(ctx, a.o.Address, mailbox.Get{UIDs: []quire.UID{row.UID}})
	if err != nil || len(items) == 0 {
		return false, err
	}
	_, same, err := a.same(ctx, &m.state, &items[0])
	return same, err
}

// reported is what the provider reported, with what it counted ahead where it did not
// say what it took.
func reported(u quire.Usage, sized int) quire.Usage {
	u.Input = cmp.Or(u.Input, sized)
	return u
}
