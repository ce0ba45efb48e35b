package wire

import (
	"encoding/json"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

const openAIMarkName = "prompt_cache_breakpoint"

func (d *requestDecoder) chat() {
	p := &d.r.Prompt
	d.r.owns.tools, d.r.owns.messages = "tools", "messages"
	d.into("max_tokens", &p.MaxOutput)
	d.into("max_completion_tokens", &p.MaxOutput)
	p.CacheKey = d.str("prompt_cache_key")
	for i, raw := range d.list("tools") {
		t := readBody(d.api, d.at("tools", i), raw)
		fn := readBody(d.api, t.path+".function", orEmpty(t.take("function")))
		d.tool(quire.Tool{Name: fn.str("name"), Description: fn.str("description"), Schema: fn.take("parameters")}, raw)
		d.join(t.err)
		d.join(fn.err)
	}
	for i, raw := range d.list("messages") {
		if d.err == nil {
			d.chatMessage(readBody(d.api, d.at("messages", i), raw))
		}
	}
}

func (d *requestDecoder) chatMessage(m *bodyReader) {
	role := quire.Role(m.str("role"))
	var parts []quire.Part
	switch role {
	case quire.RoleUser:
		parts = d.inputParts(m, "content", role, contentNames{"text", "image_url", "image_url"})
	case quire.RoleAssistant:
		parts = d.chatSaid(m)
	case quire.RoleTool:
		d.chatResult(m)
		d.join(m.err)
		return
	case roleSystem, roleDeveloper:
		var err error
		parts, err = d.texts(m, "content", role, "text")
		m.join(err)
	default:
		m.fail("role", "%q: want system, developer, user, assistant or tool", role)
	}
	if left := m.left(); len(left) > 0 {
		parts = append([]quire.Part{beside(d.api, left)}, parts...)
	}
	if d.join(m.err); d.err == nil {
		d.add(role, parts...)
	}
}

// contentNames names what content of users is in one of OpenAI's formats: the type of a text,
// that of a picture, and the member of a picture that has its address.
type contentNames struct{ text, picture, address string }

// inputParts reads content: a string, or a list of texts, pictures and others.
func (d *requestDecoder) inputParts(m *bodyReader, name string, role quire.Role, names contentNames) (parts []quire.Part) {
	raw := m.take(name)
	s, is := stringOf(raw)
	if raw == nil || is {
		return text(nil, s)
	}
	blocks, err := listOf(raw)
	if err != nil {
		m.fail(name, "%v", err)
	}
	for i, raw := range blocks {
		b := readBody(d.api, m.at(name, i), raw)
		if ttl, ok := d.markOf(b); ok {
			d.mark(d.next(role), ttl)
		}
		typ := b.str("type")
		img, isPicture := quire.Image{}, false
		if typ == names.picture && (d.api != quire.APIOpenAIChat || role == quire.RoleUser) {
			img, isPicture = d.openAIPicture(b, names.address)
		}
		switch {
		case typ == names.text || typ == "output_text":
			parts = b.keep(parts, quire.Text{Text: b.str("text")})
		case isPicture:
			parts = b.keep(parts, img)
		case d.api == quire.APIOpenAIChat && role == quire.RoleTool:
			b.fail("type", "%q: only text can be kept here", typ)
		default:
			parts = append(parts, d.carry(typ, raw, openAIMarkName))
		}
		m.join(b.err)
	}
	return parts
}

// openAIPicture takes a picture that quire has a part for; how detailed it is looked at
// is left.
func (d *requestDecoder) openAIPicture(b *bodyReader, address string) (quire.Image, bool) {
	raw := b.m.get(address)
	var url string
	var detail []byte
	if d.api == quire.APIOpenAIChat {
		in, err := membersOf(orEmpty(raw))
		if err != nil || json.Unmarshal(orEmpty(in.get("url")), &url) != nil {
			return quire.Image{}, false
		}
		detail = in.get("detail")
		if len(in.without("url").without("detail")) > 0 {
			return quire.Image{}, false
		}
	} else if json.Unmarshal(orEmpty(raw), &url) != nil {
		return quire.Image{}, false
	}
	img, ok := pictureAt(d.api, url)
	if !ok {
		return quire.Image{}, false
	}
	b.take(address)
	if detail == nil {
		detail = b.take("detail")
	}
	if detail != nil && string(detail) != "null" && string(detail) != `"auto"` {
		b.m.set("detail", detail)
	}
	return img, true
}

// chatSaid reads what an assistant said, refused and called.
func (d *requestDecoder) chatSaid(m *bodyReader) (parts []quire.Part) {
	if m.take("function_call") != nil {
		m.fail("function_call", "calls in this form have no id: use tool_calls")
	}
	if think := d.chatThought(m); think != "" {
		parts = append(parts, quire.Reasoning{Model: d.r.Prompt.Model, Text: think})
	}
	raw := m.take("content")
	s, is := stringOf(raw)
	var blocks []json.RawMessage
	switch {
	case raw == nil:
	case is:
		parts = text(parts, s)
	default:
		var err error
		if blocks, err = listOf(raw); err != nil {
			m.fail("content", "%v", err)
		}
	}
	for i, raw := range blocks {
		b := readBody(d.api, m.at("content", i), raw)
		switch typ := b.str("type"); typ {
		case "text":
			parts = text(parts, b.str("text"))
		case "refusal":
			parts = d.chatRefusal(parts, b.str("refusal"))
		default:
			b.fail("type", "%q: there is no place for it in what an assistant said", typ)
		}
		b.nothingLeft()
		m.join(b.err)
	}
	parts = d.chatRefusal(parts, m.str("refusal"))
	for i, raw := range m.list("tool_calls") {
		c := readBody(d.api, m.at("tool_calls", i), raw)
		parts = d.chatCall(parts, c)
		m.join(c.err)
	}
	return parts
}

// chatThought takes what the model thought, where it goes back as quire sends it.
func (d *requestDecoder) chatThought(m *bodyReader) (think string) {
	const name = "reasoning_content"
	if models.FindOver(d.api, d.r.Prompt.Model).Dialect.Echo == name && strings.HasPrefix(string(m.m.get(name)), `"`) {
		think = m.str(name)
	}
	return think
}

func (d *requestDecoder) chatRefusal(parts []quire.Part, s string) []quire.Part {
	if s == "" {
		return parts
	}
	return append(parts, quire.Text{Text: s}, beside(d.api, members{{refusalMember, []byte("true")}}))
}

func (d *requestDecoder) chatCall(parts []quire.Part, c *bodyReader) []quire.Part {
	call := quire.ToolCall{ID: c.str("id")}
	inner, args := "function", "arguments"
	if string(c.m.get("type")) == customType {
		inner, args = "custom", "input"
	} else {
		c.take("type")
	}
	fn := readBody(d.api, c.path+"."+inner, orEmpty(c.take(inner)))
	call.Name, call.Args = fn.name("name"), argsOf(fn.take(args))
	fn.nothingLeft()
	c.join(fn.err)
	return c.keep(parts, call)
}

// chatResult reads a tool's message.
func (d *requestDecoder) chatResult(m *bodyReader) {
	res := quire.ToolResult{CallID: m.str("tool_call_id")}
	_ = json.Unmarshal(orEmpty(m.m.get("name")), &res.Name) // it stays beside the result, too
	parts := d.inputParts(m, "content", quire.RoleTool, contentNames{"text", "image_url", "image_url"})
	if left := m.left(); len(left) > 0 {
		res.Parts = append(res.Parts, beside(d.api, left))
	}
	res.Parts = append(res.Parts, failed(&res, parts)...)
	if m.err == nil {
		d.add(quire.RoleTool, res)
	}
}

// failed takes off what the encoder writes before a result that is an error, where the
// format has no field for that.
func failed(res *quire.ToolResult, parts []quire.Part) []quire.Part {
	if len(parts) == 0 {
		return parts
	}
	t, ok := parts[0].(quire.Text)
	if !ok {
		return parts
	}
	rest, ok := strings.CutPrefix(t.Text, "Error: ")
	if !ok || blank(rest) {
		return parts
	}
	res.IsError = true
	return append([]quire.Part{quire.Text{Text: rest}}, parts[1:]...)
}
