package transcript

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/quire-dev/quire"
)

// codexTypes are the types of the lines of a Codex rollout, each with a payload;
// false for those that hold no part of the conversation.
var codexTypes = map[string]bool{
	"session_meta": true, "response_item": true, "compacted": true, "turn_context": true, "event_msg": true,
	"token_usage_record": true, "inter_agent_communication": true,
	"inter_agent_communication_metadata": false, "world_state": false, "security_risk_score": false,
	"realtime_item": false, "retained_context": false,
}

// codexFile reads rollouts of Codex: one in a file, or several.
type codexFile struct {
	*job
	cur *rollout
	all []*rollout
}

// rollout is one session. What was rolled back is a branch of it.
type rollout struct {
	*job
	s       Session // what its first line says
	sources map[string]bool
	bare    bool // of an old version, whose lines are items without more
	nodes   []node
	tip     int // the node that the next one follows; -1 for none
	x       elements
	open    bool                  // tip is an answer that may go on
	told    map[[32]byte]bool     // lines that were there
	held    map[quire.Digest]bool // what messages of the history hold
	turns   []int                 // nodes of user messages
	said    []int                 // those of them that the user wrote himself, where events tell
	usage   tokens
	restart bool
	unknown map[string]int
	first   map[string]int
}

// bare says whether the session that is read now is of an old version.
func (c *codexFile) bare() bool { return c != nil && c.cur != nil && c.cur.bare }

// line reads one line.
func (c *codexFile) line(ln line) {
	f, err := parseFields(ln.text)
	if err != nil {
		c.report(ln.n, "", codeUnreadable, "%w", err)
		return
	}
	kind, payload := f.str("type"), f.object("payload")
	_, known := codexTypes[kind]
	switch {
	case payload == nil && known:
		c.report(ln.n, "", codeUnreadable, "%s: its payload is no object", kind)
		return
	case kind == "" && len(f["record_type"]) > 0: // what an old version noted between items
		return
	case kind == "" && f.str("role") == "":
		c.start(f, ln.n).bare = true
		return
	case kind == "session_meta":
		c.start(payload, ln.n)
		return
	}
	if c.cur == nil {
		c.start(fields{}, ln.n)
	}
	r := c.cur
	sum := sha256.Sum256(ln.text)
	if r.told[sum] && !r.bare && len(f["timestamp"]) > 0 {
		c.report(ln.n, r.s.ID, codeRepeated, "the same line was there before")
		return
	}
	r.told[sum] = true
	raw := []byte(f["payload"])
	if !known { // of an old version
		kind, payload, raw = "response_item", f, ln.text
	}
	if len(payload["timestamp"]) == 0 && len(f["timestamp"]) > 0 {
		payload["timestamp"] = f["timestamp"]
	}
	r.line(kind, payload, raw, ln.n)
}

// start begins another session, unless a line says again which one it is: a
// session that was resumed repeats its own first line, and one that branched off
// the first lines of those that it comes from.
func (c *codexFile) start(meta fields, n int) *rollout {
	id := firstOf(meta.str("id"), meta.str("session_id"))
	parent := meta.str("forked_from_id")
	spawn := meta.object("source").object("subagent").object("thread_spawn")
	if p := spawn.str("parent_thread_id"); p != "" {
		parent = firstOf(parent, p)
	}
	if r := c.cur; r != nil && id != "" && r.sources[id] {
		r.sources[parent] = true
		return r
	}
	r := &rollout{job: c.job, tip: -1, sources: map[string]bool{id: true, parent: true}, told: map[[32]byte]bool{},
		held: map[quire.Digest]bool{}, unknown: map[string]int{}, first: map[string]int{}}
	r.s = Session{ID: c.name(firstOf(id, c.base)), Parent: parent, Agent: c.o.Agent, User: c.o.User}
	r.s.System = firstOf(meta.object("base_instructions").str("text"), meta.str("base_instructions"), meta.str("instructions"))
	if meta.object("source").object("subagent") != nil || meta.object("source").str("subagent") != "" {
		r.s.Sidechain, r.s.User = true, c.o.Agent
		name := firstOf(meta.str("agent_nickname"), spawn.str("agent_nickname"), meta.object("source").str("subagent"))
		r.s.Agent = quire.Address(string(c.o.Agent) + "/" + string(addressOf(name, "subagent")))
	}
	r.x = elements{count: func() int { return len(r.nodes) }, report: func(line int, code string, format string, args ...any) {
		c.report(line, r.s.ID, code, format, args...)
	}}
	b := &builder{job: c.job}
	b.s.ID = r.s.ID
	r.s.Tools = b.chatTools(meta["dynamic_tools"])
	c.cur, c.all = r, append(c.all, r)
	return r
}

// line reads what one line holds.
func (r *rollout) line(kind string, p fields, raw []byte, n int) {
	switch kind {
	case "response_item":
		r.item(p, raw, n)
	case "turn_context":
		r.x.model = firstOf(p.str("model"), r.x.model)
	case "compacted":
		r.compacted(p, n)
	case "token_usage_record":
		r.usageError(r.usage.record(r, p["usage"]), n)
	case "event_msg":
		r.event(p, n)
	case "inter_agent_communication":
		e := entry{line: n, role: "user", name: p.str("author"), time: r.x.timeOf(p, n), parts: text(p.str("content"))}
		if len(e.parts) == 0 {
			e.parts = opaque(kind, raw)
		}
		r.add(e)
	}
}

func (r *rollout) usageError(err error, n int) {
	if err != nil {
		r.report(n, r.s.ID, codeField, "usage: %w", err)
	}
}

// item reads what was sent to the model or came from it.
func (r *rollout) item(p fields, raw []byte, n int) {
	if p.str("type") == "ghost_snapshot" { // where an undo goes back to
		return
	}
	if !p.isElement() {
		kind := firstOf(p.str("type"), "an item of no type")
		if r.unknown[kind]++; r.first[kind] == 0 {
			r.first[kind] = n
		}
		return
	}
	r.x.raw = raw
	e, piece := r.x.read(p, n)
	if e.role == "assistant" && (piece || p.str("type") == "message") {
		r.piece(e)
		return
	}
	r.add(e)
	if e.role == "user" {
		r.turns = append(r.turns, r.tip)
	}
}

// add appends what is no answer, which ends the one before.
func (r *rollout) add(e entry) {
	e.restart = e.restart || r.restart
	r.restart, r.open = false, false
	r.push(e)
}

// piece joins e to the answer that it is of.
func (r *rollout) piece(e entry) {
	if r.open {
		r.nodes[r.tip].entry.join(e)
		return
	}
	e.restart, r.restart = r.restart, false
	e.usage = r.usage.next
	r.usage.next = quire.Usage{}
	r.push(e)
	r.open = !r.full
}

func (r *rollout) push(e entry) {
	if !r.room(e.line) {
		return
	}
	nd := node{uuid: strconv.Itoa(len(r.nodes)), root: true, message: true, entry: e}
	if r.tip >= 0 {
		nd.parent = strconv.Itoa(r.tip)
	}
	if e.role == "assistant" {
		nd.call = "call " + nd.uuid
	}
	r.tip = len(r.nodes)
	r.nodes = append(r.nodes, nd)
	r.held[holds(&e)] = true
}

// event reads what the program told its user.
func (r *rollout) event(p fields, n int) {
	switch p.str("type") {
	case "token_count":
		r.usageError(r.usage.event(r, p.object("info")), n)
	case "user_message":
		if r.tip >= 0 && r.nodes[r.tip].entry.role == "user" {
			r.said = append(r.said, r.tip)
		}
	case "thread_name_updated":
		r.s.Title = firstOf(p.str("thread_name"), r.s.Title)
	case "thread_rolled_back":
		turns, _ := strconv.Atoi(p.str("num_turns"))
		r.back(turns, n)
	}
}

// back goes to before the user's last turns.
func (r *rollout) back(turns, n int) {
	if turns <= 0 {
		r.report(n, r.s.ID, codeField, "thread_rolled_back: by how many turns it does not say")
	}
	list := r.turns
	if len(r.said) > 0 {
		list = r.said
	}
	if turns = min(turns, len(list)); turns > 0 {
		first := list[len(list)-turns]
		r.tip = -1
		if parent := r.nodes[first].parent; parent != "" {
			r.tip, _ = strconv.Atoi(parent)
		}
		r.turns, r.said = before(r.turns, first), before(r.said, first)
	}
	r.open = false
}

// before returns the beginning of an ascending list that is smaller than n.
func before(list []int, n int) []int {
	i, _ := slices.BinarySearch(list, n)
	return list[:i]
}

// compacted reads what the program went on from when it had summarised: what it
// kept of the messages stands before it.
func (r *rollout) compacted(p fields, n int) {
	r.usage.next = quire.Usage{} // the call that summarised is no part of the conversation
	r.open, r.restart = false, true
	list, others := p.list("replacement_history")
	if others > 0 {
		r.report(n, r.s.ID, codeField, "replacement_history: %d elements are no objects", others)
	}
	for _, f := range list {
		if !f.isElement() {
			continue
		}
		r.x.raw = nil
		e, _ := r.x.read(f, n)
		e.noCall = true
		if len(e.parts) > 0 && !r.held[holds(&e)] {
			if e.role == "assistant" {
				e.role = "user"
			}
			r.add(e)
		}
	}
	if e := (entry{line: n, role: "user", time: r.x.timeOf(p, n), parts: text(p.str("message"))}); r.restart && len(e.parts) > 0 {
		r.add(e)
	}
}

// finish makes the sessions.
func (c *codexFile) finish() {
	for _, r := range c.all {
		reportUnknown(c.job, r.s.ID, r.unknown, r.first)
		t := &tree{job: c.job, id: r.s.ID, nodes: r.nodes, about: func(s *Session) { r.s.Messages, r.s.Calls = nil, nil; *s = r.s }}
		t.threads()
	}
}

// tokens finds the answer that each report of usage is of. Reports come behind
// the answer in some versions, and before its items in others.
type tokens struct {
	next    quire.Usage // of the answer that is to come
	last    quire.Usage
	total   string
	records bool // there are better ones than those of events
}

// event reads what the program shows of the tokens: of the last call and of all.
// It shows the same again when only the limits of the account have changed.
func (t *tokens) event(r *rollout, info fields) error {
	total := info.object("total_token_usage").str("total_tokens")
	if info == nil || t.records || total != "" && total == t.total {
		return nil
	}
	t.total = total
	u, err := decodeUsage(info["last_token_usage"])
	t.of(r, u)
	return err
}

// record reads what newer versions write behind each answer.
func (t *tokens) record(r *rollout, raw json.RawMessage) error {
	u, err := decodeUsage(raw)
	if t.records || u != t.last {
		t.of(r, u)
	}
	t.records = true
	return err
}

// of gives a report to the answer that is open, or the last one if it has none
// yet; else the next one has it.
func (t *tokens) of(r *rollout, u quire.Usage) {
	if u.Input == 0 && u.Output == 0 {
		return
	}
	t.last = u
	at := r.tip
	for at >= 0 && r.nodes[at].call == "" && at > r.tip-maxNotes {
		at--
	}
	if at < 0 || r.nodes[at].call == "" || !r.open && r.nodes[at].entry.usage != (quire.Usage{}) {
		t.next = u
		return
	}
	r.nodes[at].entry.usage = u
	r.open = false
}
