package wire

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// skipSignature is what Gemini takes on a functionCall whose signature is lost
// (another model made it); without any it refuses the request.
const skipSignature = "skip_thought_signature_validator"

// madeID begins the ids that Decode makes for calls that came without one;
// they are not sent back.
const madeID = "made_"

func buildGemini(p *quire.Prompt, d *models.Dialect, opts *Options) *request {
	r := &request{}
	geminiParams(r, p, d, opts)

	if len(p.Tools) > 0 {
		s := section{name: "tools", open: `[{"functionDeclarations":[`, close: "]}]"}
		for _, t := range p.Tools {
			s.items = append(s.items, item{level: LevelTools, msg: -1, body: toolBody(quire.APIGemini, t)})
		}
		r.sections = append(r.sections, s)
	}
	if !blank(p.System) {
		system := geminiText(p.System)
		r.sections = append(r.sections, section{
			name: "systemInstruction", open: `{"parts":[`, close: "]}",
			items: []item{{level: LevelSystem, msg: -1, body: system.bytes()}},
		})
	}
	r.list("contents", geminiContents(p, d))
	return r
}

// geminiParams writes the fields before the content. The counting endpoint takes
// a whole request inside its own, which names the model, as no other does.
func geminiParams(r *request, p *quire.Prompt, d *models.Dialect, opts *Options) {
	if opts.Count {
		r.params.b, r.close = []byte(`{"generateContentRequest":`), "}"
		inner := new(object).str("model", "models/"+strings.TrimPrefix(p.Model, "models/"))
		r.params.b = append(r.params.b, inner.b...)
		return
	}
	var config object
	if p.MaxOutput > 0 {
		config.num("maxOutputTokens", p.MaxOutput+max(p.Thinking, 0))
	}
	opts.sample(quire.APIGemini, &config)
	if f := opts.Format; f != nil {
		config.str("responseMimeType", "application/json").raw("responseJsonSchema", mended(f.Schema))
	}
	if think := geminiThinking(p, d); think != nil {
		config.raw("thinkingConfig", think)
	}
	r.params.raw("generationConfig", config.done())
	if opts.Choice != ToolsAuto && len(p.Tools) > 0 {
		r.params.raw("toolConfig", new(object).raw("functionCallingConfig", geminiChoice(opts.Choice)).done())
	}
}

func geminiChoice(c ToolChoice) []byte {
	switch c {
	case ToolsNone:
		return new(object).str("mode", "NONE").done()
	case ToolsAny:
		return new(object).str("mode", "ANY").done()
	}
	name := []byte{'['}
	name = append(appendString(name, strings.TrimPrefix(string(c), namedTool)), ']')
	return new(object).str("mode", "ANY").raw("allowedFunctionNames", name).done()
}

// validateGemini finds what the request could not say.
func validateGemini(o *Options, p *quire.Prompt, d *models.Dialect) error {
	switch {
	case o.OneCall && len(p.Tools) > 0:
		return broken(quire.APIGemini, "", "no field for OneCall")
	case o.Format != nil && len(p.Tools) > 0 && !d.CallsSigned:
		return broken(quire.APIGemini, "", "model %q takes no Format beside tools", p.Model)
	}
	return nil
}

func geminiContents(p *quire.Prompt, d *models.Dialect) []item {
	g := gemini{newer: d.CallsSigned, names: map[string]string{}}
	out := make([]item, 0, len(p.Messages)+2)
	last := quire.Role("") // of the content being made; a tool's stands alone
	for i, m := range p.Messages {
		if len(out) == 0 && m.Role == quire.RoleAssistant {
			it := array(geminiOpen(quire.RoleUser), LevelMessages, -1)
			it.blocks = []block{textBlockOf(geminiText(continued), -1, false)}
			out = append(out, it)
		}
		blocks := g.blocks(i, m)
		if last == m.Role && m.Role != quire.RoleTool {
			out[len(out)-1].blocks = append(out[len(out)-1].blocks, blocks...)
			continue
		}
		it := array(geminiOpen(m.Role), LevelMessages, i)
		it.blocks = blocks
		out, last = append(out, it), m.Role
	}
	if n := notice(p, d); n != "" {
		bl := textBlockOf(geminiText(n), -1, false)
		bl.volatile = true
		if last == quire.RoleUser {
			out[len(out)-1].blocks = append(out[len(out)-1].blocks, bl)
		} else {
			it := array(geminiOpen(quire.RoleUser), LevelMessages, -1)
			it.blocks = []block{bl}
			out = append(out, it)
		}
	}
	return out
}

func geminiOpen(role quire.Role) string {
	if role == quire.RoleAssistant {
		return `{"role":"model","parts":[`
	}
	return `{"role":"user","parts":[`
}

func geminiText(s string) body { return body{open: `{"text":"`, text: s, end: `"}`} }

type gemini struct {
	newer bool              // Gemini 3: wants signatures, takes pictures in results
	names map[string]string // call id → tool
}

func (g gemini) blocks(i int, m quire.PromptMessage) []block {
	out := make([]block, 0, len(m.Parts))
	calls, thoughts := 0, 0
	prev := 0 // how many blocks there were before the last part
	for _, part := range m.Parts {
		if extra, ok := besideOf(quire.APIGemini, part); ok {
			if n := len(out); n > prev {
				out[n-1].body.set(extra)
			}
			continue
		}
		prev = len(out)
		var b []byte
		switch part := part.(type) {
		case quire.Reasoning:
			if b = g.reasoning(part); b != nil {
				thoughts++
			}
		case quire.ToolCall:
			b = g.call(part, calls == 0)
			calls++
			g.names[part.ID] = part.Name
		case quire.ToolResult:
			b = g.result(part)
		case quire.Image:
			b = geminiImage(part) // the model's own go back to it, too
		case quire.Opaque:
			b, _ = carried(quire.APIGemini, part)
		}
		if b != nil {
			out = append(out, jsonBlock(b, i, false))
		} else if t, ok := partText(quire.APIGemini, part); ok {
			out = append(out, textBlockOf(geminiText(t), i, false))
		}
	}
	if len(out) == 0 || len(out) == thoughts {
		out = append(out, textBlockOf(geminiText(Empty), i, false))
	}
	return out
}

// reasoning returns the part that brings a signature back, or nil. Thoughts
// without one are only for people to read.
func (g gemini) reasoning(r quire.Reasoning) []byte {
	if r.Signature == "" {
		return nil
	}
	o := new(object).str("text", r.Text)
	if r.Text != "" {
		o.yes("thought")
	}
	return o.str("thoughtSignature", r.Signature).done()
}

func (g gemini) call(c quire.ToolCall, first bool) []byte {
	fn := new(object)
	if !strings.HasPrefix(c.ID, madeID) {
		fn.str("id", safeID(c.ID))
	}
	fn.str("name", safeName(c.Name)).raw("args", safeArgs(c.Args))
	o := new(object).raw("functionCall", fn.done())
	switch {
	case c.Signature != "":
		o.str("thoughtSignature", c.Signature)
	case first && g.newer:
		o.str("thoughtSignature", skipSignature)
	}
	return o.done()
}

// result names the tool of its call, whatever the stored result says: Gemini
// pairs by name where there is no id.
func (g gemini) result(res quire.ToolResult) []byte {
	fn := new(object)
	if !strings.HasPrefix(res.CallID, madeID) {
		fn.str("id", safeID(res.CallID))
	}
	field := "result"
	if res.IsError {
		field = "error"
	}
	extra, parts := besideAll(quire.APIGemini, res.Parts)
	own := string(extra.get(objectMember))
	shown := []byte(nil)
	if g.newer {
		shown = geminiPictures(parts)
	}
	switch {
	case shown != nil && own != "":
		parts = slices.DeleteFunc(slices.Clone(parts), func(p quire.Part) bool { _, is := p.(quire.Image); return is })
	case shown != nil:
		parts = captioned(parts)
	}
	text := strings.Join(texts(quire.APIGemini, parts), "\n")
	response := new(object).str(field, text).done()
	if own == "true" && isObject(text) { // what is left of one that was shortened is a text
		response = mended([]byte(text))
	}
	fn.str("name", safeName(g.names[res.CallID])).raw("response", response)
	if shown != nil {
		fn.raw("parts", shown)
	}
	return new(object).raw("functionResponse", withMembers(fn.done(), extra.without(objectMember))).done()
}

// objectMember stands beside a result that is to go out as it came: without captions, and,
// where it is true, with its text as the object that the tool returned.
const objectMember = "quire:object"

// geminiPictures returns the pictures of a result as a list of parts, or nil.
// Those by URL, and those of an unknown type, are none: the list takes data only.
func geminiPictures(parts []quire.Part) []byte {
	var b []byte
	for _, part := range parts {
		if img, ok := part.(quire.Image); ok && attached(img) {
			b = append(b, map[bool]byte{true: '[', false: ','}[len(b) == 0])
			b = append(b, geminiImage(img)...)
		}
	}
	if b == nil {
		return nil
	}
	return append(b, ']')
}

func geminiImage(p quire.Image) []byte {
	switch {
	case p.URL != "":
		return new(object).raw("fileData", new(object).opt("mimeType", p.MediaType).str("fileUri", p.URL).done()).done()
	case attached(p):
		data := new(object).str("mimeType", p.MediaType).str("data", base64.StdEncoding.EncodeToString(p.Data)).done()
		return new(object).raw("inlineData", data).done()
	}
	return nil
}
