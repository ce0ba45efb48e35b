package openaimodel_test

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

func text(s string) quire.Part { return quire.Text{Text: s} }

// rich is a prompt with all that a prompt may have.
func rich(model string) *quire.Prompt {
	return &quire.Prompt{
		Model: model, System: "You are Ada.", MaxOutput: 1000, Thinking: 5000, CacheKey: "ada", Notice: "2 mails wait",
		Marks: []quire.CacheMark{{}, {After: 3, TTL: 12 * time.Hour}, {After: 5, TTL: 30 * time.Minute}},
		Tools: []quire.Tool{
			{Name: "list", Schema: []byte(`{"type": "object", "properties": {}}`)},
			{Name: "read", Description: "Reads <a> & \"b\".", Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}}}`)},
		},
		Messages: []quire.PromptMessage{
			{Role: quire.RoleUser, Parts: []quire.Part{text("[#1 from=mia]"), text("What is in <a> & \"b\"?\u2028 \U0001F4EC"), image}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{
				quire.Reasoning{Model: model, ID: "rs_1", Text: "Both.", Data: "b3BhcXVl"},
				quire.Reasoning{Model: "another", ID: "rs_0", Data: "bm90IG1pbmU="},
				text("Let me read."),
				quire.ToolCall{ID: "c1", Name: "read", Args: `{"z":"b","n":12345678901234567890,"a":1}`},
				quire.ToolCall{ID: "c2", Name: "list", Args: ``},
			}},
			{Role: quire.RoleTool, Parts: []quire.Part{
				quire.ToolResult{CallID: "c1", Name: "read", Parts: []quire.Part{text("b\n1"), image}},
				quire.ToolResult{CallID: "c2", Name: "list", IsError: true, Parts: []quire.Part{text("no")}},
			}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{text("b has a line.")}},
			{Role: quire.RoleUser, Parts: []quire.Part{text("Go on.")}},
		},
	}
}

var image = quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n"), Width: 2, Height: 1}

// setting is one way of asking.
type setting struct {
	name string
	opts wire.Options
}

func settings() []setting {
	return []setting{
		{"plain", wire.Options{}},
		{"must call", wire.Options{Choice: wire.ToolsAny, OneCall: true}},
		{"must not call", wire.Options{Choice: wire.ToolsNone}},
		{"must call read", wire.Options{Choice: wire.ToolNamed("read")}},
		{"format", wire.Options{Format: &wire.Format{Name: "w", Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"}}}`), Strict: true}}},
		{"no images", wire.Options{NoImages: true}},
	}
}

// models are names that stand for the rows of each format.
func modelNames(api quire.API) []string {
	switch api {
	case quire.APIStrict:
		return []string{"qwen3"}
	case quire.APIOpenAIChat:
		return []string{"gpt-6.2-sol", "gpt-5", "gpt-4.1", "deepseek-v4"}
	}
	return []string{"gpt-6.2-sol", "gpt-5", "gpt-4.1"}
}

// each calls f for all settings, models and formats.
func each(f func(name string, api quire.API, p *quire.Prompt, o wire.Options)) {
	for _, api := range []quire.API{quire.APIOpenAIResponses, quire.APIOpenAIChat, quire.APIStrict} {
		for _, model := range modelNames(api) {
			for _, s := range settings() {
				f(fmt.Sprintf("%s, %s, %s", api, model, s.name), api, rich(model), s.opts)
			}
		}
	}
}
