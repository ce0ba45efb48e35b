package langchainmodel

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire"
)

// chatBody is what wire makes for the chat formats, as far as langchaingo has a
// place for it.
type chatBody struct {
	MaxTokens           int    `json:"max_tokens"`
	MaxCompletionTokens int    `json:"max_completion_tokens"`
	Effort              string `json:"reasoning_effort"`
	Tools               []struct {
		Function struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Schema      json.RawMessage `json:"parameters"`
		} `json:"function"`
	} `json:"tools"`
	Messages []chatBodyMessage `json:"messages"`
}

type chatBodyMessage struct {
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"` // a string, null, or a list of parts
	Name      string          `json:"name"`
	Reasoning *string         `json:"reasoning_content"`
	Calls     []chatReplyCall `json:"tool_calls"`
	CallID    string          `json:"tool_call_id"`
}

type chatReplyCall struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name string `json:"name"`
		Args string `json:"arguments"`
	} `json:"function"`
}

type chatBodyPart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	ImageURL struct {
		URL string `json:"url"`
	} `json:"image_url"`
}

// noSystem names the models whose system message langchaingo writes into the
// first user message.
var noSystem = regexp.MustCompile(`(?i)^o[13](-mini|-preview)?$`)

// mapChat serves OpenAI, Ollama and unknown clients.
func (m *Model) mapChat(p *quire.Prompt, body []byte) (*mapped, error) {
	var in chatBody
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, invalid(m.opts.Provider, err)
	}
	var q mapped
	if err := m.chatSettings(&q, p, &in); err != nil {
		return nil, err
	}
	for i, msg := range in.Messages {
		if err := m.chatMessage(&q, i, msg); err != nil {
			return nil, err
		}
	}
	return &q, nil
}

func (m *Model) chatSettings(q *mapped, p *quire.Prompt, in *chatBody) error {
	switch {
	case in.Effort != "" || p.Thinking > 0:
		return m.loss("the request for thinking: it drops the effort")
	case m.opts.Provider == OpenAI && noSystem.MatchString(p.Model) && strings.TrimSpace(p.System) != "":
		return m.loss("the system message of %s: it becomes a user's words", p.Model)
	case m.opts.Provider == Ollama && len(in.Tools) > 0:
		return m.loss("the tools: it leaves them out")
	}
	var tools []llms.Tool
	for _, t := range in.Tools {
		tools = append(tools, tool(t.Function.Name, t.Function.Description, t.Function.Schema))
	}
	q.settings(tools, max(in.MaxTokens, in.MaxCompletionTokens))
	if in.MaxTokens > 0 && m.opts.Provider == OpenAI {
		q.options = append(q.options, openai.WithLegacyMaxTokensField())
	}
	return nil
}

func (m *Model) chatMessage(q *mapped, i int, msg chatBodyMessage) error {
	if msg.Reasoning != nil {
		return m.loss("the reasoning in message %d of the request, which this model wants back", i)
	}
	parts, err := m.chatParts(i, msg.Content)
	if err != nil {
		return err
	}
	switch msg.Role {
	case "system":
		q.add(llms.ChatMessageTypeSystem, parts...)
	case "assistant":
		if m.opts.Provider == Ollama && len(msg.Calls) > 0 {
			return m.loss("the tool calls in message %d of the request", i)
		}
		for _, c := range msg.Calls {
			parts = append(parts, llms.ToolCall{ID: c.ID, Type: "function", FunctionCall: &llms.FunctionCall{
				Name: c.Function.Name, Arguments: c.Function.Args,
			}})
		}
		q.add(llms.ChatMessageTypeAI, parts...)
	case "tool":
		var texts []string
		for _, part := range parts {
			texts = append(texts, part.(llms.TextContent).Text) // results hold texts only
		}
		q.add(llms.ChatMessageTypeTool, llms.ToolCallResponse{ToolCallID: msg.CallID, Name: msg.Name, Content: strings.Join(texts, "\n")})
	default:
		q.add(llms.ChatMessageTypeHuman, parts...)
	}
	return nil
}

func (m *Model) chatParts(i int, raw json.RawMessage) ([]llms.ContentPart, error) {
	var s *string
	if json.Unmarshal(raw, &s) == nil {
		if s == nil {
			return nil, nil
		}
		return []llms.ContentPart{llms.TextPart(*s)}, nil
	}
	var in []chatBodyPart
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, invalid(m.opts.Provider, err)
	}
	var parts []llms.ContentPart
	for _, b := range in {
		switch {
		case b.Type == "text":
			parts = append(parts, llms.TextPart(b.Text))
		case b.Type == "image_url" && m.opts.Provider == OpenAI:
			parts = append(parts, llms.ImageURLPart(b.ImageURL.URL))
		default:
			return nil, m.loss("a part of type %s in message %d of the request", b.Type, i)
		}
	}
	return parts, nil
}
