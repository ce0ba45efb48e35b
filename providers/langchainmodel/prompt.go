package langchainmodel

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire"
)

// The roles that lists have besides quire's.
const roleSystem quire.Role = "system"

// Prompt returns what a call of an llms.Model with these arguments asks, for a loop of
// one's own that keeps its list in langchaingo's types: the system messages at the beginning
// as the system prompt, the tools of llms.WithTools, and the messages, which
// [github.com/quire-dev/quire/compose.Session] takes. What quire has no field for, such as
// sound and how detailed a picture is looked at, is kept beside it, and [Messages] puts it
// back. Parts that are to be cached are marks. The error is a *[LossError] that names what
// can't be kept, such as calls without ids.
func Prompt(messages []llms.MessageContent, options ...llms.CallOption) (*quire.Prompt, error) {
	var o llms.CallOptions
	for _, with := range options {
		with(&o)
	}
	p := &quire.Prompt{Model: o.Model, MaxOutput: o.MaxTokens}
	tools, err := toolsOf(&o)
	if err != nil {
		return nil, err
	}
	p.Tools = tools
	var system []string
	marks := map[int]time.Duration{}
	for i, m := range messages {
		at := reading{path: fmt.Sprintf("message %d", i)}
		q, err := at.message(m)
		if err != nil {
			return nil, err
		}
		if q.Role == roleSystem && len(p.Messages) == 0 {
			system = append(system, quire.PlainText(q.Parts))
		} else if n := len(p.Messages); n > 0 && q.Role == quire.RoleTool && p.Messages[n-1].Role == q.Role {
			p.Messages[n-1].Parts = append(p.Messages[n-1].Parts, q.Parts...)
		} else {
			p.Messages = append(p.Messages, q)
		}
		if at.marked {
			n := len(p.Messages)
			marks[n] = max(marks[n], at.ttl)
		}
	}
	for after, ttl := range marks {
		p.Marks = append(p.Marks, quire.CacheMark{After: after, TTL: ttl})
	}
	slices.SortFunc(p.Marks, func(a, b quire.CacheMark) int { return a.After - b.After })
	p.System = strings.Join(slices.DeleteFunc(system, func(s string) bool { return s == "" }), "\n\n")
	return p, nil
}

func toolsOf(o *llms.CallOptions) (out []quire.Tool, err error) {
	if len(o.Functions) > 0 {
		return nil, noPlace("give them by llms.WithTools", "functions, whose calls have no ids,")
	}
	for i, t := range o.Tools {
		if t.Function == nil || t.Type != "function" && t.Type != "" {
			return nil, noPlace("leave it out", "tool %d, of type %q,", i, t.Type)
		}
		schema, err := json.Marshal(t.Function.Parameters)
		if err != nil {
			return nil, noPlace("mend them", "the parameters of tool %q (%v)", t.Function.Name, err)
		}
		if string(schema) == "null" {
			schema = nil
		}
		out = append(out, quire.Tool{Name: t.Function.Name, Description: t.Function.Description, Schema: schema})
	}
	return out, nil
}

// reading is a message of langchaingo's that is read.
type reading struct {
	path   string
	marked bool
	ttl    time.Duration
}

func (r *reading) message(m llms.MessageContent) (quire.PromptMessage, error) {
	q := quire.PromptMessage{Role: quire.RoleUser}
	switch m.Role {
	case llms.ChatMessageTypeSystem:
		q.Role = roleSystem
	case llms.ChatMessageTypeAI:
		q.Role = quire.RoleAssistant
	case llms.ChatMessageTypeTool:
		q.Role = quire.RoleTool
	case llms.ChatMessageTypeHuman:
	case llms.ChatMessageTypeGeneric:
		q.Parts = append(q.Parts, beside(extra{Role: string(m.Role)}))
	default:
		return q, noPlace("give the call an id, and its result the role of a tool", "%s, of role %q,", r.path, m.Role)
	}
	for i, part := range m.Parts {
		parts, err := r.part(fmt.Sprintf("part %d of %s", i, r.path), q.Role, part)
		if err != nil {
			return q, err
		}
		q.Parts = append(q.Parts, parts...)
	}
	return q, nil
}

func (r *reading) part(where string, role quire.Role, part llms.ContentPart) ([]quire.Part, error) {
	if c, ok := part.(llms.CachedContent); ok {
		if r.marked = true; c.CacheControl != nil {
			r.ttl = max(r.ttl, c.CacheControl.Duration)
		}
		part = c.ContentPart
	}
	switch part := part.(type) {
	case llms.ToolCallResponse:
		if role != quire.RoleTool && role != quire.RoleUser {
			return nil, noPlace("put it into a message of its own", "%s, a result in a message of another role,", where)
		}
		return []quire.Part{resultOf(part.ToolCallID, part.Name, part.Content)}, nil
	case llms.ToolCall:
		if role != quire.RoleAssistant {
			return nil, noPlace("put it into what the model said", "%s, a call in a message of another role,", where)
		}
		return callOf(where, part)
	}
	if role == quire.RoleTool {
		return nil, noPlace("put it into the content of the result", "%s, a %T beside results,", where, part)
	}
	switch part := part.(type) {
	case llms.TextContent:
		return []quire.Part{quire.Text{Text: part.Text}}, nil
	case llms.ImageURLContent:
		img := []quire.Part{quire.Image{URL: part.URL}}
		if part.Detail != "" {
			img = append(img, beside(extra{Detail: part.Detail}))
		}
		return img, nil
	case llms.BinaryContent:
		if strings.HasPrefix(part.MIMEType, "image/") && len(part.Data) > 0 {
			return []quire.Part{quire.Image{MediaType: part.MIMEType, Data: part.Data}}, nil
		}
		return []quire.Part{opaque(kindBinary, binary{MIMEType: part.MIMEType, Data: part.Data})}, nil
	}
	return nil, noPlace("leave it out", "%s, a %T,", where, part)
}

func callOf(where string, c llms.ToolCall) ([]quire.Part, error) {
	if c.FunctionCall == nil || c.ID == "" {
		return nil, noPlace("give it both", "%s, a call without an id or a function,", where)
	}
	out := []quire.Part{quire.ToolCall{ID: c.ID, Name: c.FunctionCall.Name, Args: c.FunctionCall.Arguments}}
	if c.Type != "function" {
		out = append(out, beside(extra{Type: c.Type, Typed: true}))
	}
	return out, nil
}

// failed begins the content of a result that is an error, since langchaingo has no field
// for that.
const failed = "Error: "

func resultOf(id, name, content string) quire.ToolResult {
	res := quire.ToolResult{CallID: id, Name: name}
	said, isError := strings.CutPrefix(content, failed)
	if isError && strings.TrimSpace(said) != "" {
		res.IsError, content = true, said
	}
	if content != "" {
		res.Parts = []quire.Part{quire.Text{Text: content}}
	}
	return res
}
