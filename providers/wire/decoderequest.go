package wire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
)

// Request is the body of a request that a client made, taken apart: what of it a prompt
// says, and the rest, which stays as it is. [DecodeRequest] makes one.
type Request struct {
	// Prompt is what was asked: the model, the system prompt, the tools that are
	// functions or have a name, the messages with the cache marks in them, and how much
	// may be answered. It is the caller's to change.
	//
	// Messages are as compose.Session takes them. What a part has no field for stands
	// beside it as an [quire.Opaque], and a block of a kind that quire does not know is
	// one; Encode puts both back. System messages at the beginning are in System; one
	// further on keeps its role, "system" or "developer". A mark inside of a message
	// is at its end. Reasoning is taken for the model's that is asked.
	Prompt quire.Prompt

	api    quire.API
	model  string
	fields members               // of the body, in their order
	system string                // as it was decoded
	head   []quire.PromptMessage // what system was made of, but for a field of its own
	tools  []requestTool
	ids    []string // of calls, that are written otherwise in a prompt
	// owns is what Encode writes anew: the names of the fields.
	owns       struct{ system, tools, messages string }
	systemRole string // Gemini's field, which says nothing, with a comma behind it
	auto       bool   // the provider is asked to place its cache marks itself
	placed     bool   // messages of the system's stand where Anthropic takes them
}

// requestTool is a tool as the request has it.
type requestTool struct {
	tool quire.Tool // without a name: nothing that a prompt can say
	raw  []byte     // without its cache mark
}

// DecodeRequest reads the body of a request in the format of Anthropic, OpenAI (either)
// or Gemini. model is who is asked, where the body does not say it (Gemini); "" takes it
// from the body.
//
// Nothing is dropped: what can't be kept is an [*Error] that names it by its path. So are
// a conversation of which the provider holds a part (previous_response_id,
// conversation, cachedContent), and calls in the form that OpenAI gave up.
//
// Read otherwise than they stand are only what means the same to the provider: content
// that is a string as one text, messages of one role that follow each other, null as
// nothing, and empty texts, which go as [Encode] says.
func DecodeRequest(api quire.API, model string, body []byte) (*Request, error) {
	decoders := map[quire.API]func(*requestDecoder){
		quire.APIAnthropic:       (*requestDecoder).anthropic,
		quire.APIOpenAIChat:      (*requestDecoder).chat,
		quire.APIOpenAIResponses: (*requestDecoder).responses,
		quire.APIGemini:          (*requestDecoder).gemini,
	}
	decode, ok := decoders[api]
	if !ok {
		return nil, &Error{API: api, What: "requests in this format can't be read"}
	}
	if !isObject(body) {
		return nil, &Error{API: api, What: fmt.Sprintf("the request is no JSON object: %.80q", body)}
	}
	d := &requestDecoder{bodyReader: readBody(api, "", body), r: &Request{api: api}}
	d.r.fields = slices.Clone(d.m)
	d.r.Prompt.Model = d.str("model")
	if model != "" {
		d.r.Prompt.Model = model
	}
	d.r.model = d.r.Prompt.Model
	decode(d)
	if d.err != nil {
		return nil, d.err
	}
	d.finish()
	return d.r, nil
}

// requestDecoder reads a body; what it does not take are settings, which stay in fields.
type requestDecoder struct {
	*bodyReader
	r     *Request
	marks map[int]time.Duration // by the number of messages before them
}

// add appends a message. Results that follow each other answer one message's calls.
func (d *requestDecoder) add(role quire.Role, parts ...quire.Part) {
	msgs := d.r.Prompt.Messages
	if n := len(msgs); n > 0 && role == quire.RoleTool && msgs[n-1].Role == role {
		msgs[n-1].Parts = append(msgs[n-1].Parts, parts...)
		return
	}
	d.r.Prompt.Messages = append(msgs, quire.PromptMessage{Role: role, Parts: parts})
}

// mark keeps a cache mark on what is read now: a message that is about to be added, or,
// with before, the end of what stands before all messages.
func (d *requestDecoder) mark(after int, ttl time.Duration) {
	if d.marks == nil {
		d.marks = map[int]time.Duration{}
	}
	d.marks[after] = max(d.marks[after], ttl)
}

// next is the number of messages once the one that is read now is added.
func (d *requestDecoder) next(role quire.Role) int {
	msgs := d.r.Prompt.Messages
	if n := len(msgs); n > 0 && role == quire.RoleTool && msgs[n-1].Role == role {
		return n
	}
	return len(msgs) + 1
}

// finish moves the system messages at the beginning to the system prompt, and the marks
// behind the messages that are left.
func (d *requestDecoder) finish() {
	p, n := &d.r.Prompt, 0
	for n < len(p.Messages) && (p.Messages[n].Role == roleSystem || p.Messages[n].Role == roleDeveloper) {
		n++
	}
	d.r.head, p.Messages = p.Messages[:n:n], p.Messages[n:]
	said := []string{p.System}
	for _, m := range d.r.head {
		for _, part := range m.Parts {
			said = append(said, quire.PlainText([]quire.Part{part}))
		}
	}
	said = slices.DeleteFunc(said, func(s string) bool { return s == "" })
	p.System = strings.Join(said, "\n\n")
	d.r.system = p.System
	marks := map[int]time.Duration{}
	for after, ttl := range d.marks {
		after = max(0, after-n)
		marks[after] = max(marks[after], ttl)
	}
	for after, ttl := range marks {
		p.Marks = append(p.Marks, quire.CacheMark{After: after, TTL: ttl})
	}
	slices.SortFunc(p.Marks, func(a, b quire.CacheMark) int { return a.After - b.After })
	d.r.placed = d.api == quire.APIAnthropic && placed(p) == p
	for _, m := range p.Messages {
		for _, c := range callsOf(m) {
			if safeID(c.ID) != c.ID {
				d.r.ids = append(d.r.ids, c.ID)
			}
		}
	}
	for _, t := range d.r.tools {
		if t.tool.Name != "" {
			p.Tools = append(p.Tools, t.tool)
		}
	}
}

// tool keeps a tool.
func (d *requestDecoder) tool(t quire.Tool, raw []byte) {
	t.Schema = bytes.Clone(t.Schema) // who keeps the tool keeps no whole request
	d.r.tools = append(d.r.tools, requestTool{tool: t, raw: raw})
}

// texts reads content that is text only, whole or in blocks of a type.
func (d *requestDecoder) texts(r *bodyReader, name string, role quire.Role, types ...string) (parts []quire.Part, err error) {
	raw := r.take(name)
	s, is := stringOf(raw)
	if raw == nil || is {
		return text(nil, s), nil
	}
	blocks, err := listOf(raw)
	if err != nil {
		r.fail(name, "%v", err)
		return nil, r.err
	}
	for i, raw := range blocks {
		b := readBody(d.api, r.at(name, i), raw)
		if typ := b.str("type"); b.err == nil && !slices.Contains(types, typ) {
			b.fail("type", "%q: only text can be kept here", typ)
		}
		if ttl, ok := d.markOf(b); ok {
			d.mark(d.next(role), ttl)
		}
		parts = b.keep(parts, quire.Text{Text: b.str("text")})
		if b.err != nil {
			return nil, b.err
		}
	}
	return parts, nil
}

// markOf takes a cache mark, Anthropic's or OpenAI's.
func (d *requestDecoder) markOf(b *bodyReader) (ttl time.Duration, ok bool) {
	name := anthropicMarkName
	if d.api != quire.APIAnthropic {
		name = openAIMarkName
	}
	raw := b.take(name)
	if raw == nil {
		return 0, false
	}
	m := readBody(d.api, strings.Trim(b.path+"."+name, "."), raw)
	m.take("type") // each format has one
	m.take("mode")
	if s := m.str("ttl"); s != "" {
		var err error
		if ttl, err = time.ParseDuration(s); err != nil {
			m.fail("ttl", "%q is no lifetime", s)
		}
	}
	m.nothingLeft()
	b.join(m.err)
	return ttl, true
}

// carry keeps a block as it is, but for its cache mark.
func (d *requestDecoder) carry(typ string, raw []byte, mark string) quire.Opaque {
	if m, err := membersOf(raw); err == nil && mark != "" && m.get(mark) != nil {
		raw = m.without(mark).raw()
	}
	return carry(d.api, typ, bytes.Clone(raw))
}
