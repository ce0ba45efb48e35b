package transcript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"github.com/quire-dev/quire"
)

// claudeLine is one line of a Claude Code session, as far as it matters here.
type claudeLine struct {
	Type          string          `json:"type"`
	Subtype       string          `json:"subtype"`
	UUID          string          `json:"uuid"`
	Parent        string          `json:"parentUuid"`
	LogicalParent string          `json:"logicalParentUuid"`
	Sidechain     bool            `json:"isSidechain"`
	Summary       bool            `json:"isCompactSummary"`
	APIError      bool            `json:"isApiErrorMessage"`
	SessionID     string          `json:"sessionId"`
	AgentID       string          `json:"agentId"`
	Time          string          `json:"timestamp"`
	Title         string          `json:"summary"`
	Message       json.RawMessage `json:"message"`
	Data          json.RawMessage `json:"data"`
}

// claudeMessage is what the API was sent or answered.
type claudeMessage struct {
	ID      string          `json:"id"`
	Role    string          `json:"role"`
	Model   string          `json:"model"`
	Content json.RawMessage `json:"content"`
	Usage   json.RawMessage `json:"usage"`
}

// node is one line in the thread of a session. Lines that hold no message, such
// as progress, are nodes too, since threads run through them.
type node struct {
	uuid, parent string
	compacted    bool   // the program went on from here without what came before
	call         string // of assistant lines: the id of the model's answer
	message      bool
	told         bool // an earlier session holds it too
	entry        entry
}

// claudeFile collects the lines of one file, the subagents' apart.
type claudeFile struct {
	rec     *Record
	o       *Options
	base    string
	session string
	title   string
	main    []node
	side    map[string][]node // by agent
	seen    map[string]bool   // of the main thread and of the subagents
	unknown map[string]int    // types of lines that are not known, counted
	first   map[string]int    // the line on which each stood first
}

// ignored are the types of lines that hold no part of the conversation.
var ignored = map[string]bool{
	"system": true, "progress": true, "summary": true, "file-history-snapshot": true, "queue-operation": true,
	"last-prompt": true, "custom-title": true, "ai-title": true, "agent-name": true, "permission-mode": true, "mode": true,
}

// isClaude says whether a line looks like one of Claude Code's.
func isClaude(raw []byte) bool {
	var p struct {
		Type    string          `json:"type"`
		Role    string          `json:"role"`
		UUID    string          `json:"uuid"`
		Session string          `json:"sessionId"`
		Message json.RawMessage `json:"message"`
		Snap    json.RawMessage `json:"snapshot"`
		Leaf    string          `json:"leafUuid"`
	}
	if json.Unmarshal(raw, &p) != nil || p.Type == "" || p.Role != "" {
		return false
	}
	return p.UUID != "" || p.Session != "" || p.Message != nil || p.Snap != nil || p.Leaf != ""
}

// line reads one line.
func (c *claudeFile) line(ln line) {
	var l claudeLine
	if err := json.Unmarshal(ln.text, &l); err != nil {
		c.rec.report(ln.n, c.session, codeUnreadable, "%w", err)
		return
	}
	if l.SessionID != "" {
		c.session = l.SessionID
	}
	switch l.Type {
	case "user", "assistant":
		agent := ""
		if l.Sidechain {
			agent = firstOf(l.AgentID, "sidechain")
		}
		c.message(l, ln.n, agent)
		return
	case "progress":
		if bytes.Contains(l.Data, []byte(`"agent_progress"`)) {
			c.subagent(l, ln.n)
		}
	case "summary":
		c.title = firstOf(c.title, l.Title)
	}
	if !ignored[l.Type] {
		c.unknown[l.Type]++
		if c.first[l.Type] == 0 {
			c.first[l.Type] = ln.n
		}
	}
	if l.UUID != "" && !l.Sidechain && !c.seen[l.UUID] {
		c.seen[l.UUID] = true
		c.main = append(c.main, node{uuid: l.UUID, parent: firstOf(l.Parent, l.LogicalParent),
			compacted: l.Subtype == "compact_boundary", entry: entry{line: ln.n}})
	}
}

// subagent reads a message of a subagent that stands inside a progress line.
func (c *claudeFile) subagent(l claudeLine, n int) {
	var d struct {
		Type    string     `json:"type"`
		AgentID string     `json:"agentId"`
		Message claudeLine `json:"message"`
	}
	if err := json.Unmarshal(l.Data, &d); err != nil {
		c.rec.report(n, c.session, codeUnreadable, "message of a subagent: %w", err)
		return
	}
	if d.Type != "agent_progress" || d.Message.Type != "user" && d.Message.Type != "assistant" {
		return
	}
	d.Message.Parent = "" // they are told in order, without threads
	c.message(d.Message, n, firstOf(d.AgentID, "subagent"))
}

// message reads a user's or assistant's line into the thread that it is of.
func (c *claudeFile) message(l claudeLine, n int, agent string) {
	key := l.UUID
	if agent != "" {
		key = agent + "\x00" + l.UUID
	}
	if l.UUID != "" && c.seen[key] {
		c.rec.report(n, c.session, codeRepeated, "uuid %q was there before", l.UUID)
		return
	}
	nd, err := c.node(l, n)
	if err != nil {
		c.rec.report(n, c.session, codeUnreadable, "%w", err)
		return
	}
	c.seen[key] = true
	if agent == "" {
		c.main = append(c.main, nd)
		return
	}
	c.side[agent] = append(c.side[agent], nd)
}

// node reads the message of a line.
func (c *claudeFile) node(l claudeLine, n int) (node, error) {
	var m claudeMessage
	if len(l.Message) == 0 {
		return node{}, fmt.Errorf("%s without a message", l.Type)
	}
	if err := json.Unmarshal(l.Message, &m); err != nil {
		return node{}, fmt.Errorf("message: %w", err)
	}
	e := entry{line: n, role: l.Type, model: m.Model, restart: l.Summary,
		noCall: l.APIError || m.Model == "<synthetic>"}
	var err error
	if e.parts, err = (decoder{model: m.Model}).content(m.Content); err != nil {
		c.rec.report(n, c.session, codeField, "%w", err)
	}
	if e.usage, err = decodeUsage(m.Usage); err != nil {
		c.rec.report(n, c.session, codeField, "usage: %w", err)
	}
	if l.Time != "" {
		if e.time, err = time.Parse(time.RFC3339, l.Time); err != nil {
			c.rec.report(n, c.session, codeField, "timestamp: %w", err)
		}
		e.time = e.time.UTC()
	}
	nd := node{uuid: l.UUID, parent: firstOf(l.Parent, l.LogicalParent), message: true, entry: e}
	if l.Type == "assistant" {
		nd.call = firstOf(m.ID, fmt.Sprintf("line %d", n))
	}
	return nd, nil
}

// finish makes the sessions: the thread that was held last, what branched off
// from it, and the subagents, by name.
func (c *claudeFile) finish() {
	id := firstOf(c.session, c.base)
	c.reportUnknown(id)
	n := len(c.rec.Sessions)
	c.threads(id)
	if len(c.rec.Sessions) > n {
		c.rec.Sessions[n].Title = c.title
	}
	agents := make([]string, 0, len(c.side))
	for a := range c.side {
		agents = append(agents, a)
	}
	sort.Slice(agents, func(i, j int) bool { // in the order in which they were started
		a, b := c.side[agents[i]][0].entry.line, c.side[agents[j]][0].entry.line
		return a < b || a == b && agents[i] < agents[j]
	})
	for _, a := range agents {
		b := newBuilder(c.rec, c.o, id+"/"+a)
		b.s.Parent, b.s.Sidechain = id, true
		b.s.User = c.o.Agent
		b.s.Agent = quire.Address(string(c.o.Agent) + "/" + string(addressOf(a, "subagent")))
		for _, nd := range merge(c.side[a]) {
			b.add(nd.entry)
		}
		b.finish()
	}
}

// reportUnknown reports each type of line that was left out once.
func (c *claudeFile) reportUnknown(id string) {
	types := make([]string, 0, len(c.unknown))
	for t := range c.unknown {
		types = append(types, t)
	}
	sort.Strings(types)
	for _, t := range types {
		c.rec.report(c.first[t], id, codeUnknown, "entries of type %q: %d left out", t, c.unknown[t])
	}
}

// merge joins the lines of one model call: they stand where the first one did,
// before the results that came in between.
func merge(nodes []node) []node {
	var out []node
	at := map[string]int{}
	for _, n := range nodes {
		if !n.message {
			continue
		}
		if n.call == "" {
			out = append(out, n)
			continue
		}
		i, ok := at[n.call]
		if !ok {
			at[n.call] = len(out)
			out = append(out, n)
			continue
		}
		e := &out[i].entry
		e.parts = append(e.parts[:len(e.parts):len(e.parts)], n.entry.parts...)
		e.usage = most(e.usage, n.entry.usage)
		e.model = firstOf(e.model, n.entry.model)
	}
	return out
}

// idOf names a branch: the first keeps the session's id.
func idOf(id string, n int) string {
	if n == 0 {
		return id
	}
	return fmt.Sprintf("%s~%d", id, n+1)
}
