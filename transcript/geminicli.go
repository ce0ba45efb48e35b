package transcript

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

// geminiTypes are the types of messages of Gemini CLI; false for those that it
// only shows.
var geminiTypes = map[string]bool{"user": true, "gemini": true, "info": false, "error": false, "warning": false}

// isGeminiLine says whether an object is a message of Gemini CLI.
func (f fields) isGeminiLine() bool {
	_, known := geminiTypes[f.str("type")]
	return known && len(f["role"]) == 0 && len(f["uuid"]) == 0 &&
		(f.str("id") != "" && len(f["content"])+len(f["toolCalls"]) > 0 || len(f["messageId"]) > 0 && f.str("message") != "")
}

// geminiFile reads sessions of Gemini CLI: one in a file, or several.
type geminiFile struct {
	*job
	cur *geminiSession
	all []*geminiSession
	by  map[string]*geminiSession
}

// geminiSession is one session. What was taken back is a branch of it.
type geminiSession struct {
	*job
	id, title string
	side      bool
	nodes     []node
	tip       int
	path      map[string]int // messages that stand, by their ids
	order     []string       // their ids, as they stand
	x         elements
	restart   bool
}

// line reads one line.
func (g *geminiFile) line(ln line) {
	f, err := parseFields(ln.text)
	if err != nil {
		g.report(ln.n, "", codeUnreadable, "%w", err)
		return
	}
	switch {
	case len(f["$rewindTo"]) > 0:
		g.session(g.cur).rewind(f.str("$rewindTo"))
	case len(f["$set"]) > 0:
		g.session(g.cur).set(f.object("$set"), ln.n)
	case f.str("type") == "":
		s := g.named(f.str("sessionId"))
		s.set(f, ln.n)
	default:
		g.session(g.cur).message(f, ln.n)
	}
}

// session returns s, or a session without a name.
func (g *geminiFile) session(s *geminiSession) *geminiSession {
	if s != nil {
		return s
	}
	return g.named("")
}

// named returns the session with an id.
func (g *geminiFile) named(id string) *geminiSession {
	if s := g.by[id]; s != nil {
		g.cur = s
		return s
	}
	if g.by == nil {
		g.by = map[string]*geminiSession{}
	}
	s := &geminiSession{job: g.job, id: g.name(firstOf(id, g.base)), tip: -1, path: map[string]int{}}
	s.x = elements{count: func() int { return len(s.nodes) }, report: func(line int, code string, format string, args ...any) {
		g.report(line, s.id, code, format, args...)
	}}
	g.cur, g.by[id], g.all = s, s, append(g.all, s)
	return s
}

// run reads a session that stands in one object.
func (g *geminiFile) run(f fields, list []element) {
	s := g.named(f.str("sessionId"))
	s.set(f, 0)
	for _, m := range list {
		g.loose(m.f, m.line)
	}
}

// loose reads a message that may name its session itself, as in Gemini CLI's log of
// what its user said.
func (g *geminiFile) loose(f fields, line int) {
	s := g.session(g.cur)
	if id := f.str("sessionId"); id != "" {
		s = g.named(id)
	}
	s.message(f, line)
}

// set takes over what a line says of the session as a whole. A list of messages
// in it stands in place of those before: the program summarised.
func (s *geminiSession) set(f fields, n int) {
	s.title = firstOf(f.str("summary"), s.title)
	s.side = s.side || f.str("kind") == "subagent"
	if n == 0 || len(f["messages"]) == 0 {
		return
	}
	list, others := f.list("messages")
	if others > 0 {
		s.report(n, s.id, codeField, "messages: %d elements are no objects", others)
	}
	added, stays := false, 0
	s.restart = len(s.path) > 0
	last := -1
	for _, m := range list {
		if i, ok := s.path[m.str("id")]; ok {
			stays++
			last = max(last, i)
			continue
		}
		added = s.message(m, n) || added
	}
	if !added && stays < len(s.path) && last >= 0 { // the newest were taken back
		s.cut(last)
	}
	if stays == len(s.path) || !added {
		s.restart = false
	}
}

// message reads one message, or what has been added to it since.
func (s *geminiSession) message(f fields, n int) bool {
	kind := f.str("type")
	talk, known := geminiTypes[kind]
	if !known {
		s.report(n, s.id, codeUnknown, "a message of type %.40q was left out", kind)
	}
	if !talk {
		return false
	}
	e := entry{line: n, role: "user", time: s.x.timeOf(f, n)}
	if kind == "gemini" {
		e.role, e.model = "assistant", f.str("model")
		s.answer(&e, f)
	} else {
		e.parts = s.x.partList(f.raw("content", "message"), "", n)
	}
	id := f.str("id")
	if i, ok := s.path[id]; ok && id != "" {
		e.line, e.restart = s.nodes[i].entry.line, s.nodes[i].entry.restart
		s.nodes[i].entry = e
		return false
	}
	if !s.room(n) {
		return false
	}
	e.restart, s.restart = s.restart, false
	nd := node{uuid: strconv.Itoa(len(s.nodes)), root: true, message: true, entry: e}
	if s.tip >= 0 {
		nd.parent = strconv.Itoa(s.tip)
	}
	if e.role == "assistant" {
		nd.call = "call " + nd.uuid
	}
	s.tip = len(s.nodes)
	s.nodes = append(s.nodes, nd)
	if id != "" {
		s.path[id] = s.tip
		s.order = append(s.order, id)
	}
	return true
}

// answer reads what the model answered, with the results of its calls.
func (s *geminiSession) answer(e *entry, f fields) {
	thoughts, _ := f.list("thoughts")
	for _, t := range thoughts {
		if text := strings.TrimSpace(t.str("subject") + "\n" + t.str("description")); text != "" {
			e.parts = append(e.parts, quire.Reasoning{Model: e.model, Text: text})
		}
	}
	e.parts = append(e.parts, s.x.partList(f["content"], e.model, e.line)...)
	has := map[string]bool{}
	for _, p := range e.parts {
		if c, ok := p.(quire.ToolCall); ok {
			has[c.ID] = true
		}
	}
	calls, others := f.list("toolCalls")
	if others > 0 {
		s.report(e.line, s.id, codeField, "toolCalls: %d elements are no objects", others)
	}
	var results []quire.Part
	for i, c := range calls {
		id := firstOf(c.str("id"), fmt.Sprintf("call-%d.%d", len(s.nodes), i+1))
		if !has[id] {
			args := args(c.raw("args"))
			e.parts = append(e.parts, quire.ToolCall{ID: id, Name: c.str("name"), Args: firstOf(args, "{}")})
		}
		if r, ok := s.result(c, e.line); ok {
			r.CallID = id
			results = append(results, r)
		}
	}
	e.parts = append(e.parts, results...)
	var err error
	if e.usage, err = decodeUsage(f["tokens"]); err != nil {
		s.report(e.line, s.id, codeField, "tokens: %w", err)
	}
}

// result reads what a call returned: a list of parts, of which one says so.
func (s *geminiSession) result(c fields, n int) (r quire.ToolResult, ok bool) {
	raw := c.raw("result")
	if len(raw) == 0 {
		return r, false
	}
	r = quire.ToolResult{Name: c.str("name"), IsError: c.str("status") == "error"}
	for _, p := range s.x.partList(raw, "", n) {
		if in, ok := p.(quire.ToolResult); ok {
			r.Parts = append(r.Parts, in.Parts...)
			r.IsError = r.IsError || in.IsError
		} else {
			r.Parts = append(r.Parts, p)
		}
	}
	return r, true
}

// rewind goes to before a message; to the beginning, if that is not there.
func (s *geminiSession) rewind(id string) {
	i, ok := s.path[id]
	if !ok {
		s.cut(-1)
		return
	}
	s.cut(s.before(i))
}

func (s *geminiSession) before(i int) int {
	if p := s.nodes[i].parent; p != "" {
		i, _ = strconv.Atoi(p)
		return i
	}
	return -1
}

// cut makes node i the last one.
func (s *geminiSession) cut(i int) {
	s.tip = i
	for n := len(s.order) - 1; n >= 0 && s.path[s.order[n]] > i; n-- {
		delete(s.path, s.order[n])
		s.order = s.order[:n]
	}
}

// once leaves out the results that an answer holds already: the program records
// them there, and in the message that it sent.
func (s *geminiSession) once() {
	has := map[string]bool{}
	for i := range s.nodes {
		n := &s.nodes[i]
		results, rest := split(n.entry.parts)
		if n.entry.role == "user" && len(results) > 0 {
			kept := rest
			for _, r := range results {
				if !has[r.CallID] {
					kept = append(kept, r)
				}
			}
			n.entry.parts = kept
			n.message = len(kept) > 0
			continue
		}
		for _, r := range results {
			has[r.CallID] = true
		}
	}
}

// finish makes the sessions.
func (g *geminiFile) finish() {
	for _, s := range g.all {
		s.once()
		t := &tree{job: g.job, id: s.id, nodes: s.nodes, about: func(q *Session) {
			if q.Title = s.title; s.side {
				q.Sidechain, q.User = true, g.o.Agent
				q.Agent = quire.Address(string(g.o.Agent) + "/" + string(addressOf(s.id, "subagent")))
			}
		}}
		t.threads()
	}
}
