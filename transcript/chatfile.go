package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/quire-dev/quire"
)

// listNames are the fields under which objects hold a list of messages.
var listNames = map[string]bool{"messages": true, "traj": true, "trajectory": true, "history": true, "conversation": true,
	"contents": true, "items": true}

// chatFile reads a JSON document of messages, runs, or lists of them, element
// by element, so that a damaged one is read up to the damage.
type chatFile struct {
	*job
	lines  *lineIndex
	dec    *json.Decoder
	whole  []byte // the line that is read, where it is one valid object
	loose  map[string]*builder
	order  []*builder // of messages that stand in no run, by the sessions that they name
	logs   callLog
	depth  int
	fixed  int                // the line of everything, when lines is nil
	safe   int64              // up to here everything was taken
	known  bool               // something was read
	entry  func(ln line) bool // reads a line of another form
	gemini *geminiFile
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

// readLine reads one line of a file that holds a value on each, and returns how
// far it came.
func (c *chatFile) readLine(ln line) int {
	c.fixed, c.depth, c.known, c.whole = ln.n, 0, true, nil
	if ln.valid {
		c.whole = ln.text
	}
	c.dec = json.NewDecoder(bytes.NewReader(ln.text))
	err := c.read()
	if err != nil && err != errOver {
		c.report(ln.n, "", codeUnreadable, "%w", err)
	}
	c.whole = nil
	if err == nil {
		return len(ln.text)
	}
	return int(c.safe)
}

// finish ends the sessions of the messages that stand in no run, and those of
// calls that were logged.
func (c *chatFile) finish() {
	for _, b := range c.order {
		b.finish()
	}
	c.logs.finish()
}

// message reads a message that stands in no run.
func (c *chatFile) message(f fields, line int) {
	id := f.first("session_id", "sessionId", "conversation_id")
	b := c.loose[id]
	if b == nil {
		if c.loose == nil {
			c.loose = map[string]*builder{}
		}
		b = newBuilder(c.job, c.name(firstOf(id, c.base)))
		c.loose[id], c.order = b, append(c.order, b)
	}
	b.element(b.elements(""), f, c.whole, line)
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
			if c.over() {
				return errOver
			}
		}
		c.depth--
		_, err := c.token()
		return err
	}
	c.report(c.line(), "", codeUnreadable, "neither a message nor a run: %.20v", t)
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

// errOver ends a document of which no more is read.
var errOver = errors.New("no more is read")

// object reads an object: a message, or a run that holds a list of them. The
// list's messages are kept until the object ends, since what names the run may
// stand behind it.
func (c *chatFile) object() error {
	line := c.line()
	c.safe = c.dec.InputOffset()
	f := fields{}
	var list []element
	isRun, listed := false, ""
	var err error
	var raw json.RawMessage
	for err == nil && c.dec.More() {
		var t json.Token
		if t, err = c.token(); err != nil {
			break
		}
		name, _ := t.(string)
		if listNames[name] && !isRun {
			list, isRun, err = c.list(name, f)
			if isRun {
				listed = name
			}
			continue
		}
		if err = c.decode(&raw); err == nil && f.keep(name) {
			f[name], raw = raw, nil
		}
	}
	if err == nil {
		_, err = c.token()
	}
	if isRun {
		c.holdRun(f, list, listed, line)
	} else if err == nil {
		c.hold(f, line)
	}
	return err
}

// holdRun takes an object that holds a list of messages: a session, or a call
// that was logged, of which the list is what was sent.
func (c *chatFile) holdRun(f fields, list []element, name string, line int) {
	x, logged := exchangeOf(f)
	switch {
	case len(f["projectHash"]) > 0:
		c.gemini.run(f, list)
	case logged, c.lines == nil && (name == "contents" || f.str("model") != "") && c.idOf(f) == c.base:
		c.logs.add(c, x, f, list, line)
	default:
		c.run(f, list)
	}
}

// hold takes any other object.
func (c *chatFile) hold(f fields, line int) {
	x, logged := exchangeOf(f)
	switch {
	case logged:
		c.logs.add(c, x, f, nil, line)
	case f.isGeminiLine():
		c.gemini.loose(f, line)
	case f.isElement():
		c.message(f, line)
	case c.foreign(f, line):
	default:
		c.report(line, "", codeUnreadable, "neither a message nor a run: it has %s", keys(f))
	}
}

// foreign reads a line of a session that stands as an element of a document: of
// its fields those that are looked at are left.
func (c *chatFile) foreign(f fields, n int) bool {
	if c.whole != nil {
		return false // it was asked already
	}
	raw, err := json.Marshal(f)
	return err == nil && c.entry(line{n: n, text: raw, valid: true})
}

// element is one message of a run with its line.
type element struct {
	f    fields
	raw  []byte // of those whose every field is kept
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
		c.safe = c.dec.InputOffset()
		line := c.lineBefore(len(raw))
		m, err := parseFields(raw)
		if err != nil || !m.isElement() {
			c.report(line, "", codeUnreadable, "element %d of %q is no message: %.40s", len(list)+1, name, raw)
			continue
		}
		if len(list) >= c.left {
			c.fill(line)
			return list, true, errOver
		}
		e := element{f: m, line: line}
		if isItem(m.str("type")) {
			e.raw = raw
		}
		list = append(list, e)
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

// idOf finds what a run is called.
func (c *chatFile) idOf(f fields) string {
	id := f.first("instance_id", "session_id", "sessionId", "conversation_id", "custom_id", "id")
	if task := f.str("task_id"); id == "" && task != "" {
		id = c.base + "/" + task
		if trial := f.str("trial"); trial != "" {
			id += "." + trial
		}
	}
	return firstOf(id, f.object("session").str("id"), c.base)
}

// run makes a session of a run.
func (c *chatFile) run(f fields, list []element) {
	b := newBuilder(c.job, c.name(c.idOf(f)))
	b.about(f)
	model := firstOf(f.str("model"), f.object("info").object("config").object("model").str("model_name"))
	x := b.elements("")
	for _, m := range list {
		b.element(x, m.f, m.raw, m.line)
	}
	b.flush()
	if b.s.Model == "" {
		b.s.Model = model
	}
	b.finish()
}

// about takes over what an object says of a session as a whole.
func (b *builder) about(f fields) {
	b.s.Title = f.str("title")
	system := f.raw("system", "instructions", "systemInstruction", "system_instruction")
	if o := f.either("systemInstruction", "system_instruction"); len(f["system"]) == 0 && o != nil {
		system = o["parts"]
	}
	b.s.System = quire.PlainText((&elements{report: b.report, count: func() int { return 0 }}).partList(system, "", 0))
	b.s.Tools = b.chatTools(f["tools"])
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
