package wire

import (
	"encoding/json"
	"slices"

	"github.com/quire-dev/quire"
)

const anthropicMarkName = "cache_control"

func (d *requestDecoder) anthropic() {
	p := &d.r.Prompt
	d.r.owns.system, d.r.owns.tools, d.r.owns.messages = "system", "tools", "messages"
	d.into("max_tokens", &p.MaxOutput)
	d.r.auto = d.take(anthropicMarkName) != nil
	for i, raw := range d.list("tools") {
		t := readBody(d.api, d.at("tools", i), raw)
		if ttl, ok := d.markOf(t); ok {
			d.mark(0, ttl)
		}
		kept := t.m.raw()
		d.tool(quire.Tool{Name: t.str("name"), Description: t.str("description"), Schema: t.take("input_schema")}, kept)
		d.join(t.err)
	}
	// The blocks of the system prompt stand in a message for as long as it takes.
	if parts, err := d.texts(d.bodyReader, "system", roleSystem, "text"); len(parts) > 0 || err != nil {
		d.join(err)
		d.add(roleSystem, parts...)
	}
	for i, raw := range d.list("messages") {
		if d.err == nil {
			d.anthropicMessage(readBody(d.api, d.at("messages", i), raw))
		}
	}
}

func (d *requestDecoder) anthropicMessage(m *bodyReader) {
	role := quire.Role(m.str("role"))
	switch role {
	case quire.RoleUser, quire.RoleAssistant, roleSystem:
	default:
		m.fail("role", "%q: want user, assistant or system", role)
	}
	blocks := anthropicContentOf(m)
	var results, rest []quire.Part
	if own := d.systemMembers(m, role); len(own) > 0 {
		rest = append(rest, beside(d.api, own))
	}
	m.nothingLeft()
	for i, raw := range blocks {
		if m.err != nil {
			break
		}
		b := readBody(d.api, m.at("content", i), raw)
		ttl, mark := d.markOf(b)
		into, after := &rest, len(d.r.Prompt.Messages)+1
		switch {
		case role == quire.RoleUser && string(b.m.get("type")) == `"tool_result"`:
			into, after = &results, d.next(quire.RoleTool)
		case len(results) > 0:
			after = d.next(quire.RoleTool) + 1
		}
		*into = d.anthropicPart(*into, b, role, raw)
		if mark {
			d.mark(after, ttl)
		}
		m.join(b.err)
	}
	d.join(m.err)
	if len(results) > 0 {
		d.add(quire.RoleTool, results...)
	}
	if len(rest) > 0 || len(results) == 0 {
		d.add(role, rest...)
	}
}

// systemMembers takes what only a message of the system's has beside its content.
func (d *requestDecoder) systemMembers(m *bodyReader, role quire.Role) (own members) {
	for _, x := range []struct {
		name  string
		first byte
	}{{clearMember, '"'}, {effortMember, '{'}} {
		raw := m.take(x.name)
		switch {
		case raw == nil:
		case role != roleSystem:
			m.fail(x.name, "it is a system's message that has it")
		case x.name == effortMember && !slices.ContainsFunc(d.r.Prompt.Messages, func(m quire.PromptMessage) bool { return m.Role != roleSystem }):
			m.fail(x.name, "it stands before what anybody said")
		case raw[0] != x.first:
			m.fail(x.name, "%.40s: it can't be read", raw)
		default:
			own = append(own, member{x.name, raw})
		}
	}
	return own
}

// anthropicContentOf takes the blocks of a message or a result.
func anthropicContentOf(m *bodyReader) (blocks []json.RawMessage) {
	raw := m.take("content")
	s, is := stringOf(raw)
	switch {
	case raw == nil:
	case is:
		if s != "" {
			blocks = []json.RawMessage{textBlock(s)}
		}
	default:
		var err error
		if blocks, err = listOf(raw); err != nil {
			m.fail("content", "%v", err)
		}
	}
	return blocks
}

// anthropicPart appends what a block says.
func (d *requestDecoder) anthropicPart(parts []quire.Part, b *bodyReader, role quire.Role, raw []byte) []quire.Part {
	typ := b.str("type")
	switch {
	case typ == "text":
		return b.keep(parts, quire.Text{Text: b.str("text")})
	case typ == "image" && role == quire.RoleUser:
		if img, ok := anthropicPicture(b); ok {
			return b.keep(parts, img)
		}
	case typ == "tool_use" && role == quire.RoleAssistant:
		call := quire.ToolCall{ID: b.str("id"), Name: b.name("name"), Args: argsOf(b.take("input"))}
		return b.keep(parts, call)
	case typ == "tool_result" && role == quire.RoleUser:
		return append(parts, d.anthropicToolResult(b))
	case typ == "thinking" && role == quire.RoleAssistant && b.m.get("signature") != nil && string(b.m.get("signature")) != `""`:
		return b.keep(parts, quire.Reasoning{Model: d.r.Prompt.Model, Text: b.str("thinking"), Signature: b.str("signature")})
	case typ == "redacted_thinking" && role == quire.RoleAssistant && b.m.get("data") != nil:
		return b.keep(parts, quire.Reasoning{Model: d.r.Prompt.Model, Data: b.str("data")})
	}
	if role == roleSystem {
		b.fail("type", "%q: only text can be kept here", typ)
	}
	return append(parts, d.carry(typ, raw, anthropicMarkName))
}

// anthropicPicture takes a picture that quire has a part for.
func anthropicPicture(b *bodyReader) (quire.Image, bool) {
	var src map[string]string
	if json.Unmarshal(b.m.get("source"), &src) != nil {
		return quire.Image{}, false
	}
	img, ok := quire.Image{}, false
	switch {
	case src["type"] == "base64" && len(src) == 3:
		img, ok = pictureOf(b.api, src["media_type"], src["data"])
	case src["type"] == "url" && len(src) == 2:
		img, ok = pictureAt(b.api, src["url"])
		ok = ok && img.URL != ""
	}
	if ok {
		b.take("source")
	}
	return img, ok
}

func (d *requestDecoder) anthropicToolResult(b *bodyReader) quire.ToolResult {
	res := quire.ToolResult{CallID: b.str("tool_use_id")}
	b.into("is_error", &res.IsError)
	blocks := anthropicContentOf(b)
	if left := b.left(); len(left) > 0 {
		res.Parts = append(res.Parts, beside(d.api, left))
	}
	for i, raw := range blocks {
		in := readBody(d.api, b.at("content", i), raw)
		if ttl, ok := d.markOf(in); ok {
			d.mark(d.next(quire.RoleTool), ttl)
		}
		if string(in.m.get("type")) == `"tool_result"` {
			in.fail("type", "a result can't stand in a result")
		} else {
			res.Parts = d.anthropicPart(res.Parts, in, quire.RoleUser, raw)
		}
		b.join(in.err)
	}
	return res
}
