package chaos

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
)

// verdict looks at what is left.
func (w *world) verdict() {
	w.mu.Lock()
	w.boxes = map[quire.Address]*box{} // all is read anew
	jobs := slices.Clone(w.jobs)
	w.mu.Unlock()
	for _, j := range jobs {
		w.judge(&j)
	}
	for i := range w.o.Agents {
		w.judgeAgent(w.actor(i))
	}
	for key, n := range w.ran {
		if n > 1 && !strings.HasPrefix(key, "question ") {
			w.fault(&w.rep.Repeated, "%s ran %d times", key, n)
		}
	}
	w.doubles()
	w.owner()
}

// judge looks at one job.
func (w *world) judge(j *job) {
	r, err := agent.RequestStatus(w.ctx, w.store, j.to, j.id, time.Now())
	if err != nil {
		w.fault(&w.rep.Untrue, "job %d to %s: %v", j.n, j.to, err)
	}
	n, text := w.answers(j.from, j.to, j.id)
	switch {
	case n == 0 && j.last:
		w.fault(&w.rep.Down, "%s does not answer plain mail %d: %+v", j.to, j.n, r)
	case n == 0 && !w.covered(j):
		w.fault(&w.rep.Unanswered, "job %d (%s) of %s to %s (%s): %+v", j.n, j.kind, j.from, j.to, j.id, r)
	case n > 0 && j.last && !strings.HasPrefix(text, "answer ") || n > 0 && !strings.Contains(text, " "+jobNumber(j)):
		w.fault(&w.rep.Down, "%s answers %q to job %d", j.to, text, j.n)
	case n > 0 && (r.State != agent.RequestDone || r.Reply == "" && j.kind != "hand" && j.kind != "ask"):
		w.fault(&w.rep.Untrue, "job %d to %s is answered, and RequestStatus says %+v", j.n, j.to, r)
	case n == 0 && r.Reply != "":
		w.fault(&w.rep.Untrue, "job %d to %s is not answered, and RequestStatus says %+v", j.n, j.to, r)
	}
	if n > 1 {
		w.fault(&w.rep.Twice, "job %d of %s to %s (%s) is answered %d times", j.n, j.from, j.to, j.id, n)
	}
}

func jobNumber(j *job) string {
	b, _ := json.Marshal(j.n)
	return string(b)
}

// covered says whether an agent that talks answered to a later message of the same
// sender in the turn that handled this one: of each sender the newest is answered.
func (w *world) covered(j *job) bool {
	items := w.inbox(j.to)
	at := slices.IndexFunc(items, func(it quire.Item) bool { return it.ID == j.id })
	if at < 0 || !items[at].Flags.Has(quire.FlagHandled) || !w.actorOf(j.to).answer {
		return false
	}
	return slices.ContainsFunc(items[at:], func(it quire.Item) bool { return it.From == j.from && it.Flags.Has(quire.FlagAnswered) })
}

func (w *world) actorOf(addr quire.Address) *actor {
	return w.actor(slices.Index(w.names(), addr))
}

// judgeAgent looks at one agent's mailbox.
func (w *world) judgeAgent(a *actor) {
	ctx := context.Background()
	snap, err := w.store.Snapshot(ctx, a.name)
	if err != nil || len(snap.Journal) > 0 {
		w.fault(&w.rep.Journal, "%s: %d entries are left: %v %v", a.name, len(snap.Journal), snap.Journal, err)
	}
	page, err := w.store.Query(ctx, a.name, mailbox.Query{Pending: true, Limit: 100, Now: time.Now()})
	for i := range page.Rows {
		row := &page.Rows[i]
		w.fault(&w.rep.Unanswered, "%s: %s from %s waits: %s, %v", a.name, row.UID, row.From, row.Snippet, row.Flags)
	}
	if err != nil {
		w.fault(&w.rep.Untrue, "%s: %v", a.name, err)
	}
	w.mu.Lock()
	up := w.up[a.name]
	w.mu.Unlock()
	if up == 0 {
		w.fault(&w.rep.Down, "%s: no process runs", a.name)
	}
	for _, it := range w.inbox(a.name) {
		switch {
		case !it.Self && it.Trust == quire.TrustAgent && it.InReplyTo == "" && subLine.MatchString(quire.PlainText(it.Parts)):
			w.count("handed over")
			if n, _ := w.answers(it.From, a.name, it.ID); n != 1 {
				w.fault(n0(n, &w.rep.Unanswered, &w.rep.Twice), "%s: %s of %s is answered %d times", a.name, it.UID, it.From, n)
			}
		case !it.Self && it.Flags.Has(quire.FlagAnswered):
			if n, _ := w.answers(it.From, a.name, it.ID); n == 0 {
				w.fault(&w.rep.Untrue, "%s: %s is marked as answered", a.name, it.UID)
			}
		case it.Self && it.Kind == quire.KindEvent:
			w.event(a, &it)
		case it.Kind == quire.KindTurn:
			w.sends(a, &it)
		}
	}
	w.bounces(a)
}

func n0(n int, zero, more *int) *int {
	if n == 0 {
		return zero
	}
	return more
}

// event sees that what an agent told itself about a question is true.
func (w *world) event(a *actor, it *quire.Item) {
	q := subject.FindStringSubmatch(quire.PlainText(it.Parts))
	if q == nil || !strings.Contains(quire.PlainText(it.Parts), "Nobody answered") {
		return
	}
	w.count("questions that nobody answered in time")
	asked := w.question(a, "q "+q[1]+" uid "+q[2])
	for _, r := range w.inbox(a.name) {
		if r.UID >= it.UID || r.Kind != quire.KindAnswer || !slices.ContainsFunc(asked, func(q quire.Item) bool { return q.ID == r.InReplyTo }) {
			continue
		}
		for i := range asked {
			if asked[i].ID == r.InReplyTo && r.Sent.Before(asked[i].Question.ReplyBy) {
				w.fault(&w.rep.Untrue, "%s: %s says that nobody answered, and %s did, at %v, before %v", a.name, it.UID, r.UID, r.Sent, asked[i].Question.ReplyBy)
			}
		}
	}
}

// question finds a question, and that to whoever was asked next, in people's mailboxes.
func (w *world) question(a *actor, what string) []quire.Item {
	var out []quire.Item
	for _, p := range people {
		for _, q := range w.inbox(p) {
			if q.From == a.name && q.Kind == quire.KindQuestion && q.Subject == what {
				out = append(out, q)
			}
		}
	}
	return out
}

// sends sees that what a turn was told of its mail_send calls is true.
func (w *world) sends(a *actor, turn *quire.Item) {
	for _, p := range turn.Parts {
		c, ok := p.(quire.ToolCall)
		if !ok || c.Name != "mail_send" {
			continue
		}
		word := markOf(c.Args)
		if word == "" {
			continue
		}
		found := w.holding(a.name, word)
		res, ok := w.resultOf(a.name, turn.ID, c.ID)
		said := flat(res.Parts)
		toClosed := strings.Contains(c.Args, `"closed"`)
		switch {
		case !ok && found > 0:
			w.fault(&w.rep.Untrue, "%s: %s was sent, and its call has no result", a.name, word)
		case ok && res.IsError && found > 0:
			w.fault(&w.rep.Untrue, "%s: %s was sent, and its call is told %s", a.name, word, said)
		case ok && !res.IsError && found == 0 && !toClosed:
			w.fault(&w.rep.Untrue, "%s: %s reached nobody, and its call is told %s", a.name, word, said)
		case ok && !res.IsError && found > 0:
			w.count("mail sent")
		}
	}
}

func markOf(args string) string {
	_, rest, ok := strings.Cut(args, "mark-")
	if !ok {
		return ""
	}
	n, _, _ := strings.Cut(rest, ".")
	return "mark-" + n + "."
}

// holding counts the messages that hold a word, in others' mailboxes.
func (w *world) holding(from quire.Address, word string) int {
	n := 0
	for _, addr := range append(w.names(), append([]quire.Address{owner, eve, closed}, people...)...) {
		if addr == from {
			continue
		}
		in := 0
		for _, it := range w.inbox(addr) {
			if it.From == from && it.Kind != quire.KindEvent && strings.HasSuffix(quire.PlainText(it.Parts), word) && !strings.Contains(quire.PlainText(it.Parts), "it is up to you now") {
				in++
			}
		}
		if in > 1 {
			w.fault(&w.rep.Twice, "%s: %s stands %d times in the mailbox of %s", from, word, in, addr)
		}
		n += in
	}
	return n
}

func (w *world) resultOf(addr quire.Address, turn quire.MessageID, call string) (quire.ToolResult, bool) {
	for _, it := range w.inbox(addr) {
		if it.Kind != quire.KindResult || it.InReplyTo != turn {
			continue
		}
		for _, p := range it.Parts {
			if r, ok := p.(quire.ToolResult); ok && r.CallID == call {
				return r, true
			}
		}
	}
	return quire.ToolResult{}, false
}

// bounces sees that of each mail that was not delivered the agent was told once.
func (w *world) bounces(a *actor) {
	told, sent := 0, 0
	for _, it := range w.inbox(a.name) {
		if !it.Self {
			continue
		}
		if it.Kind == quire.KindEvent && it.Subject == "Not delivered" {
			told += strings.Count(quire.PlainText(it.Parts), "Mail to closed was not delivered")
			if strings.Contains(quire.PlainText(it.Parts), "Mail to p") || strings.Contains(quire.PlainText(it.Parts), "Mail to a") {
				w.fault(&w.rep.Untrue, "%s: %s", a.name, quire.PlainText(it.Parts))
			}
		}
		for _, p := range it.Parts {
			if r, ok := p.(quire.ToolResult); ok && !r.IsError && strings.Contains(flat(r.Parts), "closed") && strings.HasPrefix(flat(r.Parts), "Sent to") {
				sent++
			}
		}
	}
	if told != sent {
		w.fault(&w.rep.Untrue, "%s: %d messages were sent to %s, and %d times it was told that they were not delivered", a.name, sent, closed, told)
	}
}

// doubles finds whatever stands twice in a person's mailbox.
func (w *world) doubles() {
	for _, p := range append([]quire.Address{eve}, people...) {
		type key struct {
			from quire.Address
			re   quire.MessageID
		}
		n := map[key]int{}
		for _, it := range w.inbox(p) {
			if (it.Kind == quire.KindMail || it.Kind == quire.KindAnswer) && it.InReplyTo != "" {
				n[key{it.From, it.InReplyTo}]++
			}
			if it.Kind == quire.KindQuestion {
				w.count("questions")
			}
		}
		for k, n := range n {
			if n > 1 {
				w.fault(&w.rep.Twice, "%s: %d answers of %s to %s", p, n, k.from, k.re)
			}
		}
	}
}

// owner sees that he was told the truth about outages.
func (w *world) owner() {
	last := map[quire.Address]string{}
	for _, it := range w.inbox(owner) {
		w.count("told the owner: " + strings.SplitN(it.Subject, ":", 2)[0])
		if it.Subject == "Model unavailable" || it.Subject == "Model available again" {
			if last[it.From] == it.Subject {
				w.fault(&w.rep.Untrue, "the owner is told twice of %s: %s", it.From, it.Subject)
			}
			last[it.From] = it.Subject
		}
	}
	for a, s := range last {
		if s == "Model unavailable" {
			w.fault(&w.rep.Untrue, "the owner thinks that %s has no model", a)
		}
	}
}
