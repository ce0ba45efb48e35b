package wire

import (
	"encoding/json"
	"strings"

	"github.com/quire-dev/quire"
)

func (d *requestDecoder) responses() {
	p := &d.r.Prompt
	d.r.owns.system, d.r.owns.tools, d.r.owns.messages = "instructions", "tools", "input"
	for _, name := range []string{"previous_response_id", "conversation"} {
		if d.take(name) != nil {
			d.fail(name, "what was said before is at the provider: send the whole conversation instead")
		}
	}
	d.into("max_output_tokens", &p.MaxOutput)
	p.CacheKey = d.str("prompt_cache_key")
	p.System = d.str("instructions")
	for i, raw := range d.list("tools") {
		t := readBody(d.api, d.at("tools", i), raw)
		d.tool(quire.Tool{Name: t.str("name"), Description: t.str("description"), Schema: t.take("parameters")}, raw)
		d.join(t.err)
	}
	raw := d.take("input")
	var s string
	var items []json.RawMessage
	switch {
	case raw == nil:
	case json.Unmarshal(raw, &s) == nil:
		d.add(quire.RoleUser, text(nil, s)...)
	default:
		if err := json.Unmarshal(raw, &items); err != nil {
			d.fail("input", "%v", err)
		}
	}
	for i, raw := range items {
		if d.err == nil {
			d.responsesItem(readBody(d.api, d.at("input", i), raw), raw)
		}
	}
}

// say adds to what the model said: items that follow each other are one message.
func (d *requestDecoder) say(parts ...quire.Part) {
	msgs := d.r.Prompt.Messages
	if n := len(msgs); n > 0 && msgs[n-1].Role == quire.RoleAssistant {
		msgs[n-1].Parts = append(msgs[n-1].Parts, parts...)
		return
	}
	d.add(quire.RoleAssistant, parts...)
}

func (d *requestDecoder) responsesItem(it *bodyReader, raw []byte) {
	var typ string
	_ = json.Unmarshal(orEmpty(it.m.get("type")), &typ) // one that is no text is of no known type
	switch typ {
	case "", "message":
		it.take("type")
		d.responsesMessage(it, raw)
	case "function_call":
		it.take("type")
		d.say(it.keep(nil, quire.ToolCall{ID: it.str("call_id"), Name: it.name("name"), Args: argsOf(it.take("arguments"))})...)
	case "custom_tool_call":
		d.say(it.keep(nil, quire.ToolCall{ID: it.str("call_id"), Name: it.name("name"), Args: it.str("input")})...)
	case "function_call_output", "custom_tool_call_output":
		it.take("type") // it goes by the call's
		d.responsesOutput(it)
	case "reasoning":
		d.responsesThought(it, raw)
	default:
		d.say(d.carry(typ, raw, ""))
	}
	d.join(it.err)
}

func (d *requestDecoder) responsesMessage(it *bodyReader, raw []byte) {
	role := quire.Role(it.str("role"))
	switch role {
	case quire.RoleAssistant:
		d.responsesSaid(it, raw)
		return
	case quire.RoleUser, roleSystem, roleDeveloper:
	default:
		it.fail("role", "%q: want user, assistant, system or developer", role)
	}
	parts := d.inputParts(it, "content", role, contentNames{"input_text", "input_image", "image_url"})
	if left := it.left(); len(left) > 0 {
		parts = append([]quire.Part{beside(d.api, left)}, parts...)
	}
	if it.err == nil {
		d.add(role, parts...)
	}
}

// responsesSaid reads a message of the model's: one text, or else the item as it is.
func (d *requestDecoder) responsesSaid(it *bodyReader, raw []byte) {
	content := it.take("content")
	var s string
	if json.Unmarshal(orEmpty(content), &s) == nil {
		if s != "" {
			d.say(it.keep(nil, quire.Text{Text: s})...)
		}
		return
	}
	var blocks []json.RawMessage
	if json.Unmarshal(orEmpty(content), &blocks) != nil || len(blocks) != 1 {
		d.say(d.carry("message", raw, ""))
		return
	}
	b := readBody(d.api, it.at("content", 0), blocks[0])
	said, inner := "", members(nil)
	switch b.str("type") {
	case "output_text":
		said = b.str("text")
	case "refusal":
		said, inner = b.str("refusal"), members{{"type", []byte(`"refusal"`)}}
	}
	if said == "" || b.err != nil {
		d.say(d.carry("message", raw, ""))
		return
	}
	it.m.set("content", append(inner, b.left()...).raw())
	d.say(it.keep(nil, quire.Text{Text: said})...)
}

// responsesThought reads what the model thought. Without its content it is known to the
// server alone, which has it under its id: it goes back as it is.
func (d *requestDecoder) responsesThought(it *bodyReader, raw []byte) {
	data := it.m.get("encrypted_content")
	if data == nil || string(data) == "null" || string(data) == `""` {
		d.say(d.carry("reasoning", raw, ""))
		return
	}
	it.take("type")
	r := quire.Reasoning{Model: d.r.Prompt.Model, ID: it.str("id"), Data: it.str("encrypted_content")}
	var summary []map[string]string
	_ = json.Unmarshal(orEmpty(it.m.get("summary")), &summary) // of another form it stays beside the part
	var texts []string
	for _, s := range summary {
		texts = append(texts, s["text"])
	}
	r.Text = strings.Join(texts, "\n\n")
	if len(summary) == 1 && len(summary[0]) == 2 && summary[0]["type"] == "summary_text" && r.Text != "" || string(it.m.get("summary")) == "[]" {
		it.take("summary")
	}
	d.say(it.keep(nil, r)...)
}

// responsesOutput reads what a tool returned.
func (d *requestDecoder) responsesOutput(it *bodyReader) {
	res := quire.ToolResult{CallID: it.str("call_id")}
	parts := d.inputParts(it, "output", quire.RoleTool, contentNames{"input_text", "input_image", "image_url"})
	if left := it.left(); len(left) > 0 {
		res.Parts = append(res.Parts, beside(d.api, left))
	}
	if len(parts) > 1 && parts[0] == quire.Part(quire.Text{Text: "Error:"}) {
		parts, res.IsError = parts[1:], true // as the encoder says it
	}
	res.Parts = append(res.Parts, parts...)
	if it.err == nil {
		d.add(quire.RoleTool, res)
	}
}
