package transcript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// claudeLine is one line of a Claude Code session, as far as it matters here.
type claudeLine struct {
	Type          string          `json:"type"`
	Subtype       string          `json:"subtype"`
	UUID          string          `json:"uuid"`
	Parent        json.RawMessage `json:"parentUuid"` // null for the first of a thread
	LogicalParent string          `json:"logicalParentUuid"`
	Sidechain     bool            `json:"isSidechain"`
	Summary       bool            `json:"isCompactSummary"`
	APIError      bool            `json:"isApiErrorMessage"`
	SessionID     string          `json:"sessionId"`
	StreamID      string          `json:"session_id"` // where it writes to a pipe
	RequestID     string          `json:"requestId"`
	AgentID       string          `json:"agentId"`
	ToolUse       string          `json:"parent_tool_use_id"` // of a subagent, in a pipe
	Time          string          `json:"timestamp"`
	Title         string          `json:"summary"`
	Leaf          string          `json:"leafUuid"`
	Message       json.RawMessage `json:"message"`
	Data          json.RawMessage `json:"data"`
	Attachment    json.RawMessage `json:"attachment"`
	Compact       struct {
		Segment struct {
			Tail string `json:"tailUuid"`
		} `json:"preservedSegment"`
		Messages struct {
			UUIDs []string `json:"uuids"`
		} `json:"preservedMessages"`
	} `json:"compactMetadata"`
}

// parent returns the id of the line before; root says that there is none.
func (l *claudeLine) parent() (id string, root bool) {
	_ = json.Unmarshal(l.Parent, &id) // anything else is none
	return id, string(l.Parent) == "null"
}

// kept returns the last message that a program kept beside its summary.
func (l *claudeLine) kept() string {
	if n := len(l.Compact.Messages.UUIDs); n > 0 && l.Compact.Segment.Tail == "" {
		return l.Compact.Messages.UUIDs[n-1]
	}
	return l.Compact.Segment.Tail
}

// claudeMessage is what the API was sent or answered.
type claudeMessage struct {
	ID      string          `json:"id"`
	Role    string          `json:"role"`
	Model   string          `json:"model"`
	Content json.RawMessage `json:"content"`
	Usage   json.RawMessage `json:"usage"`
}

// claudeFile collects the lines of one file, the subagents' apart.
type claudeFile struct {
	*job
	session string // of the last line that named one
	titles  []claudeTitle
	main    []node
	side    map[sideKey][]node
	sideOf  map[string]string // the subagent of a line, where it does not say
	seen    map[string]bool   // of the main thread and of the subagents
	unknown map[string]int    // types of lines that are not known, counted
	first   map[string]int    // the line on which each stood first
}

// sideKey names the thread of one subagent.
type sideKey struct{ session, agent string }

// claudeTitle is what a session is called, by its last line.
type claudeTitle struct{ leaf, title string }

func newClaudeFile(j *job) *claudeFile {
	return &claudeFile{job: j, side: map[sideKey][]node{}, sideOf: map[string]string{}, seen: map[string]bool{},
		unknown: map[string]int{}, first: map[string]int{}}
}

// ignored are the types of lines that hold no part of the conversation.
var ignored = map[string]bool{
	"system": true, "progress": true, "summary": true, "file-history-snapshot": true, "queue-operation": true,
	"last-prompt": true, "custom-title": true, "ai-title": true, "agent-name": true, "permission-mode": true, "mode": true,
	"result": true, "stream_event": true,
}

// line reads one line.
func (c *claudeFile) line(ln line) {
	var l claudeLine
	if err := json.Unmarshal(ln.text, &l); err != nil {
		if _, wrong := err.(*json.UnmarshalTypeError); !wrong {
			c.report(ln.n, c.session, codeUnreadable, "%w", err)
			return
		}
		c.report(ln.n, c.session, codeField, "%w", err)
	}
	c.session = firstOf(l.SessionID, l.StreamID, c.session)
	agent := c.agentOf(&l)
	switch l.Type {
	case "user", "assistant":
		c.message(l, ln.n, agent)
		return
	case "attachment":
		if c.queued(&l) {
			c.message(l, ln.n, agent)
			return
		}
	case "progress":
		if bytes.Contains(l.Data, []byte(`"agent_progress"`)) {
			c.subagent(l, ln.n)
		}
	case "summary":
		c.titles = append(c.titles, claudeTitle{l.Leaf, l.Title})
	}
	if !ignored[l.Type] {
		c.unknown[l.Type]++
		if c.first[l.Type] == 0 {
			c.first[l.Type] = ln.n
		}
	}
	if l.UUID != "" && agent == "" && !c.seen[l.UUID] && c.room(ln.n) {
		c.seen[l.UUID] = true
		parent, root := l.parent()
		c.main = append(c.main, node{uuid: l.UUID, parent: firstOf(parent, l.LogicalParent), root: root, session: c.session,
			compacted: l.Subtype == "compact_boundary", kept: l.kept(), entry: entry{line: ln.n}})
	}
}

// agentOf names the subagent whose line it is; "" for the session itself. Older
// versions mark such lines and name nobody: they are told apart by their threads.
func (c *claudeFile) agentOf(l *claudeLine) string {
	if !l.Sidechain && l.ToolUse == "" {
		return ""
	}
	agent := firstOf(l.AgentID, l.ToolUse)
	if agent == "" {
		parent, _ := l.parent()
		if agent = c.sideOf[parent]; agent == "" {
			agent = "sidechain"
			if n := len(c.sideOf); parent == "" && n > 0 {
				agent = fmt.Sprintf("sidechain-%d", n+1)
			}
		}
		if l.UUID != "" {
			c.sideOf[l.UUID] = agent
		}
	}
	return agent
}

// queued reads a line that holds what the user said while the model worked.
func (c *claudeFile) queued(l *claudeLine) bool {
	var a struct {
		Type   string          `json:"type"`
		Prompt json.RawMessage `json:"prompt"`
	}
	if json.Unmarshal(l.Attachment, &a) != nil || a.Type != "queued_command" || len(a.Prompt) == 0 {
		return false
	}
	var err error
	l.Type = "user"
	l.Message, err = json.Marshal(map[string]any{"role": "user", "content": a.Prompt})
	return err == nil
}

// subagent reads a message of a subagent that a progress line tells.
func (c *claudeFile) subagent(l claudeLine, n int) {
	var d struct {
		Type    string     `json:"type"`
		AgentID string     `json:"agentId"`
		Message claudeLine `json:"message"`
	}
	if err := json.Unmarshal(l.Data, &d); err != nil {
		c.report(n, c.session, codeUnreadable, "progress: %w", err)
		return
	}
	if d.Type != "agent_progress" || d.Message.Type != "user" && d.Message.Type != "assistant" {
		return
	}
	d.Message.Parent = nil // they are told in order, without threads
	c.message(d.Message, n, firstOf(d.AgentID, "subagent"))
}

// message reads a user's or assistant's line into the thread that it is of.
func (c *claudeFile) message(l claudeLine, n int, agent string) {
	key := l.UUID
	if agent != "" {
		key = agent + "\x00" + l.UUID
	}
	if l.UUID != "" && c.seen[key] {
		c.report(n, c.session, codeRepeated, "uuid %q was there before", l.UUID)
		return
	}
	if !c.room(n) {
		return
	}
	nd, err := c.node(l, n)
	if err != nil {
		c.report(n, c.session, codeUnreadable, "%w", err)
		return
	}
	c.seen[key] = true
	if agent == "" {
		c.main = append(c.main, nd)
		return
	}
	k := sideKey{c.session, agent}
	c.side[k] = append(c.side[k], nd)
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
		c.report(n, c.session, codeField, "%w", err)
	}
	if e.usage, err = decodeUsage(m.Usage); err != nil {
		c.report(n, c.session, codeField, "usage: %w", err)
	}
	if l.Time != "" {
		if e.time, err = time.Parse(time.RFC3339, l.Time); err != nil {
			c.report(n, c.session, codeField, "timestamp: %w", err)
		}
		e.time = e.time.UTC()
	}
	parent, root := l.parent()
	nd := node{uuid: l.UUID, parent: firstOf(parent, l.LogicalParent), root: root, session: c.session,
		request: l.RequestID, message: true, entry: e}
	if l.Type == "assistant" {
		nd.call = firstOf(m.ID, fmt.Sprintf("line %d", n))
	}
	return nd, nil
}
