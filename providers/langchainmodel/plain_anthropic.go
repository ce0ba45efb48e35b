package langchainmodel

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// anthropicBody is what wire makes for Anthropic, as far as langchaingo has a
// place for it.
type anthropicBody struct {
	MaxTokens int             `json:"max_tokens"`
	Thinking  json.RawMessage `json:"thinking"`
	Tools     []struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Schema      json.RawMessage `json:"input_schema"`
		Mark        json.RawMessage `json:"cache_control"`
	} `json:"tools"`
	System   []anthropicPart `json:"system"`
	Messages []struct {
		Role    string          `json:"role"`
		Content []anthropicPart `json:"content"`
	} `json:"messages"`
}

type anthropicPart struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input"`
	ToolUseID string          `json:"tool_use_id"`
	Content   []anthropicPart `json:"content"`
	IsError   bool            `json:"is_error"`
	Source    struct {
		Type      string `json:"type"`
		MediaType string `json:"media_type"`
		Data      string `json:"data"`
	} `json:"source"`
	Mark json.RawMessage `json:"cache_control"`
}

// anthropicMap makes one prompt.
type anthropicMap struct {
	m     *Model
	q     mapped
	marks []quire.CacheMark // asked for, in the order in which they stand in the body
}

// mapAnthropic refuses what does not fit in one part of an assistant's or tool's
// message: langchaingo sends only the first. Messages of their own for the rest
// would break rules B1 and B3: results stand in one message, roles alternate.
func (m *Model) mapAnthropic(p *quire.Prompt, body []byte) (*mapped, error) {
	var in anthropicBody
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, invalid(m.opts.Provider, err)
	}
	marks, err := wire.SentMarks(m.opts.API, p)
	if err != nil {
		return nil, invalid(m.opts.Provider, err)
	}
	if p.Thinking > 0 || in.Thinking != nil {
		return nil, m.loss("thinking: it has no type for the proof that must be sent back")
	}
	a := &anthropicMap{m: m, marks: marks}
	var tools []llms.Tool
	for _, t := range in.Tools {
		a.unmarked(t.Mark)
		tools = append(tools, tool(t.Name, t.Description, t.Schema))
	}
	a.q.settings(tools, in.MaxTokens)
	var system []string
	for _, b := range in.System {
		a.unmarked(b.Mark)
		system = append(system, b.Text)
	}
	if len(system) > 0 {
		a.q.add(llms.ChatMessageTypeSystem, llms.TextPart(strings.Join(system, "\n")))
	}
	for i, msg := range in.Messages {
		add := a.user
		if msg.Role == "assistant" {
			add = a.assistant
		}
		if err := add(i, msg.Content); err != nil {
			return nil, err
		}
	}
	return &a.q, nil
}

// settings adds tools, the output limit, and the temperature that providers
// take when none is given: langchaingo would send 0.
func (q *mapped) settings(tools []llms.Tool, maxTokens int) {
	if len(tools) > 0 {
		q.tools = true
		q.options = append(q.options, llms.WithTools(tools))
	}
	if maxTokens > 0 {
		q.options = append(q.options, llms.WithMaxTokens(maxTokens))
	}
	q.options = append(q.options, llms.WithTemperature(1))
}

func tool(name, description string, schema json.RawMessage) llms.Tool {
	return llms.Tool{Type: "function", Function: &llms.FunctionDefinition{Name: name, Description: description, Parameters: schema}}
}

// unmarked passes over the mark of something that langchaingo can't mark.
func (a *anthropicMap) unmarked(mark json.RawMessage) {
	if mark != nil && len(a.marks) > 0 {
		a.marks = a.marks[1:]
	}
}

// marked wraps a part whose mark langchaingo sends, without its lifetime.
func (a *anthropicMap) marked(part llms.ContentPart, mark json.RawMessage) llms.ContentPart {
	if mark == nil || len(a.marks) == 0 {
		return part
	}
	a.q.marks = append(a.q.marks, quire.CacheMark{After: a.marks[0].After})
	a.marks = a.marks[1:]
	return llms.WithCacheControl(part, &llms.CacheControl{Type: "ephemeral"})
}

func (a *anthropicMap) user(i int, blocks []anthropicPart) error {
	var parts []llms.ContentPart
	for _, b := range blocks {
		switch b.Type {
		case "tool_result":
			if len(blocks) > 1 {
				return a.m.loss("%d blocks that begin with a tool result in message %d of the request: it would send them apart", len(blocks), i)
			}
			a.unmarked(b.Mark)
			text, err := a.result(i, b)
			if err != nil {
				return err
			}
			a.q.add(llms.ChatMessageTypeTool, llms.ToolCallResponse{ToolCallID: b.ToolUseID, Content: text})
		case "text":
			parts = append(parts, a.marked(llms.TextPart(b.Text), b.Mark))
		case "image":
			data, err := base64.StdEncoding.DecodeString(b.Source.Data)
			if b.Source.Type != "base64" || err != nil {
				return a.m.loss("an image by its URL in message %d of the request", i)
			}
			parts = append(parts, a.marked(llms.BinaryPart(b.Source.MediaType, data), b.Mark))
		default:
			return a.m.loss("a %s block in message %d of the request", b.Type, i)
		}
	}
	if len(parts) > 0 {
		a.q.add(llms.ChatMessageTypeHuman, parts...)
	}
	return nil
}

// result returns a tool result as the one string that langchaingo sends. It has
// no field for failure, so the text says it.
func (a *anthropicMap) result(i int, b anthropicPart) (string, error) {
	var texts []string
	for _, in := range b.Content {
		if in.Type != "text" {
			return "", a.m.loss("a %s inside the result of call %s in message %d of the request", in.Type, b.ToolUseID, i)
		}
		texts = append(texts, in.Text)
	}
	text := strings.Join(texts, "\n")
	if b.IsError {
		text = "Error: " + text
	}
	return text, nil
}

func (a *anthropicMap) assistant(i int, blocks []anthropicPart) error {
	// Thinking of earlier calls may be left out while none is asked for.
	blocks = slices.DeleteFunc(blocks, func(b anthropicPart) bool { return b.Type == "thinking" || b.Type == "redacted_thinking" })
	if len(blocks) == 0 {
		blocks = []anthropicPart{{Type: "text", Text: wire.Empty}}
	}
	if len(blocks) > 1 {
		return a.m.loss("the assistant's message %d of the request: of its %d blocks it sends the first", i, len(blocks))
	}
	for _, b := range blocks {
		a.unmarked(b.Mark)
		switch b.Type {
		case "text":
			a.q.add(llms.ChatMessageTypeAI, llms.TextPart(b.Text))
		case "tool_use":
			if err := sameThroughFloats(b.Input); err != nil {
				return a.m.loss("the arguments of call %s in message %d of the request (%v)", b.ID, i, err)
			}
			a.q.add(llms.ChatMessageTypeAI, llms.ToolCall{
				ID: b.ID, Type: "function", FunctionCall: &llms.FunctionCall{Name: b.Name, Arguments: string(b.Input)},
			})
		default:
			return a.m.loss("a %s block in message %d of the request", b.Type, i)
		}
	}
	return nil
}

// sameThroughFloats says why a JSON object changes its values when it is
// decoded into map[string]any and encoded again, as langchaingo does. A
// different order of keys is no change.
func sameThroughFloats(raw json.RawMessage) error {
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	again, err := json.Marshal(v)
	if err != nil {
		return err
	}
	a, err := numbersIn(raw)
	if err != nil {
		return err
	}
	b, err := numbersIn(again)
	if err != nil {
		return err
	}
	if len(a) != len(b) {
		return errors.New("a key stands in it twice")
	}
	slices.Sort(a)
	slices.Sort(b)
	for i := range a {
		if a[i] != b[i] {
			return fmt.Errorf("number %s changes", strings.TrimPrefix(a[i], "+"))
		}
	}
	return nil
}
