package work

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/render"
	"github.com/quire-dev/quire/tokenizer"
)

// window is a way to shorten a list of exchanges that grew over the budget.
type window func(o *one, room int)

// one is an agent with a plain loop: one list of messages, kept short by a window.
type one struct {
	name    string
	system  string
	tools   []quire.Tool
	groups  []group
	gone    []group // what recompose may bring back
	always  bool    // the window sees to every prompt
	added   int     // groups
	summary string  // of what left; "": none
	lines   []string
	fixed   int
	window  window
	last    []quire.PromptMessage // of the call before
	desk    *desk                 // nil: no mailbox
}

// group is what leaves together: a mail, an answer, or calls with their results.
type group struct {
	msgs   []quire.PromptMessage
	tokens int
	seq    int
	head   string // of a mail: what a summary says of it
	facts  string // its sentences that say what something is
}

// town is a life of plain loops.
type town struct {
	life  *Life
	set   *Setting
	out   *Outcome
	model *model
	clock *clock
	cost  price.CostModel
	frame tokenizer.Framing
	who   []*one
	boxes map[string]*desk
	sent  []Mail // by agents, not delivered yet
	waits []wait
}

// maxSteps is how many calls a plain loop makes for one event, as an agent's turn.
const maxSteps = 40

// plain is the strategy of a window, with a mailbox's tools or without; always: it
// sees to every prompt, and not only to those over the budget.
func plain(name string, tools, always bool, w window) Strategy {
	return Strategy{Name: name, Tools: tools, live: func(ctx context.Context, l *Life, s *Setting, watch func([]byte, Act)) (*Outcome, error) {
		t := &town{life: l, set: s, out: newOutcome(), clock: newClock(), boxes: map[string]*desk{}}
		t.cost, _ = price.For(s.provider(), s.info().Name)
		t.frame, _ = tokenizer.FramingFor(s.API)
		t.model = &model{s: s, out: t.out, clock: t.clock, seen: watch}
		for i := range l.Agents {
			t.settle(&l.Agents[i], tools, always, w)
		}
		for _, j := range l.Jobs {
			if r, ok := l.Replies[j.ID]; ok {
				t.waits = append(t.waits, wait{job: j.ID, reply: r})
			}
		}
		for i := range l.Events {
			if err := t.event(ctx, i); err != nil {
				return nil, err
			}
		}
		return t.out, nil
	}}
}

// settle adds an agent. With a mailbox it has the system prompt and the tools of quire's.
func (t *town) settle(a *Agent, tools, always bool, w window) {
	o := &one{name: a.Address, system: a.System, window: w, always: always}
	if tools {
		o.desk = newDesk(a.Address, t)
		o.system += "\n\n" + render.SystemParagraph
		o.tools = agent.MailTools()
		t.boxes[a.Address] = o.desk
	}
	if a.Tool {
		o.tools = append(o.tools, quire.Tool{Name: toolProbe, Description: probeAbout, Schema: []byte(probeSchema)})
		slices.SortFunc(o.tools, func(a, b quire.Tool) int { return strings.Compare(a.Name, b.Name) })
	}
	o.fixed = t.frame.Fixed(tokenizer.Approx{}, o.system, o.tools)
	t.who = append(t.who, o)
}

// event hands out mail, and lets every loop run until it has nothing to say.
func (t *town) event(ctx context.Context, i int) error {
	e := &t.life.Events[i]
	t.clock.pass(eventTakes)
	mail := append([]Mail(nil), e.Mail...)
	for k := range t.waits {
		if w := &t.waits[k]; w.due > 0 && w.due <= i {
			mail = append(mail, w.reply.Mail)
			w.due, w.job = 0, ""
		}
	}
	during := e.During
	for {
		for _, o := range t.who {
			mine, err := o.receive(ctx, t, mail)
			if err != nil {
				return err
			}
			if mine {
				if err := o.turn(ctx, t, &during); err != nil {
					return err
				}
			}
		}
		mail, t.sent = t.sent, nil
		if len(mail) == 0 && len(during) > 0 {
			mail, during = during, nil
		}
		t.ask(mail, i)
		if len(mail) == 0 {
			return nil
		}
	}
}

// ask notes which questions were asked.
func (t *town) ask(mail []Mail, i int) {
	for _, m := range mail {
		for k := range t.waits {
			if w := &t.waits[k]; w.job != "" && w.due == 0 && m.To == w.reply.Mail.From {
				w.due = i + w.reply.After
			}
		}
	}
}

// receive takes the mail that is for the loop.
func (o *one) receive(ctx context.Context, t *town, mail []Mail) (bool, error) {
	mine := false
	for i := range mail {
		m := &mail[i]
		if m.To != o.name {
			continue
		}
		mine = true
		number, err := t.number(ctx, o, m)
		if err != nil {
			return false, err
		}
		head := fmt.Sprintf("Mail %d from %s: %s", number, m.From, m.Subject)
		g := group{msgs: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: head + "\n" + m.Body}}}}, head: head}
		for _, s := range sentences(m.Body) {
			if _, ok := factIn(s); ok {
				g.facts += " " + s
			}
		}
		o.add(t, g)
	}
	return mine, nil
}

// number is that of a mail: of the mailbox where there is one.
func (t *town) number(ctx context.Context, o *one, m *Mail) (int, error) {
	if o.desk != nil {
		return o.desk.put(ctx, m)
	}
	t.clock.pass(1)
	o.lines = append(o.lines, m.Subject)
	return len(o.lines), nil
}

func (o *one) add(t *town, g group) {
	for i := range g.msgs {
		g.tokens += t.frame.Message(tokenizer.Approx{}, g.msgs[i].Parts)
	}
	g.seq = o.added
	o.added++
	o.groups = append(o.groups, g)
}

// turn makes calls until the reader says something, or a limit is reached.
func (o *one) turn(ctx context.Context, t *town, during *[]Mail) error {
	for range maxSteps {
		p := o.prompt(t)
		r, err := t.model.Generate(ctx, p)
		if err != nil {
			return err
		}
		g := group{msgs: []quire.PromptMessage{{Role: quire.RoleAssistant, Parts: r.Parts}}}
		var results []quire.Part
		for _, part := range r.Parts {
			switch part := part.(type) {
			case quire.Text:
				t.out.answer(part.Text)
			case quire.ToolCall:
				text, err := o.run(ctx, t, part)
				if err != nil {
					return err
				}
				results = append(results, quire.ToolResult{CallID: part.ID, Name: part.Name, Parts: []quire.Part{quire.Text{Text: text}}})
			}
		}
		if len(results) > 0 {
			g.msgs = append(g.msgs, quire.PromptMessage{Role: quire.RoleTool, Parts: results})
		}
		o.add(t, g)
		if len(results) == 0 {
			return nil
		}
		if len(*during) > 0 {
			m := (*during)[0]
			*during = (*during)[1:]
			if _, err := o.receive(ctx, t, []Mail{m}); err != nil {
				return err
			}
		}
	}
	return nil
}

// run runs a tool.
func (o *one) run(ctx context.Context, t *town, c quire.ToolCall) (string, error) {
	if c.Name == toolProbe {
		return probeText(t.life, c.Args)
	}
	if o.desk == nil {
		return "There is no such tool.", nil
	}
	return o.desk.run(ctx, c.Name, c.Args)
}

// prompt makes the next request, and counts and prices it.
func (o *one) prompt(t *town) *quire.Prompt {
	if room := t.set.Budget - o.fixed; o.always || o.size(t) > room {
		o.window(o, room)
	}
	info := t.set.info()
	p := &quire.Prompt{Model: info.Name, System: o.system, Tools: o.tools}
	if o.summary != "" {
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: o.summary}}})
	}
	for i := range o.groups {
		p.Messages = append(p.Messages, o.groups[i].msgs...)
	}
	total, same := o.fixed, o.fixed
	kept := true
	for i := range p.Messages {
		n := t.frame.Message(tokenizer.Approx{}, p.Messages[i].Parts)
		total += n
		kept = kept && i < len(o.last) && quire.PartsDigest(o.last[i].Parts) == quire.PartsDigest(p.Messages[i].Parts)
		if kept {
			same += n
		}
	}
	if len(o.last) == 0 || same < t.cost.MinPrefix {
		same = 0
	}
	o.last = p.Messages
	t.out.Price += t.cost.Cost(same, 0, total-same)
	t.model.used = func(*quire.Prompt) int { return total }
	return p
}

// size is what the list takes, the summary with it.
func (o *one) size(t *town) int {
	n := 0
	if o.summary != "" {
		n = t.frame.PerMessage + tokenizer.Approx{}.CountText(o.summary)
	}
	for i := range o.groups {
		n += o.groups[i].tokens
	}
	return n
}

var _ providers.Model = (*model)(nil)

// cutTo drops the oldest groups until the rest takes room at most. The last one stays,
// and the newest mail.
func (o *one) cutTo(room int) []group {
	n, mail := 0, -1
	for i := range o.groups {
		n += o.groups[i].tokens
		if o.groups[i].head != "" {
			mail = i
		}
	}
	var left, kept []group
	for i := range o.groups {
		g := &o.groups[i]
		if i != mail && i < len(o.groups)-1 && (n > room || len(kept) == 0 && g.msgs[0].Role == quire.RoleAssistant) {
			n -= g.tokens
			left = append(left, *g)
			continue
		}
		kept = append(kept, *g)
	}
	o.groups = kept
	return left
}

// slide keeps what is newest.
func slide(o *one, room int) { o.cutTo(room) }

// reset begins anew with what came last.
func reset(o *one, _ int) { o.cutTo(0) }

// watermark cuts to a half once it is full.
func watermark(o *one, room int) { o.cutTo(room / 2) }

// summarise cuts to a fifth, and keeps a line of each mail that left, the newest of
// them, in a fifth of the room.
func summarise(o *one, room int) {
	o.summarise(room, room/5, func(g *group) string { return g.head })
}

// oracle is a summary that keeps all that anybody will ask for, and forgets nothing.
func oracle(o *one, room int) {
	o.summarise(room, room/2, func(g *group) string {
		if g.facts == "" {
			return ""
		}
		return g.head + " |" + g.facts
	})
}

func (o *one) summarise(room, most int, say func(*group) string) {
	for _, g := range o.cutTo(room / 5) {
		if s := say(&g); g.head != "" && s != "" {
			o.lines = append(o.lines, s)
		}
	}
	n, from := 0, len(o.lines)
	for from > 0 && n < most {
		from--
		n += tokenizer.Approx{}.CountText(o.lines[from])
	}
	o.summary = summaryHead + "\n" + strings.Join(o.lines[from:], "\n")
}

// summaryHead begins the summary of a plain loop.
const summaryHead = "Summary of what left:"
