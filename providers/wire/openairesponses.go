package wire

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

func buildResponses(p *quire.Prompt, d *models.Dialect, opts *Options) *request {
	r := &request{mark: openAIMark, life: grantedLife(d)}
	responsesParams(&r.params, p, d, opts)

	var tools []item
	for _, t := range p.Tools {
		tools = append(tools, item{level: LevelTools, msg: -1, body: toolBody(quire.APIOpenAIResponses, t)})
	}
	r.list("tools", tools)

	input := make([]item, 0, len(p.Messages)+2)
	if !blank(p.System) {
		// Not in "instructions": no cache mark can stand there.
		it := array(inputOpen("developer"), LevelSystem, -1)
		it.blocks = []block{textBlockOf(inputText(p.System), -1, true)}
		input = append(input, it)
	}
	texted := textedCalls(p)
	for i, m := range p.Messages {
		switch m.Role {
		case quire.RoleAssistant:
			input = append(input, responsesAssistant(i, m)...)
		case quire.RoleTool:
			for _, res := range resultsOf(m) {
				input = append(input, responsesResult(i, res, texted[res.CallID]))
			}
		default:
			input = append(input, responsesInput(i, m))
		}
	}
	if n := notice(p, d); n != "" {
		it := array(inputOpen("developer"), LevelMessages, -1)
		bl := textBlockOf(inputText(n), -1, false)
		bl.volatile = true
		it.blocks = []block{bl}
		input = append(input, it)
	}
	r.list("input", input)
	return r
}

func responsesParams(o *object, p *quire.Prompt, d *models.Dialect, opts *Options) {
	o.str("model", p.Model)
	if p.MaxOutput > 0 && !opts.Count {
		o.num("max_output_tokens", p.MaxOutput+max(p.Thinking, 0))
	}
	// The conversation is ours: nothing is kept at the server, so reasoning has
	// to come back encrypted.
	if !opts.Count {
		o.raw("store", []byte("false"))
		if d.Thinks == thinkEffort {
			o.raw("include", []byte(`["reasoning.encrypted_content"]`))
		}
	}
	if d.Thinks == thinkEffort && p.Thinking > 0 {
		o.raw("reasoning", new(object).str("effort", effort(p.Thinking)).done())
	}
	if !opts.Count {
		opts.sample(quire.APIOpenAIResponses, o)
	}
	if opts.Stream && !opts.Count {
		o.yes("stream")
	}
	if opts.Format != nil {
		format := opts.Format.params(new(object).str("type", "json_schema")).done()
		o.raw("text", new(object).raw("format", format).done())
	}
	opts.Choice.params(o, func(name string) []byte {
		return new(object).str("type", "function").str("name", name).done()
	})
	if opts.OneCall && len(p.Tools) > 0 {
		o.raw("parallel_tool_calls", []byte("false"))
	}
	if !opts.Count {
		cacheParams(o, p, d, opts)
	}
}

func inputOpen(role string) string { return `{"type":"message","role":"` + role + `","content":[` }

func inputText(s string) body { return body{open: `{"type":"input_text","text":"`, text: s, end: `"}`} }

// responsesInput makes the item of a message that is not the model's.
func responsesInput(i int, m quire.PromptMessage) item {
	role := quire.RoleUser
	if m.Role == roleSystem || m.Role == roleDeveloper {
		role = m.Role
	}
	extra, parts := besideAll(quire.APIOpenAIResponses, m.Parts)
	it := array(inputOpen(string(role)), LevelMessages, i)
	it.blocks = inputBlocks(i, parts)
	it.closeWith(extra)
	return it
}

// inputBlocks makes the content of a user message or a result.
func inputBlocks(i int, parts []quire.Part) []block {
	out := make([]block, 0, len(parts))
	prev := 0 // how many blocks there were before the last part
	for _, part := range parts {
		if extra, ok := besideOf(quire.APIOpenAIResponses, part); ok {
			if n := len(out); n > prev {
				out[n-1].body.set(extra)
			}
			continue
		}
		prev = len(out)
		if o, ok := part.(quire.Opaque); ok {
			if raw, ok := carried(quire.APIOpenAIResponses, o); ok {
				out = append(out, jsonBlock(raw, i, false))
				continue
			}
		}
		if img, ok := part.(quire.Image); ok {
			if url, ok := openAIImage(img); ok {
				out = append(out, jsonBlock(new(object).str("type", "input_image").str("image_url", url).str("detail", "auto").done(), i, true))
				continue
			}
		}
		if t, ok := partText(quire.APIOpenAIResponses, part); ok {
			out = append(out, textBlockOf(inputText(t), i, true))
		}
	}
	if len(out) == 0 {
		out = append(out, textBlockOf(inputText(Empty), i, true))
	}
	return out
}

// textedCalls are the calls whose input is a text, by their ids.
func textedCalls(p *quire.Prompt) map[string]bool {
	texted := map[string]bool{}
	for _, m := range p.Messages {
		for k, part := range m.Parts {
			call, ok := part.(quire.ToolCall)
			if !ok || k+1 == len(m.Parts) {
				continue
			}
			if extra, _ := besideOf(quire.APIOpenAIResponses, m.Parts[k+1]); string(extra.get("type")) == customCall {
				texted[call.ID] = true
			}
		}
	}
	return texted
}

// responsesResult makes the item of a result; texted says that its call's input is a text.
func responsesResult(i int, res quire.ToolResult, texted bool) item {
	typ := "function_call_output"
	if texted {
		typ = "custom_tool_call_output"
	}
	extra, parts := besideAll(quire.APIOpenAIResponses, res.Parts)
	open := `{"type":"` + typ + `","call_id":` + string(quoted(safeID(res.CallID))) + `,"output":[`
	it := array(open, LevelMessages, i)
	it.blocks = inputBlocks(i, parts)
	it.closeWith(extra)
	if res.IsError {
		first := textBlockOf(inputText("Error:"), i, false)
		it.blocks = append([]block{first}, it.blocks...)
	}
	return it
}

// responsesAssistant makes the items of one reply.
func responsesAssistant(i int, m quire.PromptMessage) []item {
	s := spoken{msg: i}
	for k, part := range m.Parts {
		var extra members // that stand behind the part
		if k+1 < len(m.Parts) {
			extra, _ = besideOf(quire.APIOpenAIResponses, m.Parts[k+1])
		}
		switch part := part.(type) {
		case quire.Reasoning:
			if b, ok := responsesReasoning(part); ok {
				s.held = append(s.held, withMembers(b, extra))
			}
			continue
		case quire.ToolCall:
			s.whole(responsesCall(part, extra))
			continue
		case quire.Opaque:
			if raw, ok := carried(quire.APIOpenAIResponses, part); ok {
				s.whole(raw)
				continue
			}
		}
		if t, ok := partText(quire.APIOpenAIResponses, part); ok && extra != nil {
			s.whole(responsesSaid(t, extra))
		} else if ok {
			said, _ := part.(quire.Text)
			s.text(t, said.Phase)
		}
	}
	if len(s.items) == 0 {
		s.held = nil
		s.text(Empty, "")
	}
	return s.items
}

// spoken collects the items of one reply. A reasoning item goes out only when
// an item follows it: the two are in or out together.
type spoken struct {
	msg   int
	items []item
	held  [][]byte // reasoning that waits for the item after it
}

// text adds a message of its own: only as a string does OpenAI's description take
// what a model said without the id that the server once gave it.
func (s *spoken) text(t, phase string) {
	s.whole(new(object).str("type", "message").str("role", "assistant").opt("phase", phase).str("content", t).done())
}

// whole adds an item, and the reasoning that led to it.
func (s *spoken) whole(b []byte) {
	for _, h := range s.held {
		s.items = append(s.items, item{body: h, level: LevelMessages, msg: s.msg})
	}
	s.held = nil
	s.items = append(s.items, item{body: b, level: LevelMessages, msg: s.msg})
}

func responsesReasoning(r quire.Reasoning) ([]byte, bool) {
	if r.Data == "" {
		return nil, false // without its content the server knows nothing of it
	}
	summary := []byte("[]")
	if r.Text != "" {
		summary = append([]byte{'['}, new(object).str("type", "summary_text").str("text", r.Text).done()...)
		summary = append(summary, ']')
	}
	return new(object).str("type", "reasoning").opt("id", r.ID).raw("summary", summary).
		str("encrypted_content", r.Data).done(), true
}

// customCall is the type of a call whose input is a text.
const customCall = `"custom_tool_call"`

func responsesCall(c quire.ToolCall, extra members) []byte {
	o := new(object).str("type", "function_call").str("call_id", safeID(c.ID)).str("name", safeName(c.Name))
	if string(extra.get("type")) == customCall {
		o.str("input", c.Args)
	} else {
		o.str("arguments", string(safeArgs(c.Args)))
	}
	return withMembers(o.done(), extra)
}

// responsesSaid makes the message of a text of which the request said more: in the form
// in which the server gave it, when it says which item or content it was.
func responsesSaid(t string, extra members) []byte {
	o := new(object).str("type", "message").str("role", "assistant")
	inner := extra.get("content")
	if inner == nil {
		return withMembers(o.str("content", t).done(), extra)
	}
	content, err := membersOf(inner)
	if err != nil {
		content = nil
	}
	said := new(object).str("type", "output_text").str("text", t)
	if string(content.get("type")) == `"refusal"` {
		said = new(object).str("type", "refusal").str("refusal", t)
	} else if content.get("annotations") == nil {
		said.raw("annotations", []byte("[]"))
	}
	o.raw("content", slices.Concat([]byte{'['}, withMembers(said.done(), content), []byte{']'}))
	return withMembers(o.done(), extra.without("content"))
}
