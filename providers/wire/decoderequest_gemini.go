package wire

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/quire-dev/quire"
)

func (d *requestDecoder) gemini() {
	d.r.owns.system, d.r.owns.tools, d.r.owns.messages = "systemInstruction", "tools", "contents"
	if d.take("cachedContent") != nil {
		d.fail("cachedContent", "a part of the conversation is at the provider: send all of it instead")
	}
	for _, name := range []string{"system_instruction", "cached_content"} {
		if d.take(name) != nil {
			d.fail(name, "spell it as the API's own description does, in camel case")
		}
	}
	var config struct {
		Max int `json:"maxOutputTokens"`
	}
	d.into("generationConfig", &config)
	d.r.Prompt.MaxOutput = config.Max
	for i, raw := range d.list("tools") {
		d.geminiTools(readBody(d.api, d.at("tools", i), raw))
	}
	if raw := d.take("systemInstruction"); raw != nil {
		sys := readBody(d.api, "systemInstruction", raw)
		if role := sys.take("role"); role != nil {
			d.r.systemRole = `"role":` + string(role) + ","
		}
		parts := d.geminiSystem(sys)
		sys.nothingLeft()
		d.join(sys.err)
		d.add(roleSystem, parts...)
	}
	g := geminiReader{requestDecoder: d}
	for i, raw := range d.list("contents") {
		if d.err == nil {
			g.content(readBody(d.api, d.at("contents", i), raw))
		}
	}
}

// geminiTools keeps each function by itself, and all else of a tool as it is.
func (d *requestDecoder) geminiTools(t *bodyReader) {
	for _, raw := range t.list("functionDeclarations") {
		fn := readBody(d.api, t.path+".functionDeclarations", raw)
		tool := quire.Tool{Name: fn.str("name"), Description: fn.str("description"), Schema: fn.take("parametersJsonSchema")}
		if schema := fn.take("parameters"); tool.Schema == nil {
			tool.Schema = schema
		}
		d.tool(tool, raw)
		d.join(fn.err)
	}
	if left := t.left(); len(left) > 0 {
		d.tool(quire.Tool{}, left.raw())
	}
	d.join(t.err)
}

func (d *requestDecoder) geminiSystem(sys *bodyReader) (parts []quire.Part) {
	for i, raw := range geminiParts(sys) {
		b := readBody(d.api, sys.at("parts", i), raw)
		if b.m.get("text") == nil {
			b.fail("", "only text can be kept in a system instruction")
		}
		parts = b.keep(parts, quire.Text{Text: b.str("text")})
		sys.join(b.err)
	}
	return parts
}

// geminiParts takes the parts of a content; one alone may stand without its list.
func geminiParts(c *bodyReader) []json.RawMessage {
	if raw := c.m.get("parts"); isObject(raw) {
		return []json.RawMessage{c.take("parts")}
	}
	return c.list("parts")
}

// geminiReader reads contents. Calls that came without ids get some, in their order, and
// each result that of the oldest open call of its name.
type geminiReader struct {
	*requestDecoder
	n    int
	open []quire.ToolCall // without ids of the provider's
}

func (g *geminiReader) content(c *bodyReader) {
	role := quire.RoleUser
	switch s := c.str("role"); s {
	case "model":
		role = quire.RoleAssistant
	case "user", "", "function":
	default:
		c.fail("role", "%q: want user or model", s)
	}
	var results, rest []quire.Part
	for i, raw := range geminiParts(c) {
		b := readBody(g.api, c.at("parts", i), raw)
		for _, name := range []string{"function_call", "function_response"} {
			if b.m.get(name) != nil {
				b.fail(name, "spell it as the API's own description does, in camel case")
			}
		}
		switch {
		case b.m.get("functionResponse") != nil && role == quire.RoleUser:
			results = append(results, g.response(b))
		case b.m.get("functionCall") != nil && role == quire.RoleAssistant:
			rest = g.called(rest, b)
		default:
			rest = g.part(rest, b, role, raw)
		}
		c.join(b.err)
	}
	c.nothingLeft()
	if g.join(c.err); g.err != nil {
		return
	}
	if len(results) > 0 {
		g.add(quire.RoleTool, results...)
	}
	if len(rest) > 0 || len(results) == 0 {
		g.add(role, rest...)
	}
}

// part appends what is neither a call nor a result.
func (g *geminiReader) part(parts []quire.Part, b *bodyReader, role quire.Role, raw []byte) []quire.Part {
	model := g.r.Prompt.Model
	var thought bool
	_ = json.Unmarshal(orEmpty(b.m.get("thought")), &thought) // one that is no truth value is carried
	signature := b.m.get("thoughtSignature")
	signed := signature != nil && string(signature) != "null" && string(signature) != `""`
	switch {
	case b.m.get("text") != nil && role == quire.RoleAssistant && model != "" && signed && (thought || string(b.m.get("text")) == `""`):
		b.take("thought")
		return b.keep(parts, quire.Reasoning{Model: model, Text: b.str("text"), Signature: b.str("thoughtSignature")})
	case b.m.get("text") != nil && !thought:
		b.take("thought")
		if !signed {
			b.take("thoughtSignature")
		}
		return b.keep(parts, quire.Text{Text: b.str("text")})
	case b.m.get("inlineData") != nil:
		if img, ok := geminiPicture(b); ok {
			return b.keep(parts, img)
		}
	}
	typ := "part"
	if len(b.m) > 0 {
		typ = b.m[0].name
	}
	return append(parts, g.carry(typ, raw, ""))
}

// geminiPicture takes a picture that quire has a part for.
func geminiPicture(b *bodyReader) (quire.Image, bool) {
	var data map[string]string
	if json.Unmarshal(b.m.get("inlineData"), &data) != nil || len(data) != 2 {
		return quire.Image{}, false
	}
	img, ok := pictureOf(b.api, data["mimeType"], data["data"])
	if ok {
		b.take("inlineData")
	}
	return img, ok
}

func (g *geminiReader) called(parts []quire.Part, b *bodyReader) []quire.Part {
	fn := readBody(g.api, b.path+".functionCall", b.take("functionCall"))
	call := quire.ToolCall{ID: fn.str("id"), Name: fn.name("name"), Args: argsOf(fn.take("args")), Signature: b.str("thoughtSignature")}
	if call.Args == "" {
		call.Args = "{}" // what is not there
	}
	fn.nothingLeft()
	b.join(fn.err)
	if call.ID == "" {
		call.ID = fmt.Sprintf("%s%d", madeID, g.n)
		g.n++
		g.open = append(g.open, call)
	}
	if call.Signature == skipSignature {
		call.Signature = ""
	}
	return b.keep(parts, call)
}

func (g *geminiReader) response(b *bodyReader) quire.ToolResult {
	fn := readBody(g.api, b.path+".functionResponse", b.take("functionResponse"))
	b.nothingLeft()
	res := quire.ToolResult{CallID: fn.str("id"), Name: fn.name("name")}
	if res.CallID == "" {
		res.CallID = g.answered(res.Name)
	}
	said, isObject := geminiSaid(&res, fn.take("response"))
	var pictures []quire.Part
	if raw := fn.m.get("parts"); raw != nil {
		if pictures = g.pictures(raw); pictures != nil {
			fn.take("parts")
		}
	}
	var extra members
	if isObject || len(pictures) > 0 {
		extra = members{{objectMember, strconv.AppendBool(nil, isObject)}}
	}
	if extra = append(extra, fn.left()...); len(extra) > 0 {
		res.Parts = append(res.Parts, beside(g.api, extra))
	}
	res.Parts = append(text(res.Parts, said), pictures...)
	b.join(fn.err)
	return res
}

// pictures reads a list of parts that are all pictures that quire has a part for; nil for
// any other.
func (g *geminiReader) pictures(raw []byte) (parts []quire.Part) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	for _, raw := range list {
		b := readBody(g.api, "", raw)
		img, ok := geminiPicture(b)
		if !ok || len(b.left()) > 0 {
			return nil
		}
		parts = append(parts, img)
	}
	return parts
}

// answered returns the id of the oldest open call of a name.
func (g *geminiReader) answered(name string) string {
	for i, c := range g.open {
		if c.Name == name {
			g.open = append(g.open[:i:i], g.open[i+1:]...)
			return c.ID
		}
	}
	return ""
}

// geminiSaid returns what a function returned: the text that the encoder wrote, or the
// object as a text.
func geminiSaid(res *quire.ToolResult, raw json.RawMessage) (said string, object bool) {
	var one map[string]string
	if json.Unmarshal(orEmpty(raw), &one) == nil && len(one) == 1 {
		if s, ok := one["result"]; ok && !blank(s) {
			return s, false
		}
		if s, ok := one["error"]; ok && !blank(s) {
			res.IsError = true
			return s, false
		}
	}
	if raw == nil {
		return "", false
	}
	return string(raw), true
}
