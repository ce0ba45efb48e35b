package wire

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// validate finds what no encoder can make good: pairs that are broken, a prompt
// without a user, a role or a part where it can't stand.
// It returns p with the schemas of its tools as they are sent, which schema makes.
func validate(api quire.API, p *quire.Prompt, schema schemaOf) (*quire.Prompt, error) {
	tools, err := validTools(api, p.Tools, schema)
	if err == nil {
		err = validateMessages(api, p)
	}
	if err != nil || len(tools) == 0 {
		return p, err
	}
	q := *p
	q.Tools = tools
	return &q, nil
}

func validateMessages(api quire.API, p *quire.Prompt) error {
	seen := map[string]int{} // call id → message
	users := 0
	for i, m := range p.Messages {
		switch m.Role {
		case quire.RoleUser:
			users++
		case quire.RoleAssistant, quire.RoleTool:
		default:
			return broken(api, "A3", "message %d has the role %q", i, m.Role)
		}
		if err := validateParts(api, i, m); err != nil {
			return err
		}
		calls := callsOf(m)
		for _, c := range calls {
			if c.ID == "" {
				return broken(api, "A1", "a call to %q in message %d has no id", c.Name, i)
			}
			if j, ok := seen[c.ID]; ok {
				return broken(api, "A1", "call id %q is in message %d and again in message %d", c.ID, j, i)
			}
			seen[c.ID] = i
		}
		if err := validatePairs(api, p, i, calls); err != nil {
			return err
		}
	}
	if users == 0 {
		return broken(api, "A3", "no user message")
	}
	if len(seen) > 0 && len(p.Tools) == 0 {
		return broken(api, "A3", "no tools, but the messages hold %d calls", len(seen))
	}
	last := p.Messages[len(p.Messages)-1]
	if api == quire.APIGemini && last.Role == quire.RoleAssistant && blank(p.Notice) {
		return broken(api, "D4", "the last message is the assistant's")
	}
	return nil
}

func validTools(api quire.API, tools []quire.Tool, schema schemaOf) ([]quire.Tool, error) {
	tools = slices.Clone(tools)
	names := map[string]bool{}
	for i, t := range tools {
		if safeName(t.Name) != t.Name {
			return nil, broken(api, "A3", "tool name %q: use at most 64 letters, digits, _ and -", t.Name)
		}
		if names[t.Name] {
			return nil, broken(api, "A3", "two tools are named %q", t.Name)
		}
		names[t.Name] = true
		var err error
		if tools[i].Schema, err = schema(api, t); err != nil {
			return nil, err
		}
	}
	return tools, nil
}

// schemaOf returns a tool's schema as it is sent.
type schemaOf func(api quire.API, t quire.Tool) ([]byte, error)

// sentSchema is the schemaOf that remembers nothing.
func sentSchema(api quire.API, t quire.Tool) ([]byte, error) {
	if len(t.Schema) > 0 && !isObject(t.Schema) {
		return nil, broken(api, "A6", "the schema of tool %q is no JSON object", t.Name)
	}
	schema, err := completeSchema(t.Schema)
	if err != nil {
		return nil, broken(api, "A8", "the schema of tool %q can't be sent: %v", t.Name, err)
	}
	return schema, nil
}

// validateParts refuses parts in a message of the wrong role.
func validateParts(api quire.API, i int, m quire.PromptMessage) error {
	for _, part := range m.Parts {
		switch part := part.(type) {
		case quire.ToolCall:
			if m.Role != quire.RoleAssistant {
				return broken(api, "A1", "message %d, of role %s, holds a call", i, m.Role)
			}
		case quire.Reasoning:
			if m.Role != quire.RoleAssistant {
				return broken(api, "A2", "message %d, of role %s, holds reasoning", i, m.Role)
			}
		case quire.ToolResult:
			if m.Role != quire.RoleTool {
				return broken(api, "A1", "message %d, of role %s, holds a result", i, m.Role)
			}
			for _, in := range part.Parts {
				switch in.(type) {
				case quire.ToolCall, quire.ToolResult, quire.Reasoning:
					return broken(api, "A1", "the result of call %q in message %d holds a %T", part.CallID, i, in)
				}
			}
		default:
			if m.Role == quire.RoleTool {
				return broken(api, "A1", "message %d, of role tool, holds a %s besides its results", i, kindOf(part))
			}
		}
	}
	return nil
}

// validatePairs checks that message i is answered by, or answers, its neighbour.
func validatePairs(api quire.API, p *quire.Prompt, i int, calls []quire.ToolCall) error {
	m := p.Messages[i]
	if m.Role == quire.RoleTool {
		if i == 0 || len(callsOf(p.Messages[i-1])) == 0 {
			return broken(api, "A1", "the results in message %d have no calls before them", i)
		}
		return nil // compared when the calls were met
	}
	if len(calls) == 0 {
		return nil
	}
	open := make(map[string]bool, len(calls))
	for _, c := range calls {
		open[c.ID] = true
	}
	if i+1 < len(p.Messages) && p.Messages[i+1].Role == quire.RoleTool {
		for _, r := range resultsOf(p.Messages[i+1]) {
			if !open[r.CallID] {
				return broken(api, "A1", "the result for call %q in message %d answers no open call", r.CallID, i+1)
			}
			delete(open, r.CallID)
		}
	}
	for _, c := range calls {
		if open[c.ID] {
			return broken(api, "A1", "call %q of message %d has no result", c.ID, i)
		}
	}
	return nil
}

func callsOf(m quire.PromptMessage) []quire.ToolCall {
	var out []quire.ToolCall
	for _, p := range m.Parts {
		if c, ok := p.(quire.ToolCall); ok {
			out = append(out, c)
		}
	}
	return out
}

func resultsOf(m quire.PromptMessage) []quire.ToolResult {
	var out []quire.ToolResult
	for _, p := range m.Parts {
		if r, ok := p.(quire.ToolResult); ok {
			out = append(out, r)
		}
	}
	return out
}

// inLoop says whether the prompt ends in tool results: a loop is open.
func inLoop(p *quire.Prompt) bool {
	n := len(p.Messages)
	return n > 0 && p.Messages[n-1].Role == quire.RoleTool
}

// notice returns the notice if it may stand in this request.
func notice(p *quire.Prompt, d *models.Dialect) string {
	if strings.TrimSpace(p.Notice) == "" || inLoop(p) && !d.NoticeInLoop {
		return ""
	}
	return p.Notice
}
