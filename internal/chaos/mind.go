package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
)

// mind is a model that does its work well, when its server works. It knows from the
// mailboxes what is done already: who does a thing twice is not the model.
type mind struct {
	p      *process
	second bool // it stands in for the first one
	bad    time.Time
	about  []quire.UID // what this reply answers already
	wait   bool        // something may be shown yet that is held back
	times  map[quire.UID]int
}

// seen is a message that stands in a prompt.
type seen struct {
	quire.Item
	held bool // only a line stands for it
}

var handle = regexp.MustCompile(`(?m)^\[#(\d+) from=([^\s\]]+)`)

// look lists what stands in a prompt.
func (m *mind) look(p *quire.Prompt) []seen {
	var out []seen
	for i := range p.Messages {
		if p.Messages[i].Role == quire.RoleAssistant {
			continue
		}
		s := flat(p.Messages[i].Parts)
		for _, h := range handle.FindAllStringSubmatchIndex(s, -1) {
			n, _ := strconv.ParseUint(s[h[2]:h[3]], 10, 64)
			it, ok := m.p.w.item(m.p.a.name, quire.UID(n))
			if !ok || string(it.From) != s[h[4]:h[5]] || slices.ContainsFunc(out, func(o seen) bool { return o.UID == it.UID }) {
				continue
			}
			rest := s[h[1]:min(len(s), h[1]+400)]
			out = append(out, seen{it, strings.Contains(rest, "is held back: the model's server refused")})
		}
	}
	return out
}

// flat is the text of parts.
func flat(parts []quire.Part) string {
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			b.WriteString(p.Text + "\n")
		case quire.ToolCall:
			b.WriteString(p.Args + "\n")
		case quire.ToolResult:
			b.WriteString(flat(p.Parts))
		}
	}
	return b.String()
}

// Generate thinks for a while, fails, or does the work.
func (m *mind) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	m.p.w.count("model calls")
	if err := pause(ctx, m.p.dice.between(50*time.Millisecond, 4*time.Second)); err != nil {
		return nil, err
	}
	r, err := m.fail(ctx, p)
	if r == nil && err == nil {
		r = m.think(p)
	}
	m.p.w.trace(m.p.a.name, "%s sees %s: %v %v", m.p.holder, m.sees(p), r, err)
	return r, err
}

// sees is what stands in a prompt, in a word for each.
func (m *mind) sees(p *quire.Prompt) string {
	var b strings.Builder
	for _, s := range m.look(p) {
		fmt.Fprintf(&b, "%s(%s)", s.UID, strings.SplitN(quire.PlainText(s.Parts), "\n", 2)[0])
		if s.held {
			b.WriteString("held")
		}
		b.WriteByte(' ')
	}
	return b.String()
}

var (
	jobLine = regexp.MustCompile(`^job (\d+) (\w+)`)
	subLine = regexp.MustCompile(`^sub (\d+) uid (\d+) hop (\d+)`)
	subDone = regexp.MustCompile(`^subdone (\d+) uid (\d+)`)
	subject = regexp.MustCompile(`\bq (\d+) uid (\d+)\b`)
)

// think answers what it sees.
func (m *mind) think(p *quire.Prompt) *quire.Reply {
	var parts []quire.Part
	m.about, m.wait = nil, false
	all := m.look(p)
	var last *seen // the one that is left to be answered by talking
	open := 0
	for i := range all {
		if m.isOpen(&all[i].Item) {
			open++
		}
	}
	for i := range all {
		if len(parts) >= 6 {
			break
		}
		if open == 1 && m.p.a.answer && m.isOpen(&all[i].Item) && (all[i].held || m.plain(&all[i], p)) {
			last = &all[i]
			continue
		}
		parts = append(parts, m.act(&all[i], p)...)
	}
	if last != nil && len(parts) == 0 && !m.mayCome(last) {
		return &quire.Reply{Parts: []quire.Part{quire.Text{Text: m.answer(last)}}, Stop: quire.StopEnd}
	}
	if len(parts) == 0 && m.wait {
		parts = append(parts, m.call("look", fmt.Sprintf(`{"again":%d}`, m.p.w.next())))
	}
	if len(parts) == 0 {
		return &quire.Reply{Parts: []quire.Part{quire.Text{Text: "That is all."}}, Stop: quire.StopEnd}
	}
	return &quire.Reply{Parts: parts, Stop: quire.StopTools}
}

// isOpen says whether a person waits for an answer to a message.
func (m *mind) isOpen(it *quire.Item) bool {
	if it.Self || it.Kind != quire.KindMail || it.Trust != quire.TrustPerson || !jobLine.MatchString(quire.PlainText(it.Parts)) {
		return false
	}
	n, _ := m.p.w.answers(it.From, m.p.a.name, it.ID)
	return n == 0
}

func (m *mind) answer(s *seen) string {
	n := "0"
	if j := jobLine.FindStringSubmatch(quire.PlainText(s.Parts)); j != nil {
		n = j[1]
	}
	if s.held {
		return "unreadable " + n
	}
	return "answer " + n
}

// plain says whether nothing is left to do about a job but to answer it.
func (m *mind) plain(s *seen, p *quire.Prompt) bool {
	j := jobLine.FindStringSubmatch(quire.PlainText(s.Parts))
	return j == nil || j[2] != "tool" || m.looked(j[1], p)
}

// looked says whether the tool's call of a job stands in the prompt.
func (m *mind) looked(n string, p *quire.Prompt) bool {
	for i := range p.Messages {
		if p.Messages[i].Role == quire.RoleAssistant && strings.Contains(flat(p.Messages[i].Parts), `{"job":`+n+`}`) {
			return true
		}
	}
	return false
}

// act is what is to be done about a message.
func (m *mind) act(s *seen, p *quire.Prompt) []quire.Part {
	text := quire.PlainText(s.Parts)
	switch {
	case s.Self && s.Kind == quire.KindEvent && strings.Contains(text, "Nobody answered") && strings.Contains(text, "default"),
		s.Self && s.Kind == quire.KindEvent && strings.Contains(text, "nothing is decided"):
		return m.finish(subject.FindStringSubmatch(text), 2)
	case s.Self:
		return nil
	case subject.MatchString(s.Subject) && s.InReplyTo != "":
		return m.finish(subject.FindStringSubmatch(s.Subject), 2)
	case subDone.MatchString(text):
		return m.finish(subDone.FindStringSubmatch(text), 2)
	case s.InReplyTo != "" && s.Trust == quire.TrustAgent:
		for _, it := range m.p.w.inbox(s.From) { // what it answers to
			if it.ID == s.InReplyTo {
				return m.finish(subLine.FindStringSubmatch(quire.PlainText(it.Parts)), 2)
			}
		}
		return nil
	case subLine.MatchString(text) && s.Trust == quire.TrustAgent:
		sub := subLine.FindStringSubmatch(text)
		if hops, _ := strconv.Atoi(sub[3]); hops > 0 && !s.held {
			return m.hand(&s.Item, sub[1], hops-1)
		}
		return m.finish([]string{"", "", s.UID.String()[1:]}, 2)
	case m.isOpen(&s.Item) && !slices.Contains(m.about, s.UID):
		parts := m.work(s, p)
		if len(parts) > 0 {
			m.about = append(m.about, s.UID)
		}
		return parts
	}
	return nil
}

// work begins with a job.
func (m *mind) work(s *seen, p *quire.Prompt) []quire.Part {
	j := jobLine.FindStringSubmatch(quire.PlainText(s.Parts))
	switch {
	case m.mayCome(s):
		return nil
	case s.held || j == nil:
		return []quire.Part{m.send(map[string]any{"reply_to": s.UID, "text": m.answer(s), "done": true})}
	case j[2] == "tool" && !m.looked(j[1], p):
		return []quire.Part{m.call("once", `{"job":`+j[1]+`}`), m.call("look", `{"job":`+j[1]+`}`)}
	case j[2] == "hand" && !m.p.a.answer:
		return m.hand(&s.Item, j[1], m.p.dice.n(3))
	case j[2] == "ask" && !m.p.a.answer:
		return m.ask(&s.Item, j[1])
	}
	return []quire.Part{m.send(map[string]any{"reply_to": s.UID, "text": m.answer(s), "done": true})}
}

// mayCome says that it is too early to call a message unreadable: what is innocent comes
// back within a few calls.
func (m *mind) mayCome(s *seen) bool {
	if !s.held || m.times[s.UID] >= 12 {
		return false
	}
	if m.times == nil {
		m.times = map[quire.UID]int{}
	}
	m.times[s.UID]++
	m.wait = true
	return true
}

// finish answers message number f[at], if nobody did.
func (m *mind) finish(f []string, at int) []quire.Part {
	if len(f) <= at {
		return nil
	}
	n, _ := strconv.ParseUint(f[at], 10, 64)
	it, ok := m.p.w.item(m.p.a.name, quire.UID(n))
	if !ok || slices.Contains(m.about, it.UID) {
		return nil
	}
	m.about = append(m.about, it.UID)
	if k, _ := m.p.w.answers(it.From, m.p.a.name, it.ID); k > 0 {
		return nil
	}
	text := quire.PlainText(it.Parts)
	if sub := subLine.FindStringSubmatch(text); sub != nil {
		return []quire.Part{m.send(map[string]any{"reply_to": it.UID, "text": "subdone " + sub[1] + " uid " + sub[2]})}
	}
	return []quire.Part{m.send(map[string]any{"reply_to": it.UID, "text": m.answer(&seen{Item: it}), "done": true})}
}

// hand hands work on to another agent, once.
func (m *mind) hand(it *quire.Item, n string, hops int) []quire.Part {
	mine := fmt.Sprintf("sub %s uid %s hop", n, it.UID.String()[1:])
	for _, to := range m.p.w.names() {
		if slices.ContainsFunc(m.p.w.inbox(to), func(sub quire.Item) bool {
			return sub.From == m.p.a.name && strings.HasPrefix(quire.PlainText(sub.Parts), mine)
		}) {
			return nil // it is under way
		}
	}
	to := name((m.p.a.i + 1 + m.p.dice.n(m.p.w.o.Agents-1)) % m.p.w.o.Agents)
	return []quire.Part{m.send(map[string]any{"to": to, "subject": "part of job " + n, "text": fmt.Sprintf("%s %d", mine, hops)})}
}

// ask asks people about a job, once.
func (m *mind) ask(it *quire.Item, n string) []quire.Part {
	what := fmt.Sprintf("q %s uid %s", n, it.UID.String()[1:])
	for _, p := range people {
		if slices.ContainsFunc(m.p.w.inbox(p), func(q quire.Item) bool {
			return q.From == m.p.a.name && q.Kind == quire.KindQuestion && q.Subject == what
		}) {
			return nil
		}
	}
	whom := []quire.Address{team, "p1", "p2+urgent", "p5", "p5+urgent"}[m.p.dice.n(5)]
	q := map[string]any{"to": whom, "subject": what, "text": "Keep it?", "options": []string{"keep", "delete"}, "reply_by": fmt.Sprint(5+m.p.dice.n(40), "m"), "default": "keep", "reversible": m.p.dice.chance(6000)}
	if m.p.dice.chance(3000) && whom != team {
		q["escalate"] = "p4"
	}
	return []quire.Part{m.send(q)}
}

// send is a call of mail_send, with a mark of its own.
func (m *mind) send(args map[string]any) quire.Part {
	args["text"] = fmt.Sprintf("%s\n%s", args["text"], mark(m.p.w.next()))
	b, err := json.Marshal(args)
	if err != nil {
		panic(err)
	}
	return m.call("mail_send", string(b))
}

func (m *mind) call(name, args string) quire.Part {
	return quire.ToolCall{ID: fmt.Sprint("c", m.p.w.next()), Name: name, Args: args}
}

// mark is a word that stands in one message only.
func mark(n int) string { return fmt.Sprintf("mark-%d.", n) }
