package wire

import (
	"bytes"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// Encode returns the request again with what p says in place of what it said: the system
// prompt, the tools, the messages and the cache marks. All other fields stay byte for
// byte, the model among them, so p is for the model that the request names. The marks
// that went out come back too, as from [Encoder.Encode].
//
// What of the system prompt and the tools is as it was stays in its own blocks, whatever
// they say that quire does not know. A tool that p has not is left out, one that it has
// more is added, and what can't be named stays. What the system says on the way to
// Anthropic's models goes as a user's where messages round it left and it could not stand
// as the system's; what it sets there stays set. Errors are those of [Encode], for messages
// and for what stands between them. Of opts only Dialect and NoImages count.
func (r *Request) Encode(p *quire.Prompt, opts *Options) ([]byte, []quire.CacheMark, error) {
	q := *p
	q.Model = r.model
	if r.auto {
		q.Marks = nil
	}
	built, err := r.build(&q, opts)
	if err != nil {
		return nil, nil, err
	}
	marks := built.sentMarks()
	return r.splice(built, &q, len(marks) > 0), marks, nil
}

// build makes the sections that a request owns.
func (r *Request) build(p *quire.Prompt, opts *Options) (*request, error) {
	o := Options{}
	if opts != nil {
		o.Dialect, o.NoImages = opts.Dialect, opts.NoImages
	}
	d := o.dialect(r.api, p)
	if err := r.validate(p); err != nil {
		return nil, err
	}
	if o.NoImages {
		p = withoutImages(p)
	} else {
		p = fitPictures(r.api, p)
	}
	if r.placed {
		p = placed(p)
	}
	plain := *ours(p, d)
	plain.System, plain.Tools = "", nil
	built := map[quire.API]func(*quire.Prompt, *models.Dialect, *Options) *request{
		quire.APIAnthropic: buildAnthropic, quire.APIOpenAIChat: buildChat,
		quire.APIOpenAIResponses: buildResponses, quire.APIGemini: buildGemini,
	}[r.api](&plain, d, &o)
	r.putSystem(built, p, d)
	r.putTools(built, p)
	built.placeMarks(p, d)
	return built, nil
}

// validate is the package's own for messages, with those that a request may hold besides.
func (r *Request) validate(p *quire.Prompt) error {
	q := *p
	q.Messages = slices.Clone(p.Messages)
	for i, m := range q.Messages {
		if m.Role == roleSystem || m.Role == roleDeveloper {
			if r.api == quire.APIGemini || r.api == quire.APIAnthropic && m.Role == roleDeveloper {
				return broken(r.api, "A3", "message %d has the role %q, which the format has not: make it part of the system prompt, or a user's", i, m.Role)
			}
			q.Messages[i].Role = quire.RoleUser
		}
	}
	if len(q.Tools) == 0 {
		q.Tools = []quire.Tool{{}} // whether it may have none is the client's matter
	}
	return validateMessages(r.api, &q)
}

// headMessages are the messages that the system prompt is made of: those of the request, as
// far as p begins with what they say.
func (r *Request) headMessages(p *quire.Prompt) []quire.PromptMessage {
	role := roleSystem
	if r.api == quire.APIOpenAIResponses {
		role = roleDeveloper // as Encode says it
	}
	said := func(s string) []quire.PromptMessage {
		if blank(s) {
			return nil
		}
		return []quire.PromptMessage{{Role: role, Parts: []quire.Part{quire.Text{Text: s}}}}
	}
	if p.System == r.system {
		return r.head
	}
	if more, ok := strings.CutPrefix(p.System, r.system+"\n\n"); ok && r.system != "" {
		return append(slices.Clone(r.head), said(more)...)
	}
	return said(p.System)
}

// keepsInstructions says whether the field of its own that OpenAI's Responses have for the
// beginning of the system prompt is right for p as it is.
func (r *Request) keepsInstructions(p *quire.Prompt) bool {
	return p.System == r.system || r.system != "" && strings.HasPrefix(p.System, r.system+"\n\n")
}

// putSystem puts the system prompt before the messages.
func (r *Request) putSystem(built *request, p *quire.Prompt, d *models.Dialect) {
	head := r.headMessages(p)
	var items []item
	for _, m := range head {
		switch r.api {
		case quire.APIAnthropic:
			for _, bl := range anthropicBlocks(-1, m) {
				items = append(items, item{level: LevelSystem, msg: -1, blocks: []block{bl}})
			}
		case quire.APIGemini:
			g := gemini{}
			for _, bl := range g.blocks(-1, m) {
				items = append(items, item{level: LevelSystem, msg: -1, body: bl.body.bytes()})
			}
		case quire.APIOpenAIChat:
			it := chat{d: d, marks: d.Marks > 0}.messages(-1, m)[0]
			it.level = LevelSystem
			items = append(items, it)
		default:
			it := responsesInput(-1, m)
			it.level = LevelSystem
			items = append(items, it)
		}
	}
	if len(items) == 0 {
		return
	}
	switch r.api {
	case quire.APIAnthropic:
		built.sections = append([]section{{name: "system", open: "[", close: "]", items: items}}, built.sections...)
	case quire.APIGemini:
		built.sections = append([]section{{name: "systemInstruction", open: "{" + r.systemRole + `"parts":[`, close: "]}", items: items}}, built.sections...)
	default:
		s := &built.sections[len(built.sections)-1]
		s.items = append(items, s.items...)
	}
}

// putTools puts the tools before all.
func (r *Request) putTools(built *request, p *quire.Prompt) {
	var items []item
	var functions [][]byte // of Gemini, which stand in one tool
	add := func(raw []byte, named bool) {
		switch {
		case r.api == quire.APIGemini && named:
			functions = append(functions, raw)
		case r.api == quire.APIAnthropic:
			items = append(items, item{level: LevelTools, msg: -1, blocks: []block{jsonBlock(raw, -1, true)}})
		default:
			items = append(items, item{level: LevelTools, msg: -1, body: raw})
		}
	}
	known := map[string]bool{}
	for _, t := range r.tools {
		known[t.tool.Name] = true
		i := slices.IndexFunc(p.Tools, func(x quire.Tool) bool { return x.Name == t.tool.Name })
		same := slices.ContainsFunc(p.Tools, func(x quire.Tool) bool { return x.Name == t.tool.Name && sameTool(x, t.tool) })
		switch {
		case t.tool.Name == "" || same: // of two that share a name, each has its own
			add(t.raw, t.tool.Name != "")
		case i >= 0:
			add(toolBody(r.api, completed(p.Tools[i])), true)
		}
	}
	for _, t := range p.Tools {
		if !known[t.Name] {
			add(toolBody(r.api, completed(t)), true)
		}
	}
	if len(functions) > 0 {
		one := slices.Concat([]byte(`{"functionDeclarations":[`), bytes.Join(functions, []byte{','}), []byte("]}"))
		items = append([]item{{level: LevelTools, msg: -1, body: one}}, items...)
	}
	if len(items) > 0 {
		built.sections = append([]section{{name: "tools", open: "[", close: "]", items: items}}, built.sections...)
	}
}

func sameTool(a, b quire.Tool) bool {
	return a.Description == b.Description && bytes.Equal(a.Schema, b.Schema)
}

// toolBody is a tool as it is sent; its schema is complete.
func toolBody(api quire.API, t quire.Tool) []byte {
	o := new(object)
	switch api {
	case quire.APIAnthropic:
		return o.str("name", t.Name).opt("description", t.Description).raw("input_schema", t.Schema).done()
	case quire.APIGemini:
		return o.str("name", t.Name).opt("description", t.Description).raw("parametersJsonSchema", t.Schema).done()
	case quire.APIOpenAIResponses:
		return o.str("type", "function").str("name", t.Name).opt("description", t.Description).
			raw("parameters", t.Schema).raw("strict", []byte("false")).done()
	}
	fn := o.str("name", t.Name).opt("description", t.Description).raw("parameters", t.Schema).done()
	return new(object).str("type", "function").raw("function", fn).done()
}

// splice puts the sections into the body: where their field stood, else at its end.
func (r *Request) splice(built *request, p *quire.Prompt, marked bool) []byte {
	written := map[string][]byte{}
	if marked && r.api != quire.APIAnthropic && r.fields.get(cacheOptionsName) == nil {
		written[cacheOptionsName] = []byte(explicitMarks) // else the provider places some of its own
	}
	for i := range built.sections {
		s := &built.sections[i]
		b := []byte(s.open)
		for j := range s.items {
			if j > 0 {
				b = append(b, ',')
			}
			b = built.appendItem(b, &s.items[j])
		}
		written[s.name] = r.ownIDs(append(b, s.close...))
	}
	names := []string{r.owns.system, r.owns.tools, r.owns.messages, cacheOptionsName}
	o := new(object)
	for _, f := range r.fields {
		own := slices.Contains(names[:3], f.name)
		if f.name == "instructions" && r.api == quire.APIOpenAIResponses {
			own = !r.keepsInstructions(p)
		}
		switch b, ok := written[f.name]; {
		case !ok && string(f.raw) == "[]":
			o.raw(f.name, f.raw) // nothing, in the client's words
		case ok:
			o.raw(f.name, b)
			delete(written, f.name)
		case !own:
			o.raw(f.name, f.raw)
		}
	}
	for _, name := range names {
		if b, ok := written[name]; ok {
			o.raw(name, b)
		}
	}
	return o.done()
}

// ownIDs puts the client's ids of calls back, where Encode would write others: its server took
// them, or gave them.
func (r *Request) ownIDs(b []byte) []byte {
	for _, id := range r.ids {
		b = bytes.ReplaceAll(b, quoted(safeID(id)), quoted(id))
	}
	return b
}

// cacheOptionsName is the field in which OpenAI is told that a request has marks of its own.
const (
	cacheOptionsName = "prompt_cache_options"
	explicitMarks    = `{"mode":"explicit"}`
)
