package transcript

import (
	"encoding/json"

	"github.com/quire-dev/quire"
)

// exchange is one model call as a gateway logged it.
type exchange struct{ request, response fields }

// exchangeOf looks for a call in an object: a request and a response, under the
// names that logs and batches give them, or a response alone. It is false for messages
// and for lists of them.
func exchangeOf(f fields) (x exchange, ok bool) {
	if len(f["role"]) > 0 || f.isElement() {
		return x, false
	}
	for _, name := range []string{"request", "request_body", "requestBody", "body", "params"} {
		if o := unwrapped(f.object(name)); o.isRequest() {
			x.request, ok = o, true
			break
		}
	}
	for _, name := range []string{"response", "response_body", "responseBody", "result"} {
		if o := unwrapped(f.object(name)); o.isReply() {
			x.response, ok = o, true
			break
		}
	}
	if x.response == nil && f.isReply() {
		x.response, ok = f, true
	}
	if x.request == nil && f.isRequest() && len(f["messages"]) == 0 {
		x.request, ok = f, true
	}
	return x, ok
}

// unwrapped returns what stands in the body of a response of HTTP, or in the
// result of a batch.
func unwrapped(o fields) fields {
	for _, name := range []string{"body", "message"} {
		if in := o.object(name); in != nil && (in.isReply() || in.isRequest()) {
			return in
		}
	}
	return o
}

// isRequest says whether an object is a request to a model.
func (f fields) isRequest() bool {
	if len(f["role"]) > 0 {
		return false
	}
	if len(f["contents"]) > 0 {
		return true
	}
	return len(f["model"]) > 0 && len(f["messages"])+len(f["input"]) > 0
}

// isReply says whether an object is the reply to one.
func (f fields) isReply() bool {
	is := func(name string) bool { return len(f[name]) > 0 && f[name][0] == '[' }
	if is("choices") || is("candidates") || is("output") {
		return true
	}
	return f.str("role") == "assistant" && is("content") || f.str("model") != "" && f.object("message").str("role") == "assistant"
}

// callLog puts the calls of a log together: a request that begins with what a
// session holds so far goes on with it.
type callLog struct{ open []*loggedSession }

// maxOpen is how many sessions of a log may go on at one time.
const maxOpen = 64

type loggedSession struct {
	b    *builder
	held []quire.Digest // of the messages that it holds
}

// add takes one call. The list is that of the request, where it stands in f itself.
func (l *callLog) add(c *chatFile, x exchange, f fields, list []element, line int) {
	if len(list) == 0 {
		list = requested(x.request, line)
	} else if x.request == nil {
		x.request = f
	}
	var sent []entry
	ex := (&builder{job: c.job}).elements("")
	for _, m := range list {
		ex.raw = m.raw
		e, piece := ex.read(m.f, m.line)
		sent = joined(sent, e, piece)
	}
	s := l.find(sent)
	if s == nil {
		s = l.begin(c, x, f)
	} else if len(sent) == len(s.held) && x.response == nil {
		c.report(line, s.b.s.ID, codeRepeated, "a call with the same messages was there before")
	}
	for i := len(s.held); i < len(sent); i++ {
		s.push(&sent[i])
	}
	if x.response != nil {
		s.reply(x.response, line)
	} else if len(f.raw("response", "response_body", "responseBody", "result", "error")) > 0 {
		c.report(line, s.b.s.ID, codeField, "the call has no reply that can be read")
	}
}

// joined appends an entry, or joins it to the answer that it is a piece of.
func joined(list []entry, e entry, piece bool) []entry {
	if n := len(list); piece && n > 0 && list[n-1].role == "assistant" {
		list[n-1].join(e)
		return list
	}
	return append(list, e)
}

// requested lists the messages of a request.
func requested(f fields, line int) (list []element) {
	for _, name := range []string{"messages", "contents", "input"} {
		raw := f.raw(name)
		if len(raw) > 0 && raw[0] == '"' {
			return []element{{f: fields{"role": json.RawMessage(`"user"`), "content": raw}, line: line}}
		}
		if len(raw) == 0 || raw[0] != '[' {
			continue
		}
		eachOf(raw, func(r json.RawMessage) bool {
			if m, err := parseFields(r); err == nil && m.isElement() {
				list = append(list, element{f: m, raw: r, line: line})
			}
			return true
		})
		return list
	}
	return nil
}

// find returns the session that the request goes on with: the one that holds
// most of what it begins with.
func (l *callLog) find(sent []entry) *loggedSession {
	held := make([]quire.Digest, len(sent))
	for i := range sent {
		held[i] = holds(&sent[i])
	}
	var best *loggedSession
	for _, s := range l.open {
		if n := len(s.held); n > 0 && n <= len(held) && (best == nil || n > len(best.held)) && equalDigests(s.held, held[:n]) {
			best = s
		}
	}
	return best
}

func equalDigests(a, b []quire.Digest) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// begin opens a session. When there are too many, the oldest is ended.
func (l *callLog) begin(c *chatFile, x exchange, f fields) *loggedSession {
	if len(l.open) >= maxOpen {
		l.open[0].b.finish()
		l.open = l.open[1:]
	}
	b := newBuilder(c.job, c.name(c.idOf(f)))
	if x.request != nil {
		b.about(x.request)
	}
	s := &loggedSession{b: b}
	l.open = append(l.open, s)
	return s
}

func (s *loggedSession) push(e *entry) {
	s.held = append(s.held, holds(e))
	s.b.next(*e, false)
}

// reply appends what the model answered.
func (s *loggedSession) reply(f fields, line int) {
	x := s.b.elements(f.first("model", "modelVersion"))
	e, ok := x.reply(f, line)
	if !ok {
		s.b.report(line, codeField, "the reply holds no message")
		return
	}
	raw := f.raw("usage", "usageMetadata", "usage_metadata")
	if len(f["eval_count"]) > 0 { // Ollama's stand among the rest
		raw, _ = json.Marshal(fields{"prompt_eval_count": firstRaw(f["prompt_eval_count"]), "eval_count": f["eval_count"]})
	}
	usage, err := decodeUsage(raw)
	if err != nil {
		s.b.report(line, codeField, "usage: %w", err)
	}
	e.usage = most(e.usage, usage)
	if e.time.IsZero() {
		e.time = x.timeOf(f, line)
	}
	s.push(&e)
}

func firstRaw(v json.RawMessage) json.RawMessage {
	if len(v) == 0 {
		return json.RawMessage("null")
	}
	return v
}

// reply reads the answer in a response: the first, where there are several.
func (x *elements) reply(f fields, line int) (e entry, ok bool) {
	if raw := f["output"]; len(raw) > 0 && raw[0] == '[' {
		var list []entry
		eachOf(raw, func(r json.RawMessage) bool {
			m, err := parseFields(r)
			if err != nil || !m.isElement() {
				return false
			}
			x.raw = r
			in, _ := x.read(m, line)
			list = joined(list, in, in.role == "assistant")
			return true
		})
		for _, in := range list {
			if in.role == "assistant" {
				return in, true
			}
		}
		return e, false
	}
	if list, _ := f.list("candidates"); len(list) > 0 {
		e = x.parts(list[0].object("content"), line)
		e.role = "assistant"
		return e, true
	}
	m := f
	if list, _ := f.list("choices"); len(list) > 0 {
		m = list[0].object("message")
	} else if o := f.object("message"); o != nil {
		m = o
	}
	if m.str("role") != "assistant" {
		return e, false
	}
	return x.message(m, line), true
}

// finish ends the sessions that are open.
func (l *callLog) finish() {
	for _, s := range l.open {
		s.b.finish()
	}
}
