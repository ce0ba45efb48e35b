package transcript

import (
	"github.com/quire-dev/quire"
)

// builder makes one session from its entries, in order.
type builder struct {
	rec   *Record
	o     *Options
	s     Session
	seed  string // what ids are derived from, besides place and content
	first int    // where the prompt of the next call begins
	calls map[string]*openCall
	order []*openCall // all calls, in order
	told  bool        // a beginning that is shared with an earlier session: report and count nothing
}

// openCall is a tool call of the session and whether it has been answered.
type openCall struct {
	id, name string
	turn     int // index of the message that holds it
	line     int
	told     bool
	answered bool
}

func newBuilder(rec *Record, o *Options, id string) *builder {
	return &builder{rec: rec, o: o, seed: id, calls: map[string]*openCall{},
		s: Session{ID: id, Agent: o.Agent, User: o.User}}
}

func (b *builder) report(line int, code string, format string, args ...any) {
	if !b.told {
		b.rec.report(line, b.s.ID, code, format, args...)
	}
}

// add appends what e holds.
func (b *builder) add(e entry) {
	if e.restart {
		b.first = len(b.s.Messages)
	}
	if e.role == "system" && len(b.s.Messages) == 0 {
		b.addSystem(e)
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

// addSystem appends to the instructions that the session begins with.
func (b *builder) addSystem(e entry) {
	text := quire.PlainText(e.parts)
	if b.s.System != "" && text != "" {
		b.s.System += "\n\n"
	}
	b.s.System += text
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
	if !e.noCall && !b.told {
		b.s.Calls = append(b.s.Calls, Call{First: b.first, At: at, Model: e.model, Usage: e.usage})
	}
	if b.s.Model == "" && !e.noCall {
		b.s.Model = e.model
	}
	results, rest := split(e.parts)
	for _, p := range rest {
		if c, ok := p.(quire.ToolCall); ok {
			b.call(c, at, e.line)
		}
	}
	b.push(e, quire.Draft{Kind: quire.KindTurn, Parts: rest}, b.s.Agent)
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
	for _, c := range b.order {
		if !c.answered && (name == "" || c.name == name) {
			return c
		}
	}
	return nil
}

// push appends one message.
func (b *builder) push(e entry, d quire.Draft, from quire.Address) {
	d.To = []quire.Address{b.s.Agent}
	d.ID = deriveID(b.seed, len(b.s.Messages), e.time, from, &d)
	b.s.Messages = append(b.s.Messages, Message{Draft: d, From: from, Time: e.time, Line: e.line})
}

// finish ends the session and adds it to the record, unless it is empty.
func (b *builder) finish() {
	for _, c := range b.order {
		if b.told = c.told; !c.answered {
			b.report(c.line, codeOpen, "call %q (%s) has no result", c.id, c.name)
		}
	}
	if len(b.s.Messages) == 0 {
		return
	}
	markLoop(&b.s, b.o)
	b.rec.Sessions = append(b.rec.Sessions, b.s)
}
