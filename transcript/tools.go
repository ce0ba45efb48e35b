package transcript

import (
	"encoding/json"
	"sort"

	"github.com/quire-dev/quire"
)

// tool is the definition of one tool, in any API's form.
type tool struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
	Schema      json.RawMessage `json:"input_schema"`
	JSONSchema  json.RawMessage `json:"parametersJsonSchema"`
}

// chatTools reads the definitions of the tools that a run could call, sorted by name.
func (b *builder) chatTools(raw json.RawMessage) []quire.Tool {
	var list []struct {
		tool
		Function  tool   `json:"function"`
		Functions []tool `json:"functionDeclarations"`
	}
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		b.report(0, codeField, "tools: %w", err)
		return nil
	}
	var tools []quire.Tool
	for _, t := range list {
		all := t.Functions
		if d := t.Function; d.Name != "" {
			all = append(all, d)
		} else if d := t.tool; d.Name != "" {
			all = append(all, d)
		}
		for _, d := range all {
			schema := fields{"a": d.Parameters, "b": d.Schema, "c": d.JSONSchema}.raw("a", "b", "c")
			if len(schema) == 0 {
				schema = json.RawMessage(`{"type":"object","properties":{}}`)
			}
			tools = append(tools, quire.Tool{Name: d.Name, Description: d.Description, Schema: schema})
		}
	}
	sort.SliceStable(tools, func(i, j int) bool { return tools[i].Name < tools[j].Name })
	return tools
}
