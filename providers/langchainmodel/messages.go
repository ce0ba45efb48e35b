package langchainmodel

import (
	"fmt"
	"strings"

	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire"
)

// Messages returns what p says in langchaingo's types: the system prompt as the first
// message, then the messages. p is one that [Prompt] returned, or what a session
// composed of it. Tools stay in the call's options, and cache marks are left out, since
// only one of langchaingo's clients knows any. The error is a *[LossError] that names what
// these types have no place for: reasoning, signatures, pictures in results.
func Messages(p *quire.Prompt) ([]llms.MessageContent, error) {
	var out []llms.MessageContent
	if p.System != "" {
		out = append(out, llms.TextParts(llms.ChatMessageTypeSystem, p.System))
	}
	roles := map[quire.Role]llms.ChatMessageType{
		quire.RoleUser: llms.ChatMessageTypeHuman, quire.RoleAssistant: llms.ChatMessageTypeAI,
		quire.RoleTool: llms.ChatMessageTypeTool, roleSystem: llms.ChatMessageTypeSystem, "developer": llms.ChatMessageTypeSystem,
	}
	for i, m := range p.Messages {
		role, ok := roles[m.Role]
		if !ok {
			return nil, noPlace("use user, assistant, tool or system", "message %d, of role %q,", i, m.Role)
		}
		parts := m.Parts
		if e, ok := extraOf(parts, 0); ok {
			if parts = parts[1:]; e.Role == string(llms.ChatMessageTypeGeneric) {
				role = llms.ChatMessageTypeGeneric
			}
		}
		content, err := contentOf(fmt.Sprintf("message %d", i), parts)
		if err != nil {
			return nil, err
		}
		out = append(out, llms.MessageContent{Role: role, Parts: content})
	}
	return out, nil
}

func contentOf(where string, parts []quire.Part) (out []llms.ContentPart, err error) {
	for i, part := range parts {
		e, more := extraOf(parts, i+1)
		switch part := part.(type) {
		case quire.Text:
			out = append(out, llms.TextContent{Text: part.Text})
		case quire.Image:
			out = append(out, pictureOf(part, e))
		case quire.ToolCall:
			if part.Signature != "" {
				return nil, noPlace("send the prompt by an adapter of quire's", "the signature of call %q in %s", part.ID, where)
			}
			typ := "function"
			if more && e.Typed {
				typ = e.Type
			}
			out = append(out, llms.ToolCall{ID: part.ID, Type: typ, FunctionCall: &llms.FunctionCall{Name: part.Name, Arguments: part.Args}})
		case quire.ToolResult:
			content, err := resultContent(where, &part)
			if err != nil {
				return nil, err
			}
			out = append(out, llms.ToolCallResponse{ToolCallID: part.CallID, Name: part.Name, Content: content})
		case quire.Opaque:
			var b binary
			switch {
			case part.Kind == kindMembers:
			case part.Kind == kindBinary && blockOf(part, &b):
				out = append(out, llms.BinaryContent{MIMEType: b.MIMEType, Data: b.Data})
			default:
				return nil, noPlace("send the prompt by an adapter of quire's", "%s in %s", part.Kind, where)
			}
		case quire.Reasoning:
			return nil, noPlace("send the prompt by an adapter of quire's", "the reasoning in %s", where)
		default:
			return nil, noPlace("resolve it before", "a %T in %s", part, where)
		}
	}
	return out, nil
}

func pictureOf(img quire.Image, e extra) llms.ContentPart {
	if img.URL != "" {
		return llms.ImageURLContent{URL: img.URL, Detail: e.Detail}
	}
	return llms.BinaryContent{MIMEType: img.MediaType, Data: img.Data}
}

// resultContent is a result as a text, which is all that langchaingo has for it.
func resultContent(where string, res *quire.ToolResult) (string, error) {
	var texts []string
	for _, part := range res.Parts {
		t, ok := part.(quire.Text)
		if !ok {
			return "", noPlace("send the prompt by an adapter of quire's", "a %T in the result of call %q in %s", part, res.CallID, where)
		}
		texts = append(texts, t.Text)
	}
	content := strings.Join(texts, "\n")
	if res.IsError {
		content = failed + content
	}
	return content, nil
}
