package transcript

import (
	"strings"

	"github.com/quire-dev/quire"
)

// builder makes one session from its entries, in order.
type builder struct {
	*job
	s      Session
	seed   string // what ids are derived from, besides place and content
	first  int    // where the prompt of the next call begins
	calls  map[string]*openCall
	order  []*openCall            // all calls, in order
	queue  map[string][]*openCall // those that may be open, by name and, under "", all
	system []string
	told   bool   // a beginning that is shared with an earlier session: report and count nothing
	turn   *entry // an answer to which pieces may still be joined
}

// openCall is a tool call of the session and whether it has been answered.
type openCall struct {
	id, name string
	turn     int // index of the message that holds it
	line     int
	told     bool
	answered bool
}

// newBuilder makes a builder of a session whose id is taken.
func newBuilder(j *job, id string) *builder {
	return &builder{job: j, seed: id, calls: map[string]*openCall{}, queue: map[string][]*openCall{},
		s: Session{ID: id, Agent: j.o.Agent, User: j.o.User}}
}

func (b *builder) report(line int, code string, format string, args ...any) {
	if !b.told {
		b.job.report(line, b.s.ID, code, format, args...)
	}
}

// elements returns what reads the messages of the session.
func (b *builder) elements(model string) *elements {
	return &elements{report: b.report, model: model, count: func() int {
		if b.turn != nil {
			return len(b.s.Messages) + 1
		}
		return len(b.s.Messages)
	}}
}

// element appends one element of a list of messages; raw may be nil.
func (b *builder) element(x *elements, f fields, raw []byte, line int) {
	x.raw = raw
	e, piece := x.read(f, line)
	b.next(e, piece)
}

// next appends what e holds, or joins it to the answer before.
func (b *builder) next(e entry, piece bool) {
	if piece && b.turn != nil {
		b.turn.join(e)
		return
	}
	b.flush()
	if e.role == "assistant" {
		b.turn = &e
		return
	}
	b.add(e)
}

// flush appends the answer that was open.
func (b *builder) flush() {
	if t := b.turn; t != nil {
		b.turn = nil
		b.add(*t)
	}
}

// add appends what e holds.
func (b *builder) add(e entry) {
	if e.restart {
		b.first = len(b.s.Messages)
	}
	if e.role == "system" && len(b.s.Messages) == 0 {
		if text := quire.PlainText(e.parts); text != "" && b.take(e.line, 1) {
			b.system = append(b.system, text)
		}
		return
	}
	if e.role == "assistant" {
		b.addTurn(e)
		return
	}
	results, rest := split(e.parts)
	for _, r := range results {
		b.addResult(e, r)
	}
	if len(rest) > 0 || len(results) == 0 {
		b.push(e, quire.Draft{Kind: quire.KindMail, Parts: rest}, b.sender(e))
	}
}

// sender is who a message that no model wrote is from.
func (b *builder) sender(e entry) quire.Address {
	switch {
	case e.name != "":
		return addressOf(e.name, b.s.User)
	case e.role == "user":
		return b.s.User
	}
	return addressOf(e.role, b.s.User)
}

// addTurn appends what a model answered, and the call that it was. Results that
// stand within the answer follow it, as all results do.
func (b *builder) addTurn(e entry) {
	at := len(b.s.Messages)
	results, rest := split(e.parts)
	if !b.push(e, quire.Draft{Kind: quire.KindTurn, Parts: rest}, b.s.Agent) {
		return
	}
	if !e.noCall && !b.told {
		b.s.Calls = append(b.s.Calls, Call{First: b.first, At: at, Model: e.model, Usage: e.usage})
	}
	if b.s.Model == "" && !e.noCall {
		b.s.Model = e.model
	}
	for _, p := range rest {
		if c, ok := p.(quire.ToolCall); ok {
			b.call(c, at, e.line)
		}
	}
	for _, r := range results {
		b.addResult(e, r)
	}
}

// call notes a tool call, so that its result finds it.
func (b *builder) call(c quire.ToolCall, turn, line int) {
	if _, ok := b.calls[c.ID]; ok {
		b.report(line, codeReused, "call id %q was used before", c.ID)
	}
	o := &openCall{id: c.ID, name: c.Name, turn: turn, line: line, told: b.told}
	b.calls[c.ID] = o
	b.order = append(b.order, o)
	b.queue[""] = append(b.queue[""], o)
	if c.Name != "" {
		b.queue[c.Name] = append(b.queue[c.Name], o)
	}
}

// addResult appends what one tool returned. A result that names no call takes
// the oldest that is open.
func (b *builder) addResult(e entry, r quire.ToolResult) {
	call := b.calls[r.CallID]
	if r.CallID == "" && call == nil {
		call = b.oldestOpen(r.Name)
	}
	d := quire.Draft{Kind: quire.KindResult}
	switch {
	case call == nil:
		b.report(e.line, codeOrphan, "no call %q", r.CallID)
	case call.answered:
		b.report(e.line, codeTwice, "call %q has a result", r.CallID)
	}
	if call != nil {
		call.answered = true
		d.InReplyTo = b.s.Messages[call.turn].ID
		r.CallID = call.id
		if r.Name == "" {
			r.Name = call.name
		}
	}
	d.Parts = []quire.Part{r}
	b.push(e, d, b.s.Agent)
}

// oldestOpen finds the first call without a result, by name if one is given.
func (b *builder) oldestOpen(name string) *openCall {
	q := b.queue[name]
	for len(q) > 0 && q[0].answered {
		q = q[1:]
	}
	b.queue[name] = q
	if len(q) == 0 {
		return nil
	}
	return q[0]
}

// push appends one message, unless there is no room for more.
func (b *builder) push(e entry, d quire.Draft, from quire.Address) bool {
	if !b.take(e.line, len(d.Parts)) {
		return false
	}
	d.To = []quire.Address{b.s.Agent}
	d.ID = deriveID(b.seed, len(b.s.Messages), e.time, from, &d)
	b.s.Messages = append(b.s.Messages, Message{Draft: d, From: from, Time: e.time, Line: e.line})
	return true
}

// finish ends the session and adds it to the record, unless it is empty.
func (b *builder) finish() {
	b.flush()
	for _, c := range b.order {
		if b.told = c.told; !c.answered {
			b.report(c.line, codeOpen, "call %q (%s) has no result", c.id, c.name)
		}
	}
	if len(b.s.Messages) == 0 {
		return
	}
	if b.s.System != "" { // stands apart from the messages
		b.system = append([]string{b.s.System}, b.system...)
	}
	b.s.System = strings.Join(b.system, "\n\n")
	if len(b.s.Tools) == 0 {
		b.s.Tools = b.s.calledTools()
	}
	markLoop(&b.s, b.o)
	b.rec.Sessions = append(b.rec.Sessions, b.s)
}
