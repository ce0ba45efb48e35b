package wire

import (
	"bytes"
	"encoding/base64"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// defaultMaxTokens is what an Anthropic request asks for when the prompt does
// not say: the field is required there.
const defaultMaxTokens = 8192

// minThinking is the smallest thinking budget that Anthropic takes.
const minThinking = 1024

func buildAnthropic(p *quire.Prompt, d *models.Dialect, opts *Options) *request {
	r := &request{mark: anthropicMark}
	anthropicParams(&r.params, p, d, opts)

	var tools []item
	for _, t := range p.Tools {
		tools = append(tools, item{level: LevelTools, msg: -1, blocks: []block{jsonBlock(toolBody(quire.APIAnthropic, t), -1, true)}})
	}
	r.list("tools", tools)
	if !blank(p.System) {
		r.list("system", []item{{level: LevelSystem, msg: -1, blocks: []block{textBlockOf(textPart(p.System), -1, true)}}})
	}

	r.list("messages", anthropicMessages(p, d))
	return r
}

// anthropicMessages makes messages that alternate; the notice is the last block.
func anthropicMessages(p *quire.Prompt, d *models.Dialect) []item {
	msgs := make([]item, 0, len(p.Messages)+2)
	parts := 0
	for i := range p.Messages {
		parts += len(p.Messages[i].Parts)
	}
	room := make([]block, parts) // for the blocks of all: most parts are one
	for i, m := range p.Messages {
		role := "user"
		switch m.Role {
		case quire.RoleAssistant:
			role = "assistant"
		case roleSystem:
			role = anthropicSystem(m)
		}
		if n := len(msgs); m.Notice != "" && role == "assistant" && d.NoticeClears && n > 0 && msgs[n-1].open == anthropicOpen("user") {
			msgs = append(msgs, clearingNotice(m.Notice, false))
		}
		if len(msgs) == 0 && role != "user" {
			filler := array(anthropicOpen("user"), LevelMessages, -1)
			filler.blocks = []block{textBlockOf(textPart(continued), -1, false)}
			msgs = append(msgs, filler)
		}
		set, says := effortOf(m)
		if says {
			it := array(anthropicOpen(role), LevelMessages, i)
			n := len(m.Parts)
			it.blocks = anthropicBlocksIn(room[:0:n], i, m)
			room = room[n:]
			if role != "user" {
				it.closeWith(set)
				set = nil
			}
			if n := len(msgs); n > 0 && msgs[n-1].open == it.open && msgs[n-1].close == it.close {
				msgs[n-1].blocks = append(msgs[n-1].blocks, it.blocks...)
			} else {
				msgs = append(msgs, it)
			}
		}
		if len(set) > 0 {
			msgs = append(msgs, onlySets(set, i))
		}
	}
	n := notice(p, d)
	if last := msgs[len(msgs)-1].open; n == "" && last != anthropicOpen("user") && d.UserLast && !paused(p) {
		n = continued // nothing follows what was said, as after a reply that was cut off
	}
	if last := msgs[len(msgs)-1].open; d.NoticeClears && n != "" && last == anthropicOpen("user") {
		return append(msgs, clearingNotice(n, true))
	}
	if n != "" {
		bl := textBlockOf(textPart(n), -1, false)
		bl.volatile = true
		if last := &msgs[len(msgs)-1]; last.open == anthropicOpen("user") {
			last.blocks = append(last.blocks, bl)
		} else {
			it := array(anthropicOpen("user"), LevelMessages, -1)
			it.blocks = []block{bl}
			msgs = append(msgs, it)
		}
	}
	return msgs
}

// clearingNotice is a notice that the server shows until the next user's message, and that
// is sent again, as it was, for as long as what was thought behind it stands.
func clearingNotice(text string, volatile bool) item {
	it := array(`{"role":"system","clear_at":"next_user_message","content":[`, LevelMessages, -1)
	it.blocks = []block{textBlockOf(textPart(text), -1, false)}
	it.blocks[0].volatile = volatile
	return it
}

func anthropicOpen(role string) string {
	switch role {
	case "user":
		return `{"role":"user","content":[`
	case "assistant":
		return `{"role":"assistant","content":[`
	}
	return `{"role":"` + role + `","content":[`
}

func anthropicParams(o *object, p *quire.Prompt, d *models.Dialect, opts *Options) {
	out := p.MaxOutput
	if out <= 0 {
		out = defaultMaxTokens
	}
	thinking := 0
	if p.Thinking > 0 {
		thinking = max(p.Thinking, minThinking)
	}
	o.str("model", p.Model)
	if !opts.Count {
		o.num("max_tokens", out+thinking)
	}
	if !opts.Count {
		opts.sample(quire.APIAnthropic, o)
	}
	if opts.Stream && !opts.Count {
		o.yes("stream")
	}
	anthropicChoice(o, opts, len(p.Tools) > 0)
	if f := opts.Format; f != nil { // the schema is always enforced, and has no name
		format := new(object).str("type", "json_schema").raw("schema", mended(f.Schema)).done()
		o.raw("output_config", new(object).raw("format", format).done())
	}
	switch {
	case d.ReasoningBound:
		// These models always think. Without the binding field a prompt that
		// evicted anything is refused; with it, stale thinking is dropped.
		o.raw("thinking", []byte(`{"type":"adaptive","block_binding":{"prefix_mismatch_behavior":"drop_block"}}`))
	case thinking > 0 && d.Thinks == thinkAdaptive:
		o.raw("thinking", []byte(`{"type":"adaptive"}`))
	case thinking > 0:
		o.raw("thinking", new(object).str("type", "enabled").num("budget_tokens", thinking).done())
	}
}

// anthropicChoice writes what the model may do about its tools.
func anthropicChoice(o *object, opts *Options, tools bool) {
	c := new(object)
	switch name, named := strings.CutPrefix(string(opts.Choice), namedTool); {
	case named:
		c.str("type", "tool").str("name", safeName(name))
	case opts.Choice == ToolsNone:
		if tools {
			o.raw("tool_choice", c.str("type", "none").done())
		}
		return
	case opts.Choice == ToolsAny:
		c.str("type", "any")
	case opts.OneCall && tools:
		c.str("type", "auto")
	default:
		return
	}
	if opts.OneCall {
		c.yes("disable_parallel_tool_use")
	}
	o.raw("tool_choice", c.done())
}

// validateAnthropic refuses what the API answers with an error: a forced call
// leaves no room to think before it.
func validateAnthropic(o *Options, p *quire.Prompt, d *models.Dialect) error {
	forced := o.Choice != ToolsAuto && o.Choice != ToolsNone
	if forced && p.Thinking > 0 {
		return broken(quire.APIAnthropic, "", "the choice of tools is %q, which goes with no thinking; model %q thinks", string(o.Choice), p.Model)
	}
	return nil
}

func anthropicMark(ttl time.Duration) string {
	if ttl >= time.Hour {
		return `,"cache_control":{"type":"ephemeral","ttl":"1h"}`
	}
	return `,"cache_control":{"type":"ephemeral"}`
}

// textPart is a block of text as Anthropic and OpenAI's chats have it.
func textPart(s string) body { return body{open: `{"type":"text","text":"`, text: s, end: `"}`} }

func textBlock(s string) []byte { b := textPart(s); return b.bytes() }

func anthropicBlocks(i int, m quire.PromptMessage) []block {
	return anthropicBlocksIn(make([]block, 0, len(m.Parts)), i, m)
}

// anthropicBlocksIn is anthropicBlocks in a list that is empty.
func anthropicBlocksIn(out []block, i int, m quire.PromptMessage) []block {
	thinks := false // the last block is thinking
	prev := 0       // how many blocks there were before the last part
	for _, part := range m.Parts {
		if extra, ok := besideOf(quire.APIAnthropic, part); ok {
			if n := len(out); n > prev {
				out[n-1].body.set(extra)
			}
			continue
		}
		prev = len(out)
		if r, ok := part.(quire.Reasoning); ok {
			if b, ok := anthropicThinking(r); ok {
				out, thinks = append(out, jsonBlock(b, i, false)), true
			}
			continue
		}
		before := len(out)
		out = anthropicBlock(out, i, m.Role, part)
		thinks = thinks && len(out) == before
	}
	// Nothing is left, or thinking would end the message, which is refused.
	if n := len(out); n == 0 || thinks {
		out = append(out, textBlockOf(textPart(Empty), i, true))
	}
	return out
}

// anthropicBlock appends what part is on the wire, if anything.
func anthropicBlock(out []block, i int, role quire.Role, part quire.Part) []block {
	switch part := part.(type) {
	case quire.ToolCall:
		b := new(object).str("type", "tool_use").str("id", safeID(part.ID)).str("name", safeName(part.Name)).
			raw("input", safeArgs(part.Args)).done()
		return append(out, jsonBlock(b, i, true))
	case quire.ToolResult:
		return append(out, jsonBlock(anthropicResult(part), i, true))
	case quire.Image:
		if b, ok := anthropicImage(part); ok && role == quire.RoleUser {
			return append(out, jsonBlock(b, i, true))
		}
	case quire.Opaque:
		if raw, ok := carried(quire.APIAnthropic, part); ok {
			return append(out, jsonBlock(raw, i, false))
		}
	}
	if t, ok := partText(quire.APIAnthropic, part); ok {
		return append(out, textBlockOf(textPart(t), i, true))
	}
	return out
}

func anthropicThinking(r quire.Reasoning) ([]byte, bool) {
	switch {
	case r.Signature != "":
		return new(object).str("type", "thinking").str("thinking", r.Text).str("signature", r.Signature).done(), true
	case r.Data != "":
		return new(object).str("type", "redacted_thinking").str("data", r.Data).done(), true
	}
	return nil, false // without a proof the API refuses it
}

func anthropicResult(res quire.ToolResult) []byte {
	extra, parts := besideAll(quire.APIAnthropic, res.Parts)
	content := anthropicResultContent(parts)
	o := new(object).str("type", "tool_result").str("tool_use_id", safeID(res.CallID)).
		raw("content", append(append([]byte{'['}, bytes.Join(content, []byte{','})...), ']'))
	if res.IsError {
		o.yes("is_error")
	}
	return withMembers(o.done(), extra)
}

// anthropicResultContent makes the blocks of a result; never none.
func anthropicResultContent(parts []quire.Part) (content [][]byte) {
	prev := 0 // how many blocks there were before the last part
	for _, part := range parts {
		if extra, ok := besideOf(quire.APIAnthropic, part); ok {
			if n := len(content); n > prev {
				content[n-1] = withMembers(content[n-1], extra)
			}
			continue
		}
		prev = len(content)
		var b []byte
		switch part := part.(type) {
		case quire.Image:
			b, _ = anthropicImage(part)
		case quire.Opaque:
			b, _ = carried(quire.APIAnthropic, part)
		}
		if b == nil {
			t, ok := partText(quire.APIAnthropic, part)
			if !ok {
				continue
			}
			b = textBlock(t)
		}
		content = append(content, b)
	}
	if len(content) == 0 {
		content = append(content, textBlock(Empty))
	}
	return content
}

func anthropicImage(p quire.Image) ([]byte, bool) {
	var src []byte
	switch {
	case p.URL != "":
		src = new(object).str("type", "url").str("url", p.URL).done()
	case len(p.Data) > 0 && p.MediaType != "":
		src = new(object).str("type", "base64").str("media_type", p.MediaType).
			str("data", base64.StdEncoding.EncodeToString(p.Data)).done()
	default:
		return nil, false
	}
	return new(object).str("type", "image").raw("source", src).done(), true
}
