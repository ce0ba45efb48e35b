package mcp

import (
	"context"
	"encoding/json"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/internal/jsontext"
)

// maxDescription is how much of what a server says of a tool stands in each prompt, in
// bytes.
const maxDescription = 4 << 10

// maxSchema is how large a tool's schema may be, in bytes: one of megabytes would leave no
// room for anything else in any prompt.
const maxSchema = 32 << 10

// unknownArgs is said of a tool whose schema can't stand.
const unknownArgs = "(Its schema can't be shown: what arguments it takes is not known.)"

// tools are the server's tools as an agent's; reads says whether it has resources too.
func (l *link) tools(known []*sdk.Tool, reads bool) []agent.Tool {
	var allowed []*sdk.Tool
	var names []string
	for _, t := range known {
		if l.s.Allow == nil || l.s.Allow(t.Name) {
			allowed, names = append(allowed, t), append(names, t.Name)
		}
	}
	shown := named(l.s.Name, names)
	var out []agent.Tool
	for _, t := range allowed {
		out = append(out, l.tool(t, shown[t.Name]))
	}
	if reads && (l.s.Allow == nil || l.s.Allow(toolResources)) {
		out = append(out, l.resources(shown))
	}
	return out
}

func (l *link) tool(t *sdk.Tool, name string) agent.Tool {
	own, repeatable := t.Name, l.repeatable(t)
	about := describe(t)
	schema, ok := schemaOf(t)
	if !ok {
		about = strings.TrimSpace(about + "\n" + unknownArgs)
	}
	return agent.Tool{
		Name: name, Description: about, Schema: schema, Repeatable: repeatable,
		Run: func(ctx context.Context, c agent.Call) ([]quire.Part, error) {
			return l.call(ctx, c, repeatable, func(ctx context.Context, s *sdk.ClientSession, token string) ([]quire.Part, error) {
				return callTool(ctx, s, own, c.Args, token)
			})
		},
	}
}

// repeatable says whether a call does no harm when it is made twice, as far as the server is
// believed.
func (l *link) repeatable(t *sdk.Tool) bool {
	a := t.Annotations
	return l.s.Trusted && a != nil && (a.ReadOnlyHint || a.IdempotentHint)
}

// describe is what the model is told of a tool: the server's words.
func describe(t *sdk.Tool) string {
	s := strings.TrimSpace(jsontext.Clean(t.Description))
	if s == "" {
		s = strings.TrimSpace(jsontext.Clean(t.Title))
	}
	if s == "" && t.Annotations != nil {
		s = strings.TrimSpace(jsontext.Clean(t.Annotations.Title))
	}
	if len(s) > maxDescription {
		s = strings.ToValidUTF8(s[:maxDescription-3], "") + "…"
	}
	return s
}

// schemaOf is the schema of a tool's arguments, as the server wrote it, but for the order of
// its members: always the same bytes. One without properties says so, since OpenAI refuses
// it. With what is no schema of an object, or is too large, any arguments are taken, and ok
// is false.
func schemaOf(t *sdk.Tool) (schema []byte, ok bool) {
	anything := []byte(`{"type":"object","properties":{}}`)
	if t.InputSchema == nil {
		return anything, true
	}
	b, err := json.Marshal(t.InputSchema)
	var members map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(b, &members)
	}
	if err != nil || members == nil || len(b) > maxSchema {
		return anything, false
	}
	if _, ok := members["type"]; !ok {
		members["type"] = json.RawMessage(`"object"`)
	}
	if _, ok := members["properties"]; !ok {
		members["properties"] = json.RawMessage("{}")
	}
	if string(members["type"]) != `"object"` || members["properties"][0] != '{' {
		return anything, false
	}
	b, err = json.Marshal(members)
	return b, err == nil // it was just read: it can be written
}

// callTool calls a tool of a session and renders its result.
func callTool(ctx context.Context, s *sdk.ClientSession, name, args, token string) ([]quire.Part, error) {
	p := &sdk.CallToolParams{Name: name, Arguments: json.RawMessage(args)}
	if strings.TrimSpace(args) == "" || strings.TrimSpace(args) == "null" {
		p.Arguments = json.RawMessage("{}")
	}
	p.SetProgressToken(token)
	res, err := s.CallTool(ctx, p)
	if err != nil {
		return nil, err
	}
	return resultOf(res)
}
