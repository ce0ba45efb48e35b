package transcript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/quire-dev/quire"
)

// listNames are the fields under which objects hold a list of messages.
var listNames = map[string]bool{"messages": true, "traj": true, "trajectory": true, "history": true, "conversation": true}

// chatFile reads a JSON document of messages, runs, or lists of them, element
// by element, so that a damaged one is read up to the damage.
type chatFile struct {
	rec   *Record
	o     *Options
	base  string // what sessions are called that have no name
	lines *lineIndex
	dec   *json.Decoder
	loose *builder // messages that stand in the top list
	runs  int
	depth int
	fixed int            // the line of everything, when lines is nil
	found map[string]int // session ids in use
}

// read reads everything; the error is of the place where it had to stop.
func (c *chatFile) read() error {
	var err error
	for err == nil {
		err = c.value()
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// readLine reads one line of a file that holds a value on each.
func (c *chatFile) readLine(ln line) {
	c.fixed, c.depth = ln.n, 0
	c.dec = json.NewDecoder(bytes.NewReader(ln.text))
	if err := c.read(); err != nil {
		c.rec.report(ln.n, "", codeUnreadable, "%w", err)
	}
}

// finish ends the session of the messages that stand in no run.
func (c *chatFile) finish() {
	if c.loose != nil {
		c.loose.finish()
	}
}

func (c *chatFile) line() int { return c.lineBefore(0) }

// lineBefore returns the line of the place n bytes back.
func (c *chatFile) lineBefore(n int) int {
	if c.lines == nil {
		return c.fixed
	}
	return c.lines.at(c.dec.InputOffset() - int64(n))
}

// value reads one value of the document or of its top list.
func (c *chatFile) value() error {
	t, err := c.dec.Token()
	if c.depth > 0 {
		err = inside(err)
	}
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return c.object()
	case json.Delim('['):
		if c.depth++; c.depth > 2 {
			return fmt.Errorf("lists in lists in lists")
		}
		for c.dec.More() {
			if err := c.value(); err != nil {
				return err
			}
		}
		c.depth--
		_, err := c.token()
		return err
	}
	c.rec.report(c.line(), "", codeUnreadable, "neither a message nor a run: %.20v", t)
	return nil
}

// token returns the next token of a value that has begun.
func (c *chatFile) token() (json.Token, error) {
	t, err := c.dec.Token()
	return t, inside(err)
}

// decode reads the next value inside one that has begun.
func (c *chatFile) decode(v any) error { return inside(c.dec.Decode(v)) }

// inside is err inside a value, where the end of the file is a mistake.
func inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// object reads an object: a message, or a run that holds a list of them. The
// list's messages are kept until the object ends, since what names the run may
// stand behind it.
func (c *chatFile) object() error {
	line := c.line()
	f := fields{}
	var list []element
	isRun := false
	var err error
	for err == nil && c.dec.More() {
		var t json.Token
		if t, err = c.token(); err != nil {
			break
		}
		name, _ := t.(string)
		if listNames[name] && !isRun {
			list, isRun, err = c.list(name, f)
			continue
		}
		var raw json.RawMessage
		if err = c.decode(&raw); err == nil {
			f[name] = raw
		}
	}
	if err == nil {
		_, err = c.token()
	}
	switch {
	case isRun:
		c.run(f, list)
	case err != nil: // half a message
	case f.isMessage():
		if c.loose == nil {
			c.loose = newBuilder(c.rec, c.o, c.base)
			c.loose.s.ID = c.name(c.base)
		}
		c.loose.chatMessage(f, line)
	default:
		c.rec.report(line, "", codeUnreadable, "neither a message nor a run: it has %s", keys(f))
	}
	return err
}

// element is one message of a run with its line.
type element struct {
	f    fields
	line int
}

// list reads the list of messages of a run. Under a listed name may also stand
// something else, which is a field like any other.
func (c *chatFile) list(name string, f fields) (list []element, isRun bool, err error) {
	t, err := c.token()
	if err != nil {
		return nil, false, err
	}
	if t != json.Delim('[') {
		return nil, false, c.skip(t)
	}
	for c.dec.More() {
		var raw json.RawMessage
		if err := c.decode(&raw); err != nil {
			return list, true, err
		}
		line := c.lineBefore(len(raw))
		var m fields
		if json.Unmarshal(raw, &m) != nil || !m.isMessage() {
			c.rec.report(line, "", codeUnreadable, "element %d of %q is no message: %.40s", len(list)+1, name, raw)
			continue
		}
		list = append(list, element{m, line})
	}
	_, err = c.token()
	return list, true, err
}

// skip reads the rest of the value that began with t.
func (c *chatFile) skip(t json.Token) error {
	depth := 0
	for {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if t, err = c.token(); err != nil {
			return err
		}
	}
}

// run makes a session of a run.
func (c *chatFile) run(f fields, list []element) {
	c.runs++
	id := firstOf(f.str("instance_id"), f.str("session_id"), f.str("conversation_id"), f.str("id"))
	if task := f.str("task_id"); id == "" && task != "" {
		id = c.base + "/" + task
		if trial := f.str("trial"); trial != "" {
			id += "." + trial
		}
	}
	if id == "" {
		id = c.base
	}
	b := newBuilder(c.rec, c.o, c.name(id))
	b.s.Title = f.str("title")
	if parts, err := (decoder{}).content(f["system"]); err == nil {
		b.s.System = quire.PlainText(parts)
	}
	b.s.Tools = b.chatTools(f["tools"])
	model := firstOf(f.str("model"), f.object("info").object("config").object("model").str("model_name"))
	for _, m := range list {
		b.chatMessage(m.f, m.line)
	}
	if b.s.Model == "" {
		b.s.Model = model
	}
	b.finish()
}

// name makes an id that no other session of the file has.
func (c *chatFile) name(id string) string {
	if c.found == nil {
		c.found = map[string]int{}
	}
	c.found[id]++
	if n := c.found[id]; n > 1 {
		return c.name(fmt.Sprintf("%s~%d", id, n))
	}
	return id
}

// chatTools reads the definitions of the tools that a run could call, in
// either API's form, sorted by name.
func (b *builder) chatTools(raw json.RawMessage) []quire.Tool {
	type tool struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
		Schema      json.RawMessage `json:"input_schema"`
	}
	var list []struct {
		tool
		Function tool `json:"function"`
	}
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		b.report(0, codeField, "tools: %w", err)
		return nil
	}
	var tools []quire.Tool
	for _, t := range list {
		d := t.Function
		if d.Name == "" {
			d = t.tool
		}
		if d.Name == "" {
			continue
		}
		schema := d.Parameters
		if len(schema) == 0 {
			schema = d.Schema
		}
		if len(schema) == 0 {
			schema = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		tools = append(tools, quire.Tool{Name: d.Name, Description: d.Description, Schema: schema})
	}
	sort.SliceStable(tools, func(i, j int) bool { return tools[i].Name < tools[j].Name })
	return tools
}

// keys lists the names of an object's fields, sorted, for a report.
func keys(f fields) string {
	if len(f) == 0 {
		return "no fields"
	}
	var names []string
	for k := range f {
		names = append(names, fmt.Sprintf("%.20q", k))
	}
	sort.Strings(names)
	return strings.Join(names[:min(5, len(names))], ", ")
}

// lineIndex knows on which line each byte of what was read stands.
type lineIndex struct {
	r    io.Reader
	n    int64
	ends []int64 // offsets behind each line feed
}

func (l *lineIndex) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.n+int64(i)+1)
		}
	}
	l.n += int64(n)
	return n, err
}

// at returns the line of an offset, from 1.
func (l *lineIndex) at(offset int64) int {
	return sort.Search(len(l.ends), func(i int) bool { return l.ends[i] > offset }) + 1
}
