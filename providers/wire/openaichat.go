package wire

import (
	"encoding/json"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

func buildChat(p *quire.Prompt, d *models.Dialect, opts *Options) *request {
	r := &request{mark: openAIMark, life: grantedLife(d)}
	chatParams(&r.params, p, d, opts)
	r.list("tools", chatTools(p))

	c := chat{d: d, marks: d.Marks > 0}
	msgs := make([]item, 0, len(p.Messages)+2)
	if !blank(p.System) {
		it := c.content(`{"role":"system","content":`, []string{p.System}, -1)
		it.level = LevelSystem
		msgs = append(msgs, it)
	}
	for i, m := range p.Messages {
		msgs = append(msgs, c.messages(i, m)...)
	}
	if n := notice(p, d); n != "" {
		it := c.content(`{"role":"user","content":`, []string{n}, -1)
		for k := range it.blocks {
			it.blocks[k].volatile, it.blocks[k].canMark = true, false
		}
		msgs = append(msgs, it)
	}
	r.list("messages", msgs)
	return r
}

func chatParams(o *object, p *quire.Prompt, d *models.Dialect, opts *Options) {
	o.str("model", p.Model)
	if n := p.MaxOutput; n > 0 {
		if d.CompletionTokens {
			o.num("max_completion_tokens", n+max(p.Thinking, 0))
		} else {
			o.num("max_tokens", n+max(p.Thinking, 0))
		}
	}
	o.opt("reasoning_effort", chatEffort(p, d))
	opts.sample(quire.APIOpenAIChat, o)
	if opts.Stream {
		o.yes("stream").raw("stream_options", []byte(`{"include_usage":true}`))
	}
	if opts.Format != nil {
		schema := opts.Format.params(new(object)).done()
		o.raw("response_format", new(object).str("type", "json_schema").raw("json_schema", schema).done())
	}
	opts.Choice.params(o, func(name string) []byte {
		fn := new(object).str("name", name).done()
		return new(object).str("type", "function").raw("function", fn).done()
	})
	if opts.OneCall && len(p.Tools) > 0 {
		o.raw("parallel_tool_calls", []byte("false"))
	}
	cacheParams(o, p, d, opts)
}

func chatTools(p *quire.Prompt) []item {
	var tools []item
	for _, t := range p.Tools {
		tools = append(tools, item{level: LevelTools, msg: -1, body: toolBody(quire.APIOpenAIChat, t)})
	}
	return tools
}

// chat makes messages of the Chat Completions format.
type chat struct {
	d     *models.Dialect
	marks bool // content that may carry a mark is always a list of parts
}

func (c chat) messages(i int, m quire.PromptMessage) []item {
	switch m.Role {
	case quire.RoleAssistant:
		return []item{{body: c.assistant(m), level: LevelMessages, msg: i}}
	case quire.RoleTool:
		var out []item
		for _, res := range resultsOf(m) {
			open := `{"role":"tool","tool_call_id":` + string(quoted(safeID(res.CallID))) + `,"content":`
			var extra members
			extra, res.Parts = besideAll(quire.APIOpenAIChat, res.Parts)
			it := c.said(open, res.Parts, resultTexts(quire.APIOpenAIChat, res), i)
			it.closeWith(extra)
			out = append(out, it)
		}
		return out
	case roleSystem, roleDeveloper:
		extra, parts := besideAll(quire.APIOpenAIChat, m.Parts)
		it := c.said(`{"role":"`+string(m.Role)+`","content":`, parts, texts(quire.APIOpenAIChat, parts), i)
		it.closeWith(extra)
		return []item{it}
	}
	return []item{c.user(i, m)}
}

// resultTexts returns a result's texts. The format has no field for failure, so
// the first text says it.
func resultTexts(api quire.API, res quire.ToolResult) []string {
	t := texts(api, res.Parts)
	if res.IsError {
		t[0] = "Error: " + t[0]
	}
	return t
}

// content makes a message of texts: one string, or parts where marks are in use.
func (c chat) content(open string, texts []string, msg int) item {
	if !c.marks {
		return stringItem(open, texts, "}", msg)
	}
	it := array(open+"[", LevelMessages, msg)
	for _, t := range texts {
		it.blocks = append(it.blocks, textBlockOf(textPart(t), msg, true))
	}
	return it
}

// said makes a message of texts, plain, that parts are, of which more may be said than a string can, such as a mark of
// another vendor's: then it is of parts.
func (c chat) said(open string, parts []quire.Part, plain []string, msg int) item {
	it, more, prev := array(open+"[", LevelMessages, msg), false, 0
	for _, part := range parts {
		if extra, ok := besideOf(quire.APIOpenAIChat, part); ok {
			if n := len(it.blocks); n > prev {
				it.blocks[n-1].body.set(extra)
				more = true
			}
			continue
		}
		prev = len(it.blocks)
		if _, ok := partText(quire.APIOpenAIChat, part); ok {
			it.blocks = append(it.blocks, jsonBlock(textBlock(plain[prev]), msg, c.marks))
		}
	}
	if !more {
		return c.content(open, plain, msg)
	}
	return it
}

func (c chat) user(i int, m quire.PromptMessage) item {
	it := array(`{"role":"user","content":[`, LevelMessages, i)
	own, parts := besideAll(quire.APIOpenAIChat, m.Parts)
	var only []string // the texts
	more := false     // of a text more is said than a string can
	prev := 0         // how many blocks there were before the last part
	for _, part := range parts {
		if extra, ok := besideOf(quire.APIOpenAIChat, part); ok {
			if n := len(it.blocks); n > prev {
				it.blocks[n-1].body = body{raw: chatPartWith(it.blocks[n-1].body.bytes(), extra)}
				more = true
			}
			continue
		}
		prev = len(it.blocks)
		if b := chatPartOf(part); b != nil {
			it.blocks = append(it.blocks, jsonBlock(b, i, c.marks))
			continue
		}
		if t, ok := partText(quire.APIOpenAIChat, part); ok {
			only = append(only, t)
			it.blocks = append(it.blocks, textBlockOf(textPart(t), i, c.marks))
		}
	}
	switch {
	case len(it.blocks) == 0:
		it = c.content(`{"role":"user","content":`, []string{Empty}, i)
	case len(it.blocks) == 1 && len(only) == 1 && !more:
		it = c.content(`{"role":"user","content":`, only, i)
	}
	it.closeWith(own)
	return it
}

// chatPartOf makes the part of a user's content that is no text, or nil.
func chatPartOf(part quire.Part) []byte {
	switch part := part.(type) {
	case quire.Image:
		if url, ok := openAIImage(part); ok {
			u := new(object).str("url", url).done()
			return new(object).str("type", "image_url").raw("image_url", u).done()
		}
	case quire.Opaque:
		raw, _ := carried(quire.APIOpenAIChat, part)
		return raw
	}
	return nil
}

// chatPartWith sets members of a part; how detailed a picture is looked at stands inside.
func chatPartWith(body []byte, m members) []byte {
	detail := m.get("detail")
	all, err := membersOf(body)
	if err != nil || detail == nil || all.get("image_url") == nil {
		return withMembers(body, m)
	}
	all.set("image_url", withMembers(all.get("image_url"), members{{"detail", detail}}))
	return withMembers(all.raw(), m.without("detail"))
}

func (c chat) assistant(m quire.PromptMessage) []byte {
	own, parts, refusal := chatAssistant(m.Parts)
	m.Parts = parts
	text, calls := assistantText(quire.APIOpenAIChat, m), callsOf(m)
	o := new(object).str("role", "assistant")
	thoughts := thinkingParts(c.d, m)
	switch {
	case thoughts != nil:
		o.raw("content", thoughts)
	case text != "":
		o.str("content", text)
	case len(calls) > 0 || refusal != "":
		o.raw("content", []byte("null"))
	default:
		o.str("content", Empty)
	}
	o.opt("refusal", refusal)
	c.echo(o, m, len(calls) > 0)
	if len(calls) > 0 {
		o.raw("tool_calls", chatCallsWith(m.Parts, chatCalls(calls, c.proofs(m), safeID)))
	}
	return withMembers(o.done(), own)
}

// refusalMember says that the text before it stands in the field of refusals.
const refusalMember = "refusal"

// chatAssistant takes out of an assistant's parts the members of the message, and the
// text of a refusal.
func chatAssistant(in []quire.Part) (own members, parts []quire.Part, refusal string) {
	own, in = besideAll(quire.APIOpenAIChat, in)
	for _, part := range in {
		m, _ := besideOf(quire.APIOpenAIChat, part)
		n := len(parts)
		if m.get(refusalMember) != nil && n > 0 {
			if t, ok := parts[n-1].(quire.Text); ok {
				refusal, parts = refusal+t.Text, parts[:n-1]
				continue
			}
		}
		parts = append(parts, part)
	}
	return own, parts, refusal
}

// customType is the type of a call whose input is a text.
const customType = `"custom"`

// chatCallsWith sets the members that stand behind calls in them.
func chatCallsWith(parts []quire.Part, list []byte) []byte {
	var raws []json.RawMessage
	var call quire.ToolCall
	k, changed := -1, false
	for _, part := range parts {
		if c, ok := part.(quire.ToolCall); ok {
			call = c
			k++
			continue
		}
		m, _ := besideOf(quire.APIOpenAIChat, part)
		if len(m) == 0 || k < 0 {
			continue
		}
		if !changed && json.Unmarshal(list, &raws) != nil {
			return list
		}
		changed = true
		if string(m.get("type")) == customType { // its input is a text, and no JSON
			custom := new(object).str("name", safeName(call.Name)).str("input", call.Args).done()
			raws[k] = new(object).str("id", safeID(call.ID)).raw("type", m.get("type")).raw("custom", custom).done()
		}
		raws[k] = withMembers(raws[k], m)
	}
	if !changed {
		return list
	}
	return listed(raws)
}

// assistantText joins what an assistant message says; "" when it says nothing.
func assistantText(api quire.API, m quire.PromptMessage) string {
	var out []string
	for _, part := range m.Parts {
		if t, ok := partText(api, part); ok {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n")
}

// chatCalls is a list of calls, each with what proves it, if anything does.
func chatCalls(calls []quire.ToolCall, proofs [][]byte, id func(string) string) []byte {
	b := []byte{'['}
	for k, call := range calls {
		if k > 0 {
			b = append(b, ',')
		}
		fn := new(object).str("name", safeName(call.Name)).str("arguments", string(safeArgs(call.Args))).done()
		one := new(object).str("id", id(call.ID)).str("type", "function").raw("function", fn).done()
		if k < len(proofs) && len(proofs[k]) > len("{}") {
			one = append(append(one[:len(one)-1], ','), proofs[k][1:]...)
		}
		b = append(b, one...)
	}
	return append(b, ']')
}
