package wire

import (
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

func buildChat(p *quire.Prompt, d *models.Dialect, opts *Options) *request {
	r := &request{mark: openAIMark, life: grantedLife(d)}
	chatParams(&r.params, p, d, opts)
	r.list("tools", chatTools(p))

	c := chat{p: p, marks: d.Marks > 0, echo: d.EchoReasoning}
	var msgs []item
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
	openAI := d.Thinks == thinkEffort && !d.EchoReasoning
	if n := p.MaxOutput; n > 0 {
		if openAI {
			o.num("max_completion_tokens", n+max(p.Thinking, 0))
		} else {
			o.num("max_tokens", n+max(p.Thinking, 0))
		}
	}
	o.opt("reasoning_effort", chatEffort(p, d))
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
		fn := new(object).str("name", t.Name).opt("description", t.Description).raw("parameters", schemaOf(t)).done()
		tools = append(tools, item{
			level: LevelTools, msg: -1,
			open: new(object).str("type", "function").raw("function", fn).done(),
		})
	}
	return tools
}

// chat makes messages of the Chat Completions format.
type chat struct {
	p     *quire.Prompt
	marks bool // content that may carry a mark is always a list of parts
	echo  bool // reasoning_content goes back
}

func (c chat) messages(i int, m quire.PromptMessage) []item {
	switch m.Role {
	case quire.RoleAssistant:
		return []item{{open: c.assistant(m), level: LevelMessages, msg: i}}
	case quire.RoleTool:
		var out []item
		for _, res := range resultsOf(m) {
			open := `{"role":"tool","tool_call_id":` + string(quoted(safeID(res.CallID))) + `,"content":`
			out = append(out, c.content(open, resultTexts(quire.APIOpenAIChat, res), i))
		}
		return out
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
		it.blocks = append(it.blocks, jsonBlock(textBlock(t), msg, true))
	}
	return it
}

func (c chat) user(i int, m quire.PromptMessage) item {
	it := array(`{"role":"user","content":[`, LevelMessages, i)
	var only []string // while all parts are texts
	for _, part := range m.Parts {
		if img, ok := part.(quire.Image); ok {
			if url, ok := openAIImage(img); ok {
				u := new(object).str("url", url).done()
				it.blocks = append(it.blocks, jsonBlock(new(object).str("type", "image_url").raw("image_url", u).done(), i, c.marks))
				continue
			}
		}
		if t, ok := partText(quire.APIOpenAIChat, part); ok {
			only = append(only, t)
			it.blocks = append(it.blocks, jsonBlock(textBlock(t), i, c.marks))
		}
	}
	switch {
	case len(it.blocks) == 0:
		return c.content(`{"role":"user","content":`, []string{Empty}, i)
	case len(it.blocks) == 1 && len(only) == 1:
		return c.content(`{"role":"user","content":`, only, i)
	}
	return it
}

func (c chat) assistant(m quire.PromptMessage) []byte {
	text, calls := assistantText(quire.APIOpenAIChat, m), callsOf(m)
	o := new(object).str("role", "assistant")
	switch {
	case text != "":
		o.str("content", text)
	case len(calls) > 0:
		o.raw("content", []byte("null"))
	default:
		o.str("content", Empty)
	}
	if c.echo {
		if think := thoughts(c.p, m); think != "" || len(calls) > 0 {
			o.str("reasoning_content", think)
		}
	}
	if len(calls) > 0 {
		o.raw("tool_calls", chatCalls(calls, safeID))
	}
	return o.done()
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

func chatCalls(calls []quire.ToolCall, id func(string) string) []byte {
	b := []byte{'['}
	for k, c := range calls {
		if k > 0 {
			b = append(b, ',')
		}
		fn := new(object).str("name", safeName(c.Name)).str("arguments", string(safeArgs(c.Args))).done()
		b = append(b, new(object).str("id", id(c.ID)).str("type", "function").raw("function", fn).done()...)
	}
	return append(b, ']')
}
