package promptcheck

import (
	"encoding/json"

	"github.com/quire-dev/quire"
)

// schema returns what a tool says of its arguments, wherever its format has it; nil
// for nothing.
func (t tool) schema() json.RawMessage {
	type fields struct {
		Anthropic json.RawMessage `json:"input_schema"`
		OpenAI    json.RawMessage `json:"parameters"`
		Gemini    json.RawMessage `json:"parametersJsonSchema"`
	}
	var in struct {
		fields
		Function fields `json:"function"`
	}
	if json.Unmarshal(t.raw, &in) != nil {
		return nil
	}
	for _, raw := range []json.RawMessage{in.Anthropic, in.OpenAI, in.Gemini, in.Function.OpenAI} {
		if len(raw) > 0 {
			return raw
		}
	}
	return nil
}

func checkSchemas(r *request) []finding {
	var out []finding
	for _, t := range r.tools {
		raw := t.schema()
		if raw == nil {
			continue
		}
		if what := wrongSchema(r.api, raw); what != "" {
			out = append(out, finding{t.path, what})
		}
	}
	return out
}

// wrongSchema says what is wrong with a schema; "" for nothing.
func wrongSchema(api quire.API, raw json.RawMessage) string {
	var top map[string]json.RawMessage
	var typ string
	var props map[string]json.RawMessage
	switch {
	case json.Unmarshal(raw, &top) != nil || top == nil:
		return "the schema is no object"
	case json.Unmarshal(top["type"], &typ) != nil || typ != "object" && typ != "OBJECT":
		return "its type is " + string(raw[:min(len(raw), 60)])
	}
	openAI := api == quire.APIOpenAIChat || api == quire.APIOpenAIResponses
	for _, name := range []string{"anyOf", "oneOf", "allOf"} {
		if _, there := top[name]; there && (openAI || api == quire.APIAnthropic) {
			return name + " at the top"
		}
	}
	if openAI && (json.Unmarshal(top["properties"], &props) != nil || props == nil) {
		return "no properties"
	}
	return ""
}
