package work

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/tokenizer"
)

// one is an agent with a plain loop: one list of messages, kept short by a window.
type one struct {
	name    string
	system  string
	tools   []quire.Tool
	groups  []group
	gone    []group  // what recompose may bring back
	always  bool     // the window sees to every prompt
	added   int      // groups
	summary string   // of what left; "": none
	lines   []string // of the summary
	fixed   int
	window  window
	model   *model
	desk    *desk
	list    []quire.PromptMessage // all that ever was in it
	session *compose.Session      // nil: a window
	client  *http.Client          // of a loop that sends its whole list over it; nil: it does not
	said    []quire.PromptMessage // to be added when the results of the calls are
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
	clock *clock
	frame tokenizer.Framing
	who   []*one
	sent  []Mail // by agents, not delivered yet
	waits []wait
}

// maxSteps is how many calls a plain loop makes for one event, as an agent's turn.
const maxSteps = 40

// plain is the strategy of a window, with a mailbox's tools or with one to send only;
// always: it sees to every prompt, and not only to those over the budget.
func plain(name string, tools, always bool, w window) Strategy {
	return Strategy{Name: name, Tools: tools, live: livesIn(func(t *town, a *Agent) *one {
		o := &one{name: a.Address, system: a.System, window: w, always: always, tools: sending()}
		if tools {
			o.system += "\n\n" + compose.SystemParagraph
			o.tools = agent.MailTools()
		}
		o.desk = newDesk(o.name, t, tools)
		return o
	})}
}

// livesIn lives a life with loops of one kind.
func livesIn(settle func(*town, *Agent) *one) func(context.Context, *Life, *Setting, func([]byte, Act)) (*Outcome, error) {
	return func(ctx context.Context, l *Life, s *Setting, watch func([]byte, Act)) (*Outcome, error) {
		t := &town{life: l, set: s, out: newOutcome(), clock: newClock()}
		t.frame = models.FindOver(s.API, "").Framing
		for i := range l.Agents {
			o := settle(t, &l.Agents[i])
			if l.Agents[i].Tool {
				o.tools = append(o.tools, quire.Tool{Name: toolProbe, Description: probeAbout, Schema: []byte(probeSchema)})
			}
			slices.SortFunc(o.tools, func(a, b quire.Tool) int { return strings.Compare(a.Name, b.Name) })
			o.fixed = t.frame.Fixed(tokenizer.Approx{}, o.system, o.tools)
			o.model = &model{s: s, out: t.out, clock: t.clock, purse: newPurse(s, t.clock), seen: watch}
			t.who = append(t.who, o)
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
	}
}

// sending is the tool that every loop has.
func sending() []quire.Tool {
	return slices.DeleteFunc(agent.MailTools(), func(t quire.Tool) bool { return t.Name != toolSend })
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
		number, err := o.desk.put(ctx, m)
		if err != nil {
			return false, err
		}
		head := headOf(number, m)
		g := group{msgs: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: o.desk.show(number, m)}}}}, head: head}
		for _, s := range sentences(m.Body) {
			if _, ok := factIn(s); ok {
				g.facts += " " + s
			}
		}
		o.add(t, g)
	}
	return mine, nil
}

func (o *one) add(t *town, g group) {
	o.list = append(o.list, g.msgs...)
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
		r, err := o.call(ctx, t)
		if r == nil || err != nil {
			return err
		}
		g := group{msgs: []quire.PromptMessage{{Role: quire.RoleAssistant, Parts: r.Parts}}}
		var results []quire.Part
		for _, part := range r.Parts {
			switch part := part.(type) {
			case quire.Text:
				t.out.answer(part.Text)
			case quire.ToolCall:
				res, err := o.run(ctx, t, part)
				if err != nil {
					return err
				}
				results = append(results, res)
			}
		}
		if len(results) > 0 {
			g.msgs = append(g.msgs, quire.PromptMessage{Role: quire.RoleTool, Parts: results})
		}
		o.add(t, g)
		if len(results) == 0 {
			return nil
		}
		if err := o.between(ctx, t, during); err != nil {
			return err
		}
	}
	return nil
}

// between lets one message come between two calls, and what a tool added to the list.
func (o *one) between(ctx context.Context, t *town, during *[]Mail) error {
	for _, m := range o.said {
		o.add(t, group{msgs: []quire.PromptMessage{m}})
	}
	o.said = nil
	if len(*during) == 0 {
		return nil
	}
	m := (*during)[0]
	*during = (*during)[1:]
	_, err := o.receive(ctx, t, []Mail{m})
	return err
}

// call makes one call of the model; no reply is the end of the turn. A request over the
// budget is refused, as a provider does whose window it is.
func (o *one) call(ctx context.Context, t *town) (*quire.Reply, error) {
	if o.session != nil {
		return o.callSession(ctx)
	}
	if o.client != nil {
		return o.callOver(ctx, t)
	}
	p := o.prompt(t)
	if o.fixed+o.size(t) > t.set.Budget {
		return nil, nil
	}
	return o.model.Generate(ctx, p)
}

// run runs a tool.
func (o *one) run(ctx context.Context, t *town, c quire.ToolCall) (quire.ToolResult, error) {
	if o.session != nil && strings.HasPrefix(c.Name, "context_") && c.Name != toolPin {
		return o.session.Call(c)
	}
	var text string
	var err error
	switch {
	case c.Name == toolProbe:
		text, err = probeText(t.life, c.Args)
	case c.Name == toolPin && o.session != nil:
		text, err = o.pin(c.Args)
	default:
		text, err = o.desk.run(ctx, c.Name, c.Args)
	}
	return quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{quire.Text{Text: text}}}, err
}

// prompt makes the next request.
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
